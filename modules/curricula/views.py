"""Pages of curricula and tasks for trainers."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from lms import clock
from lms.network.queries import sites
from lms.permissions import Permission, Role, requires, viewer
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run
from lms.web.labels import choices, role_choices
from lms.web.times import local_day
from modules.curricula import commands, queries
from modules.curricula.forms import AudienceForm, CurriculumForm, EndForm, LineForm, TaskForm
from modules.library.queries import module_names

bp = Blueprint("library_curricula", __name__, template_folder="../templates")


def _today() -> date:
    return local_day(clock.now(), viewer().zone)


@bp.get("/curricula")
@requires(Permission.MODULE_AUTHOR)
def index() -> ResponseReturnValue:
    """List the curricula and the tasks they lead to."""
    return _index(None, None)


def _index(task: TaskForm | None, curriculum: CurriculumForm | None) -> ResponseReturnValue:
    task, curriculum = task or TaskForm(None, prefix="task-"), curriculum or CurriculumForm(None, prefix="curriculum-")
    rows = queries.tasks()
    task.process_step.choices = [("", _("Choose")), *choices("process_step")]
    curriculum.task.choices = [("", _("No task")), *((str(row.id), row.title) for row in rows)]
    page = render_template(
        "modules/curricula.html", rows=queries.curricula(_today()), tasks=rows, task=task, curriculum=curriculum
    )
    return page, 422 if task.errors or curriculum.errors else 200


@bp.post("/curricula")
@requires(Permission.MODULE_AUTHOR)
def define_curriculum() -> ResponseReturnValue:
    """Define a curriculum."""
    form = CurriculumForm(prefix="curriculum-")
    form.task.choices = [("", ""), *((str(row.id), row.title) for row in queries.tasks())]
    if form.validate_on_submit():
        try:
            made = run(
                commands.define_curriculum,
                viewer(),
                "defined",
                code=form.code.data or "",
                title=form.title.data or "",
                task_id=UUID(form.task.data) if form.task.data else None,
            )
        except NotAllowed as refusal:
            form.code.errors = [_(str(refusal))]
        else:
            return redirect(url_for(".curriculum", curriculum_id=made.id))
    return _index(None, form)


@bp.post("/curricula/tasks")
@requires(Permission.MODULE_AUTHOR)
def define_task() -> ResponseReturnValue:
    """Define a task."""
    form = TaskForm(prefix="task-")
    form.process_step.choices = choices("process_step")
    if form.validate_on_submit():
        try:
            run(
                commands.define_task,
                viewer(),
                "defined",
                code=form.code.data or "",
                title=form.title.data or "",
                process_step=form.process_step.data,
            )
        except NotAllowed as refusal:
            form.code.errors = [_(str(refusal))]
        else:
            flash(_("Defined. Let a curriculum lead to it."))
            return redirect(url_for(".index"))
    return _index(form, None)


@bp.get("/curricula/<uuid:curriculum_id>")
@requires(Permission.MODULE_AUTHOR)
def curriculum(curriculum_id: UUID) -> ResponseReturnValue:
    """Show one curriculum: what it asks for, and for whom it holds."""
    return _page(curriculum_id)


def _page(
    curriculum_id: UUID, line: LineForm | None = None, audience: AudienceForm | None = None, refusal: str = ""
) -> ResponseReturnValue:
    page = queries.curriculum_page(viewer(), curriculum_id)
    today = _today()
    line, audience = (
        line or LineForm(None, prefix="line-", valid_from=today),
        audience or AudienceForm(None, prefix="audience-", valid_from=today),
    )
    _offer(line, audience)
    shown = render_template(
        "modules/curriculum.html",
        page=page,
        line=line,
        audience=audience,
        ending=EndForm(None, on=today),
        today=today,
        refusal=refusal,
    )
    return shown, 422 if line.errors or audience.errors or refusal else 200


def _offer(line: LineForm | None, audience: AudienceForm | None) -> None:
    if line is not None:
        line.module.choices = [("", _("Choose")), *((str(m.id), f"{m.code} {m.title}") for m in module_names())]
    if audience is not None:
        whole = [("", _("Every site"))] if viewer().sites_for(Permission.MODULE_AUTHOR) is None else []
        audience.role.choices = role_choices()
        audience.site.choices = whole + [(str(s.id), s.name) for s in sites(viewer(), Permission.MODULE_AUTHOR)]


@bp.post("/curricula/<uuid:curriculum_id>/modules")
@requires(Permission.MODULE_AUTHOR)
def add_module(curriculum_id: UUID) -> ResponseReturnValue:
    """Ask for a module."""
    form = LineForm(prefix="line-")
    _offer(form, None)
    if form.validate_on_submit():
        try:
            run(
                commands.put_module_into_curriculum,
                viewer(),
                "asked for",
                curriculum_id,
                UUID(form.module.data),
                due_days=form.due_days.data,
                valid_months=form.valid_months.data,
                valid_from=form.valid_from.data,
            )
        except NotAllowed as refusal:
            _refuse(form, refusal, "module")
        else:
            flash(_("Asked for. Whoever needs it is assigned within minutes."))
            return redirect(url_for(".curriculum", curriculum_id=curriculum_id))
    return _page(curriculum_id, line=form)


@bp.post("/curricula/<uuid:curriculum_id>/audiences")
@requires(Permission.MODULE_AUTHOR)
def add_audience(curriculum_id: UUID) -> ResponseReturnValue:
    """Let the curriculum hold for a role."""
    form = AudienceForm(prefix="audience-")
    _offer(None, form)
    if form.validate_on_submit():
        try:
            run(
                commands.hold_curriculum_for,
                viewer(),
                "holds for",
                curriculum_id,
                role=Role(form.role.data),
                site_id=UUID(form.site.data) if form.site.data else None,
                valid_from=form.valid_from.data,
                valid_to=form.valid_to.data,
            )
        except NotAllowed as refusal:
            _refuse(form, refusal, "role")
        else:
            flash(_("It holds. Whoever is concerned is assigned within minutes."))
            return redirect(url_for(".curriculum", curriculum_id=curriculum_id))
    return _page(curriculum_id, audience=form)


def _refuse(form: FlaskForm, refusal: NotAllowed, first: str) -> None:
    form[refusal.field if refusal.field in form else first].errors = [_(str(refusal))]


@bp.post("/curricula/<uuid:curriculum_id>/modules/<uuid:line_id>/end")
@requires(Permission.MODULE_AUTHOR)
def end_module(curriculum_id: UUID, line_id: UUID) -> ResponseReturnValue:
    """Stop asking for a module from a day on."""
    form = EndForm()
    if form.validate_on_submit():
        try:
            run(commands.take_module_out_of_curriculum, viewer(), "ended", curriculum_id, line_id, on=form.on.data)
        except NotFound:
            raise
        except NotAllowed as refusal:
            return _page(curriculum_id, refusal=_(str(refusal)))
        return redirect(url_for(".curriculum", curriculum_id=curriculum_id))
    return _page(curriculum_id, refusal=_("Choose the day on which it ends."))


@bp.post("/curricula/<uuid:curriculum_id>/audiences/<uuid:audience_id>/end")
@requires(Permission.MODULE_AUTHOR)
def end_audience(curriculum_id: UUID, audience_id: UUID) -> ResponseReturnValue:
    """End the curriculum for a role from a day on."""
    form = EndForm()
    if form.validate_on_submit():
        try:
            run(commands.end_curriculum_for, viewer(), "ended", curriculum_id, audience_id, on=form.on.data)
        except NotFound:
            raise
        except NotAllowed as refusal:
            return _page(curriculum_id, refusal=_(str(refusal)))
        return redirect(url_for(".curriculum", curriculum_id=curriculum_id))
    return _page(curriculum_id, refusal=_("Choose the day on which it ends."))
