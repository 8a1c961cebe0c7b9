"""What the modules room tells this one: tasks with the modules they ask for, completions, and the assignment of an attempt."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select

from assessments.qualifications.rules import Completion, RequiredModule, TaughtVersion
from lms.extensions import db
from lms.web.times import start_of_day
from modules.assignments.models import Assignment, PartProgress
from modules.curricula.models import Curriculum, CurriculumAudience, CurriculumModule, Task
from modules.documents.models import Document, DocumentState, DocumentVersion
from modules.documents.rules import begins_at
from modules.library.models import Module, ModulePart, ModuleVersion, PartKind


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task as shown in lists and select fields."""

    id: UUID
    code: str
    title: str
    process_step: str


@dataclass(frozen=True, slots=True)
class Audience:
    """For whom a task's curricula hold: a role, at a site or everywhere, from a day until a day."""

    role: str
    site_id: UUID | None
    valid_from: date
    valid_to: date | None

    def holds(self, role: str, site_id: UUID, on: date) -> bool:
        """Whether it holds for that role at that site on a day."""
        here = self.site_id is None or self.site_id == site_id
        return here and self.role == role and self.valid_from <= on and (self.valid_to is None or on < self.valid_to)


@dataclass(frozen=True, slots=True)
class _TaughtOn:
    id: UUID
    number: int
    approved_at: datetime
    effective_on: date


@dataclass(frozen=True, slots=True)
class TaskTraining:
    """A task and the modules that its curricula ask for; days, which begin at each site's own midnight."""

    task: TaskRow
    audiences: tuple[Audience, ...]
    #: (module id, code, title, SOP code), from day, until day.
    links: tuple[tuple[tuple[UUID, str, str, str], date, date | None], ...]
    versions: dict[UUID, tuple[_TaughtOn, ...]]

    def modules_at(self, zone: str) -> tuple[RequiredModule, ...]:
        """Return the modules with the moments at which their versions begin and they are asked for at a site in that zone."""
        return tuple(
            RequiredModule(
                *module,
                start_of_day(since, zone),
                None if until is None else start_of_day(until, zone),
                tuple(
                    TaughtVersion(v.id, v.number, begins_at(v.approved_at, v.effective_on, zone))
                    for v in self.versions.get(module[0], ())
                ),
            )
            for module, since, until in self.links
        )


@dataclass(frozen=True, slots=True)
class AssignmentRow:
    """The assignment that a knowledge check belongs to."""

    id: UUID
    person_id: UUID
    site_id: UUID
    module_id: UUID
    module_title: str
    version_number: int
    is_open: bool
    #: The version's knowledge check.
    part_id: UUID


def tasks() -> list[TaskRow]:
    """Return every task, by title."""
    return [
        TaskRow(*row)
        for row in db.session.execute(select(Task.id, Task.code, Task.title, Task.process_step).order_by(Task.title))
    ]


def tasks_of_step(process_step: str) -> list[UUID]:
    """Return the tasks that belong to a process step."""
    return list(db.session.scalars(select(Task.id).where(Task.process_step == process_step).order_by(Task.code)))


def task_training(task_ids: Collection[UUID] | None = None) -> list[TaskTraining]:
    """Return the tasks (all, or those named) with their modules, versions and audiences, by title; one query."""
    statement = (
        select(
            Task.id,
            Task.code,
            Task.title,
            Task.process_step,
            CurriculumAudience.role,
            CurriculumAudience.site_id,
            CurriculumAudience.valid_from,
            CurriculumAudience.valid_to,
            Module.id,
            Module.code,
            Module.title,
            Document.code,
            CurriculumModule.valid_from,
            CurriculumModule.valid_to,
            ModuleVersion.id,
            DocumentVersion.number,
            DocumentVersion.approved_at,
            DocumentVersion.effective_on,
        )
        .outerjoin(Curriculum, Curriculum.task_id == Task.id)
        .outerjoin(CurriculumAudience, CurriculumAudience.curriculum_id == Curriculum.id)
        .outerjoin(CurriculumModule, CurriculumModule.curriculum_id == Curriculum.id)
        .outerjoin(Module, Module.id == CurriculumModule.module_id)
        .outerjoin(Document, Document.id == Module.document_id)
        .outerjoin(ModuleVersion, ModuleVersion.module_id == Module.id)
        .outerjoin(
            DocumentVersion,
            (DocumentVersion.id == ModuleVersion.document_version_id)
            & (DocumentVersion.state == DocumentState.APPROVED),
        )
        .order_by(Task.title, Module.code, DocumentVersion.number)
    )
    if task_ids is not None:
        statement = statement.where(Task.id.in_(task_ids))
    found: dict[
        TaskRow,
        tuple[
            dict[Audience, None],
            dict[tuple[tuple[UUID, str, str, str], date, date | None], None],
            dict[UUID, dict[_TaughtOn, None]],
        ],
    ] = {}
    for row in db.session.execute(statement):
        audiences, links, versions = found.setdefault(TaskRow(*row[:4]), ({}, {}, defaultdict(dict)))
        if row[4] is not None:
            audiences[Audience(*row[4:8])] = None
        if row[8] is not None:
            links[(row[8], row[9], row[10], row[11]), row[12], row[13]] = None
        if row[16] is not None and row[17] is not None:
            versions[row[8]][_TaughtOn(row[14], row[15], row[16], row[17])] = None
    return [
        TaskTraining(
            task, tuple(audiences), tuple(links), {module: tuple(taught) for module, taught in versions.items()}
        )
        for task, (audiences, links, versions) in found.items()
    ]


def completions(person_ids: Iterable[UUID], module_ids: Iterable[UUID]) -> dict[UUID, list[Completion]]:
    """Return every completion of the modules, by person; the score is filled in by whoever knows the attempts."""
    statement = (
        select(
            Assignment.person_id,
            Assignment.id,
            Assignment.module_id,
            Assignment.module_version_id,
            DocumentVersion.number,
            Assignment.completed_at,
            Assignment.counts_until,
            PartProgress.evidence,
        )
        .join(ModuleVersion, ModuleVersion.id == Assignment.module_version_id)
        .join(DocumentVersion, DocumentVersion.id == ModuleVersion.document_version_id)
        .outerjoin(
            ModulePart,
            (ModulePart.module_version_id == Assignment.module_version_id)
            & (ModulePart.kind == PartKind.KNOWLEDGE_CHECK),
        )
        .outerjoin(
            PartProgress, (PartProgress.assignment_id == Assignment.id) & (PartProgress.part_id == ModulePart.id)
        )
        .where(
            Assignment.person_id.in_(set(person_ids)),
            Assignment.module_id.in_(set(module_ids)),
            Assignment.completed_at.is_not(None),
        )
        .order_by(Assignment.completed_at)
    )
    found: dict[UUID, list[Completion]] = defaultdict(list)
    for row in db.session.execute(statement):
        percent = (row[7] or {}).get("percent")
        if row[5] is not None:
            found[row[0]].append(
                Completion(
                    row[1], row[2], row[3], row[4], row[5], row[6], percent if isinstance(percent, int) else None
                )
            )
    return found


def assignment_of(assignment_id: UUID, part_id: UUID) -> AssignmentRow | None:
    """Return an assignment with its knowledge check, or None if the part is not one of it."""
    statement = (
        select(
            Assignment.id,
            Assignment.person_id,
            Assignment.site_id,
            Module.id,
            Module.title,
            DocumentVersion.number,
            Assignment.state == "open",
            ModulePart.id,
        )
        .join(ModulePart, ModulePart.module_version_id == Assignment.module_version_id)
        .join(Module, Module.id == Assignment.module_id)
        .join(ModuleVersion, ModuleVersion.id == Assignment.module_version_id)
        .join(DocumentVersion, DocumentVersion.id == ModuleVersion.document_version_id)
        .where(Assignment.id == assignment_id, ModulePart.id == part_id, ModulePart.kind == PartKind.KNOWLEDGE_CHECK)
    )
    row = db.session.execute(statement).first()
    return AssignmentRow(*row) if row else None


@dataclass(frozen=True, slots=True)
class ModuleRow:
    """A module as shown in lists and select fields."""

    id: UUID
    code: str
    title: str
    document_id: UUID
    sop: str


def modules() -> list[ModuleRow]:
    """Return every module with its SOP, by code."""
    statement = (
        select(Module.id, Module.code, Module.title, Document.id, Document.code)
        .join(Document, Document.id == Module.document_id)
        .order_by(Module.code)
    )
    return [ModuleRow(*row) for row in db.session.execute(statement)]


def module_of(code: str) -> ModuleRow | None:
    """Return the module with that code, or None."""
    return next((row for row in modules() if row.code == code), None)
