"""Reading tasks and curricula, and who has to complete what on a day."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from lms.extensions import db
from lms.identity.models import Person, RoleAssignment
from lms.network.models import Site
from lms.permissions import Actor, Permission
from lms.refusals import NotFound
from lms.scope import within
from lms.web.times import local_day
from modules.curricula.models import Curriculum, CurriculumAudience, CurriculumModule, Task
from modules.curricula.rules import Audience, Line, Requirement, RoleHeld, holds, required_modules
from modules.library.models import Module


@dataclass(frozen=True, slots=True)
class TaskRow:
    """Something one must be qualified for."""

    id: UUID
    code: str
    title: str
    process_step: str


@dataclass(frozen=True, slots=True)
class CurriculumName:
    """A curriculum with the task it leads to, if it leads to one."""

    id: UUID
    code: str
    title: str
    task_id: UUID | None
    task_title: str | None


@dataclass(frozen=True, slots=True)
class CurriculumRow:
    """A curriculum in the list, with how many modules it asks for and how many audiences it holds for today."""

    id: UUID
    code: str
    title: str
    task_title: str | None
    modules: int
    audiences: int


@dataclass(frozen=True, slots=True)
class LineRow:
    """A module of a curriculum."""

    id: UUID
    module_id: UUID
    module_code: str
    module_title: str
    due_days: int
    valid_months: int | None
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class AudienceRow:
    """For whom a curriculum holds. ``site_name`` is None for the whole network."""

    id: UUID
    role: str
    site_id: UUID | None
    site_name: str | None
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class CurriculumPage:
    """A curriculum with its modules and, within the reader's sites, its audiences."""

    name: CurriculumName
    lines: tuple[LineRow, ...]
    audiences: tuple[AudienceRow, ...]


@dataclass(frozen=True, slots=True)
class PersonRequirements:
    """A person at work with what they have to complete on a day."""

    person_id: UUID
    name: str
    site_id: UUID
    site_name: str
    zone: str
    required: tuple[Requirement, ...]

    def of(self, module_id: UUID) -> Requirement | None:
        """Return the requirement for a module, if the person has it."""
        return next((requirement for requirement in self.required if requirement.module_id == module_id), None)


def _within(
    valid_from: InstrumentedAttribute[date], valid_to: InstrumentedAttribute[date | None], days: tuple[date, date]
) -> ColumnElement[bool]:
    """Return the condition that a row holds on at least one day from the first to the last."""
    return (valid_from <= days[1]) & or_(valid_to.is_(None), valid_to > days[0])


def on_day(
    valid_from: InstrumentedAttribute[date], valid_to: InstrumentedAttribute[date | None], on: date
) -> ColumnElement[bool]:
    """Return the condition that a row holds on a day."""
    return _within(valid_from, valid_to, (on, on))


#: Modules by id, or a query for their ids.
Modules = Collection[UUID] | Select[UUID]


def _asked_about(days: tuple[date, date], module_ids: Modules | None) -> tuple[list[Audience], list[Line]]:
    """Return for whom curricula hold on any of the days and which modules they ask for."""
    a, c = CurriculumAudience, CurriculumModule
    statement = (
        select(
            a.curriculum_id,
            a.role,
            a.site_id,
            a.valid_from,
            a.valid_to,
            c.module_id,
            c.due_days,
            c.valid_months,
            c.valid_from,
            c.valid_to,
        )
        .join(c, c.curriculum_id == a.curriculum_id)
        .where(_within(a.valid_from, a.valid_to, days), _within(c.valid_from, c.valid_to, days))
        .where(c.module_id.in_(module_ids) if module_ids is not None else true())
    )
    rows = [tuple(row) for row in db.session.execute(statement)]
    audiences = dict.fromkeys(Audience(*row[:5]) for row in rows)
    lines = dict.fromkeys(Line(row[0], *row[5:]) for row in rows)
    return list(audiences), list(lines)


def required_of_people(
    at: datetime, person_ids: Collection[UUID] | None = None, module_ids: Modules | None = None
) -> list[PersonRequirements]:
    """Return everybody at work at a moment (or those of the people named) with what they have to complete.

    Each person's day is that of their site. ``module_ids`` leaves other modules out. Two statements, whatever the number
    of people.
    """
    # every day that is today somewhere on earth; each person's own day decides below
    days = (at.date() - timedelta(days=1), at.date() + timedelta(days=1))
    r = RoleAssignment
    statement = (
        select(
            Person.id,
            Person.given_name,
            Person.family_name,
            Person.joined_on,
            Person.left_on,
            Person.site_id,
            Site.name,
            Site.zone,
            r.role,
            r.site_id,
            r.valid_from,
            r.valid_to,
        )
        .join(Site, Site.id == Person.site_id)
        .outerjoin(r, (r.person_id == Person.id) & (r.approved_at <= at) & _within(r.valid_from, r.valid_to, days))
        .where(_within(Person.joined_on, Person.left_on, days))
        .where(Person.id.in_(person_ids) if person_ids is not None else true())
        .order_by(Person.family_name, Person.given_name, Person.id)
    )
    people: dict[UUID, tuple[Any, ...]] = {}
    roles: dict[UUID, list[RoleHeld]] = {}
    rows: Iterable[Any] = db.session.execute(statement)
    for row in rows:
        people[row[0]] = tuple(row[1:8])
        if row[8] is not None:
            roles.setdefault(row[0], []).append(RoleHeld(*row[8:]))
    audiences, lines = _asked_about(days, module_ids)
    found = []
    for person_id, (given, family, joined_on, left_on, site_id, site_name, zone) in people.items():
        today = local_day(at, zone)
        if holds(joined_on, left_on, today):
            required = required_modules(roles.get(person_id, ()), site_id, audiences, lines, today)
            found.append(PersonRequirements(person_id, f"{given} {family}", site_id, site_name, zone, required))
    return found


def required_of(person_id: UUID, at: datetime) -> PersonRequirements | None:
    """Return what a person has to complete at a moment; None for somebody who is not at work then."""
    return next(iter(required_of_people(at, [person_id])), None)


def tasks() -> list[TaskRow]:
    """Return all tasks, by title."""
    statement = select(Task.id, Task.code, Task.title, Task.process_step).order_by(Task.title)
    return [TaskRow(*row) for row in db.session.execute(statement)]


def curriculum_names(curriculum_ids: Collection[UUID] | None = None) -> dict[UUID, CurriculumName]:
    """Return curricula (all, or those named) by id, with the tasks they lead to."""
    statement = select(Curriculum.id, Curriculum.code, Curriculum.title, Task.id, Task.title).outerjoin(
        Task, Task.id == Curriculum.task_id
    )
    if curriculum_ids is not None:
        statement = statement.where(Curriculum.id.in_(curriculum_ids))
    rows = db.session.execute(statement.order_by(Curriculum.code))
    return {row[0]: CurriculumName(*row) for row in rows}


def curricula(on: date) -> list[CurriculumRow]:
    """Return all curricula, by code."""
    lines = (
        select(func.count())
        .where(
            CurriculumModule.curriculum_id == Curriculum.id,
            on_day(CurriculumModule.valid_from, CurriculumModule.valid_to, on),
        )
        .scalar_subquery()
    )
    audiences = (
        select(func.count())
        .where(
            CurriculumAudience.curriculum_id == Curriculum.id,
            on_day(CurriculumAudience.valid_from, CurriculumAudience.valid_to, on),
        )
        .scalar_subquery()
    )
    statement = (
        select(Curriculum.id, Curriculum.code, Curriculum.title, Task.title, lines, audiences)
        .outerjoin(Task, Task.id == Curriculum.task_id)
        .order_by(Curriculum.code)
    )
    return [CurriculumRow(*row) for row in db.session.execute(statement)]


def curriculum_page(reader: Actor, curriculum_id: UUID) -> CurriculumPage:
    """Return a curriculum. Of its audiences, those for the whole network and for the reader's sites. Raises ``NotFound``."""
    name = curriculum_names([curriculum_id]).get(curriculum_id)
    if name is None:
        raise NotFound("There is no such curriculum.")
    lines = db.session.execute(
        select(
            CurriculumModule.id,
            Module.id,
            Module.code,
            Module.title,
            CurriculumModule.due_days,
            CurriculumModule.valid_months,
            CurriculumModule.valid_from,
            CurriculumModule.valid_to,
        )
        .join(Module, Module.id == CurriculumModule.module_id)
        .where(CurriculumModule.curriculum_id == curriculum_id)
        .order_by(Module.code, CurriculumModule.valid_from)
    )
    site_id = CurriculumAudience.site_id
    audiences = db.session.execute(
        select(
            CurriculumAudience.id,
            CurriculumAudience.role,
            site_id,
            Site.name,
            CurriculumAudience.valid_from,
            CurriculumAudience.valid_to,
        )
        .outerjoin(Site, Site.id == site_id)
        .where(
            CurriculumAudience.curriculum_id == curriculum_id,
            or_(site_id.is_(None), within(Site.id, reader, Permission.MODULE_AUTHOR)),
        )
        .order_by(CurriculumAudience.role, Site.name, CurriculumAudience.valid_from)
    )
    return CurriculumPage(name, tuple(LineRow(*row) for row in lines), tuple(AudienceRow(*row) for row in audiences))
