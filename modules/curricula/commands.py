"""Changes of tasks and curricula. Whatever ends keeps its row, so that any past day can be asked about."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import or_, select

from lms.extensions import db
from lms.network.models import Site
from lms.permissions import Actor, Permission, Role
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import Work, command
from modules.curricula import rules
from modules.curricula.models import Curriculum, CurriculumAudience, CurriculumModule, Task
from modules.library.models import Module


@command(needs=Permission.MODULE_AUTHOR)
def define_task(work: Work, *, code: str, title: str, process_step: str) -> Task:
    """Define a task one must be qualified for. Raises ``NotAllowed`` for a code that is taken."""
    if db.session.scalar(select(Task.id).where(Task.code == code.strip())) is not None:
        raise NotAllowed(f"The task code {code.strip()} is taken.", field="code")
    task = Task(code=code.strip(), title=title.strip(), process_step=process_step)
    work.add(task)
    return task


def hold_task(task_id: UUID) -> None:
    """Let commands that decide about a task wait for one another, until this one's transaction ends."""
    db.session.execute(select(Task.id).where(Task.id == task_id).with_for_update(key_share=True))


@command(needs=Permission.MODULE_AUTHOR)
def define_curriculum(work: Work, *, code: str, title: str, task_id: UUID | None = None) -> Curriculum:
    """Define a curriculum, which may lead to a task. Raises ``NotAllowed`` for a code that is taken."""
    if db.session.scalar(select(Curriculum.id).where(Curriculum.code == code.strip())) is not None:
        raise NotAllowed(f"The curriculum code {code.strip()} is taken.", field="code")
    if task_id is not None and db.session.get(Task, task_id) is None:
        raise NotFound("There is no such task.")
    curriculum = Curriculum(code=code.strip(), title=title.strip(), task_id=task_id)
    work.add(curriculum)
    return curriculum


@command(needs=Permission.MODULE_AUTHOR)
def put_module_into_curriculum(
    work: Work,
    curriculum_id: UUID,
    module_id: UUID,
    *,
    due_days: int = 14,
    valid_months: int | None = None,
    valid_from: date,
) -> CurriculumModule:
    """Ask for a module in a curriculum from a day. Raises ``NotAllowed`` if it is asked for already."""
    _reach(work.actor, curriculum_id)
    if db.session.get(Module, module_id) is None:
        raise NotFound("There is no such module.")
    rules.check_line(due_days, valid_months)
    overlapping = select(CurriculumModule.id).where(
        CurriculumModule.curriculum_id == curriculum_id,
        CurriculumModule.module_id == module_id,
        or_(CurriculumModule.valid_to.is_(None), CurriculumModule.valid_to > valid_from),
    )
    if db.session.scalar(overlapping) is not None:
        raise NotAllowed("The curriculum asks for this module already.", field="module")
    line = CurriculumModule(
        curriculum_id=curriculum_id,
        module_id=module_id,
        due_days=due_days,
        valid_months=valid_months,
        valid_from=valid_from,
    )
    work.add(line)
    return line


@command(needs=Permission.MODULE_AUTHOR)
def take_module_out_of_curriculum(work: Work, curriculum_id: UUID, line_id: UUID, *, on: date) -> CurriculumModule:
    """Stop asking for a module from a day on. What was completed stays."""
    line = db.session.get(CurriculumModule, line_id)
    if line is None or line.curriculum_id != curriculum_id:
        raise NotFound("There is no such line of this curriculum.")
    _reach(work.actor, line.curriculum_id)
    rules.check_days(line.valid_from, on)
    line.valid_to = on
    return line


@command(needs=Permission.MODULE_AUTHOR)
def hold_curriculum_for(
    work: Work, curriculum_id: UUID, *, role: Role, site_id: UUID | None, valid_from: date, valid_to: date | None = None
) -> CurriculumAudience:
    """Let a curriculum hold for a role, at one site or (None) everywhere. Raises ``NotAllowed`` if it does already."""
    if db.session.get(Curriculum, curriculum_id) is None:
        raise NotFound("There is no such curriculum.")
    _check_site(work.actor, site_id)
    rules.check_days(valid_from, valid_to)
    overlapping = select(CurriculumAudience.id).where(
        CurriculumAudience.curriculum_id == curriculum_id,
        CurriculumAudience.role == role,
        CurriculumAudience.site_id.is_(None) if site_id is None else CurriculumAudience.site_id == site_id,
        or_(CurriculumAudience.valid_to.is_(None), CurriculumAudience.valid_to > valid_from),
    )
    if db.session.scalar(overlapping) is not None:
        raise NotAllowed("The curriculum holds for this role there already.", field="role")
    audience = CurriculumAudience(
        curriculum_id=curriculum_id, role=role, site_id=site_id, valid_from=valid_from, valid_to=valid_to
    )
    work.add(audience)
    return audience


@command(needs=Permission.MODULE_AUTHOR)
def end_curriculum_for(work: Work, curriculum_id: UUID, audience_id: UUID, *, on: date) -> CurriculumAudience:
    """End a curriculum for a role from a day on."""
    audience = db.session.get(CurriculumAudience, audience_id)
    own = audience is not None and audience.curriculum_id == curriculum_id
    if audience is None or not own or not _within_reach(work.actor, audience.site_id):
        raise NotFound("There is no such audience at your sites.")
    rules.check_days(audience.valid_from, on)
    audience.valid_to = on
    return audience


def _within_reach(actor: Actor, site_id: UUID | None) -> bool:
    sites = actor.sites_for(Permission.MODULE_AUTHOR)
    return sites is None or site_id in sites


def _check_site(actor: Actor, site_id: UUID | None) -> None:
    if site_id is not None and db.session.get(Site, site_id) is None:
        raise NotFound("There is no such site.")
    if not _within_reach(actor, site_id):
        raise NotAllowed("A curriculum for other sites is held by a trainer of the whole network.", field="site")


def _reach(actor: Actor, curriculum_id: UUID) -> None:
    """Refuse a change that would reach people at sites beyond the trainer's own."""
    if db.session.get(Curriculum, curriculum_id) is None:
        raise NotFound("There is no such curriculum.")
    audiences = select(CurriculumAudience.site_id).where(CurriculumAudience.curriculum_id == curriculum_id)
    if not all(_within_reach(actor, site_id) for site_id in db.session.scalars(audiences)):
        raise NotAllowed("This curriculum holds at other sites too: a trainer of the whole network changes it.")
