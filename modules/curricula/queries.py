"""Reading tasks and curricula, and who has to complete what on a day."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
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
from modules.curricula.models import Curriculum, CurriculumAudience, CurriculumModule, Task
from modules.curricula.rules import Audience, Line, Requirement, RoleHeld, required_modules
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


def _on(
    valid_from: InstrumentedAttribute[date], valid_to: InstrumentedAttribute[date | None], on: date
) -> ColumnElement[bool]:
    return (valid_from <= on) & or_(valid_to.is_(None), valid_to > on)


#: Modules by id, or a query for their ids.
Modules = Collection[UUID] | Select[UUID]


def asked_on(on: date, module_ids: Modules | None = None) -> tuple[list[Audience], list[Line]]:
    """Return for whom curricula hold on a day and which modules they ask for, of all modules or of those named."""
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
        .where(_on(a.valid_from, a.valid_to, on), _on(c.valid_from, c.valid_to, on))
        .where(c.module_id.in_(module_ids) if module_ids is not None else true())
    )
    rows = [tuple(row) for row in db.session.execute(statement)]
    audiences = dict.fromkeys(Audience(*row[:5]) for row in rows)
    lines = dict.fromkeys(Line(row[0], *row[5:]) for row in rows)
    return list(audiences), list(lines)


def required_of_people(
    on: date, person_ids: Collection[UUID] | None = None, module_ids: Modules | None = None
) -> list[PersonRequirements]:
    """Return everybody at work on a day (or those of the people named) with what they have to complete.

    ``module_ids`` leaves other modules out. Two statements, whatever the number of people.
    """
    statement = (
        select(
            Person.id,
            Person.given_name,
            Person.family_name,
            Person.site_id,
            Site.name,
            Site.zone,
            RoleAssignment.role,
            RoleAssignment.site_id,
            RoleAssignment.valid_from,
            RoleAssignment.valid_to,
        )
        .join(Site, Site.id == Person.site_id)
        .outerjoin(
            RoleAssignment,
            (RoleAssignment.person_id == Person.id) & _on(RoleAssignment.valid_from, RoleAssignment.valid_to, on),
        )
        .where(Person.joined_on <= on, or_(Person.left_on.is_(None), Person.left_on > on))
        .where(Person.id.in_(person_ids) if person_ids is not None else true())
        .order_by(Person.family_name, Person.given_name, Person.id)
    )
    people: dict[UUID, tuple[str, UUID, str, str]] = {}
    roles: dict[UUID, list[RoleHeld]] = {}
    for row in db.session.execute(statement):
        people[row[0]] = (f"{row[1]} {row[2]}", row[3], row[4], row[5])
        if row[6] is not None:
            roles.setdefault(row[0], []).append(RoleHeld(row[6], row[7], row[8], row[9]))
    audiences, lines = asked_on(on, module_ids)
    return [
        PersonRequirements(
            person_id,
            name,
            site_id,
            site_name,
            zone,
            required_modules(roles.get(person_id, ()), site_id, audiences, lines, on),
        )
        for person_id, (name, site_id, site_name, zone) in people.items()
    ]


def required_of(person_id: UUID, on: date) -> PersonRequirements | None:
    """Return what a person has to complete on a day; None for somebody who is not at work then."""
    return next(iter(required_of_people(on, [person_id])), None)


def tasks() -> list[TaskRow]:
    """Return all tasks, by title."""
    statement = select(Task.id, Task.code, Task.title, Task.process_step).order_by(Task.title)
    return [TaskRow(*row) for row in db.session.execute(statement)]


def task_lines(task_ids: Collection[UUID] | None, on: date, site_id: UUID | None = None) -> dict[UUID, list[Line]]:
    """Return for each task what its curricula ask for on a day; at one site, only curricula that hold there."""
    c = CurriculumModule
    statement = (
        select(Curriculum.task_id, c.curriculum_id, c.module_id, c.due_days, c.valid_months, c.valid_from, c.valid_to)
        .join(Curriculum, Curriculum.id == c.curriculum_id)
        .where(_on(c.valid_from, c.valid_to, on))
        .where(Curriculum.task_id.in_(task_ids) if task_ids is not None else Curriculum.task_id.is_not(None))
    )
    if site_id is not None:
        there = select(CurriculumAudience.id).where(
            CurriculumAudience.curriculum_id == Curriculum.id,
            or_(CurriculumAudience.site_id.is_(None), CurriculumAudience.site_id == site_id),
            _on(CurriculumAudience.valid_from, CurriculumAudience.valid_to, on),
        )
        statement = statement.where(there.exists())
    found: dict[UUID, list[Line]] = {}
    rows: Iterable[Any] = db.session.execute(statement)
    for row in rows:
        found.setdefault(row[0], []).append(Line(*row[1:]))
    return found


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
            _on(CurriculumModule.valid_from, CurriculumModule.valid_to, on),
        )
        .scalar_subquery()
    )
    audiences = (
        select(func.count())
        .where(
            CurriculumAudience.curriculum_id == Curriculum.id,
            _on(CurriculumAudience.valid_from, CurriculumAudience.valid_to, on),
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
