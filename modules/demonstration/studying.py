"""The operators' part of the play: whoever was assigned a module reads it, sits its check and signs, mostly in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import select

from lms.demonstration.chance import chance
from lms.demonstration.loading import Day
from lms.demonstration.staffing import ACCOUNTS
from lms.demonstration.telling import working_moment
from lms.demonstration.world import PersonSpec
from lms.extensions import db
from lms.permissions import Actor, Role
from modules.assignments import commands as assignments
from modules.assignments.models import Assignment, AssignmentState
from modules.demonstration.commands import read_whole
from modules.documents.models import Document, DocumentVersion
from modules.library.models import ModuleVersion
from modules.study import commands as study

#: Gives the moment at which a knowledge check was passed, or None. The assessments room leaves it in the day's memory.
SitCheck = Callable[[Day, datetime, PersonSpec, UUID, UUID, str], datetime | None]
SYSTEM = Actor.system("assign_due_modules")


@dataclass(frozen=True, slots=True)
class _Training:
    """An assignment in the play; ``key`` is natural: person, SOP and version."""

    key: str
    id: UUID
    person: PersonSpec
    due_on: date


def play(day: Day) -> None:
    """Assign what is due when somebody is new, and let people plan what they were assigned yesterday."""
    begins: date = day.stage.memory["training begins"]
    if day.date <= begins:
        return
    newcomers = any(p.team and p.joined_on == day.date - timedelta(days=1) for p in day.world.people)
    if newcomers or day.date.day == 1 or day.date == begins + timedelta(days=1):
        day.run(assignments.assign_due_modules, SYSTEM, day.starts_at + timedelta(hours=4), "daily")
    since = day.stage.memory.get("trainings seen until", day.starts_at - timedelta(days=1))
    until = day.starts_at + timedelta(hours=5)
    day.stage.memory["trainings seen until"] = until
    rows = (
        select(Assignment.id, Assignment.person_id, Assignment.due_on, Document.code, DocumentVersion.number)
        .join(ModuleVersion, ModuleVersion.id == Assignment.module_version_id)
        .join(DocumentVersion, DocumentVersion.id == ModuleVersion.document_version_id)
        .join(Document, Document.id == DocumentVersion.document_id)
        .where(
            Assignment.state == AssignmentState.OPEN, Assignment.assigned_at >= since, Assignment.assigned_at < until
        )
    )
    found = [
        _Training(f"{code}/{number}/{day.cast.employee_no[person_id]}", assignment_id, _person(day, person_id), due_on)
        for assignment_id, person_id, due_on, code, number in db.session.execute(rows)
    ]
    for training in sorted(found, key=lambda one: one.key):
        _plan(day, training)


def _plan(day: Day, training: _Training) -> None:
    """Choose when somebody studies: before the due day as a rule, some days late now and then, hardly ever not at all."""
    rng = chance(day.world.seed, "study", training.key)
    team = next(team for team in day.world.teams if team.key == training.person.team)
    days = max(1, (training.due_on - day.date).days)
    late = rng.random() < 0.22 * (1.25 - team.follow_through)
    if late and rng.random() < 0.15 and not _is_left_open(training, day):
        return
    after = days + rng.randint(1, 9) if late else rng.randint(0, max(0, days - 3))
    if _is_left_open(training, day):
        after = 0
    morning = datetime.combine(day.date + timedelta(days=after), time(), day.starts_at.tzinfo)
    zone = day.cast.actor(training.person.employee_no).zone
    day.put(working_moment(morning, 0, zone, rng), partial(_study, training))


def _study(training: _Training, day: Day, at: datetime) -> None:
    """Read what is to be read, sit the check, sign."""
    if not training.person.works_on(day.date):
        return
    operator = day.cast.actor(training.person.employee_no)
    state = db.session.scalars(select(Assignment.state).where(Assignment.id == training.id)).one()
    if state != AssignmentState.OPEN:
        return
    at += timedelta(minutes=25)
    own = day.run(read_whole, operator, at, "", training.id)
    if _is_left_open(training, day):
        return
    if own.check is not None and not own.check.finished:
        sit: SitCheck = day.stage.memory["sit check"]
        passed_at = sit(day, at, training.person, own.id, own.check.id, training.key)
        if passed_at is None:
            rng = chance(day.world.seed, "study again", training.key, day.date.isoformat())
            day.put(working_moment(at + timedelta(hours=3), 1, operator.zone, rng), partial(_study, training))
            return
        at = passed_at
    signing = at + timedelta(minutes=2)
    day.run(
        study.sign_read_and_understood,
        day.cast.signing(training.person.employee_no, signing),
        signing,
        "",
        own.id,
        version=own.version,
        sha256=own.sha256,
        statement=own.statement,
    )


def _is_left_open(training: _Training, day: Day) -> bool:
    """Whether the operator with a password has this one only read, so that a check waits to be sat today."""
    return training.person.login == ACCOUNTS[Role.OPERATOR] and training.due_on >= day.world.today


def _person(day: Day, person_id: UUID) -> PersonSpec:
    return day.cast.members[day.cast.employee_no[person_id]].spec
