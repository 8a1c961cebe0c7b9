"""Two trained assessors, a deviation whose system causes are filled in, and somebody a concern is about."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from coaching.just_culture import commands
from coaching.just_culture.models import JustCultureCase
from coaching.just_culture.rules import QUESTIONS, TASK, VERSION
from lms.deviations.commands import name_person_involved
from lms.extensions import db
from lms.network.models import Site
from lms.permissions import Permission, Role
from lms.unit_of_work import Work, run
from modules.curricula.models import Task
from tests.factories.assessments import World, a_world
from tests.factories.deviations import classified, investigated
from tests.factories.people import INSTALLER, Someone, a_site, someone
from tests.factories.standings import qualified

CONCERN = "The second check was signed before the bag was there, after two talks about it."
REASON = "The hatch was blocked and three of us would have signed there."
ANSWERS = {"intended": "no", "health": "no", "departed": "cannot_tell", "substitution": "yes", "mitigating": "yes"}


def _name_task(work: Work, task_id: UUID) -> None:
    db.session.get_one(Task, task_id).code = TASK


_name_task.needs = Permission.SYSTEM_RUN  # type: ignore[attr-defined]
_name_task.action = "tests.name_task"  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Concerned:
    """Everybody around a concern, and the deviation it is about."""

    world: World
    first: Someone
    second: Someone
    person: Someone
    deviation_id: UUID

    @property
    def site(self) -> Site:
        """The site of all of them."""
        return self.world.site


def concerned(site: Site | None = None, *, looked_at: bool = True) -> Concerned:
    """Return two qualified assessors and an investigated deviation that names a person; nothing is stated yet."""
    site = site or a_site()
    world = a_world(site)
    run(_name_task, INSTALLER, "test", world.task_id)  # type: ignore[arg-type]
    first, second = someone(Role.QA, site), someone(Role.SITE_LEAD, site)
    for assessor in (first, second):
        qualified(world, assessor)
    person, lead = someone(Role.OPERATOR, site), someone(Role.QA, site)
    deviation_id = classified(someone(Role.OPERATOR, site), lead, days_ago=3, site=site)
    run(name_person_involved, lead.actor, "test", deviation_id, person_id=person.person.id)
    if looked_at:
        investigated(lead, deviation_id)
    return Concerned(world, first, second, person, deviation_id)


def stated(them: Concerned, concern: str = CONCERN) -> UUID:
    """State the concern by the first assessor's signature; return the case."""
    case = run(
        commands.open_just_culture_case,
        them.first.signing,
        "",
        them.deviation_id,
        subject_id=them.person.person.id,
        second_id=them.second.person.id,
        concern=concern,
    )
    return case.id


def answered(by: Someone, case_id: UUID, *, route: str = "system_fix", reason: str = REASON, **answers: str) -> None:
    """Answer as one assessor."""
    given = {question: {**ANSWERS, **answers}[question] for question in QUESTIONS[VERSION]}
    run(commands.answer_just_culture, by.actor, "", case_id, answers=given, route=route, reason=reason)


def kept(case_id: UUID) -> JustCultureCase:
    """Return the record as it stands."""
    db.session.expire_all()
    return db.session.get_one(JustCultureCase, case_id)
