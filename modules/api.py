"""The door of this room: what assessments, coaching and metrics may call. Everything else in here is this room's own.

Moments are UTC; a *zone* is the IANA zone of a site, for a version holds at each site from that site's own midnight.
Functions that read take no reader: the calling room has checked who asks and scopes what it shows.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from lms.extensions import db
from lms.web.times import local_day
from modules.assignments.queries import Completion, completed, completions_of
from modules.curricula.commands import hold_task
from modules.curricula.queries import (
    CurriculumName,
    PersonRequirements,
    TaskRow,
    curriculum_names,
    required_of,
    required_of_people,
    tasks,
)
from modules.curricula.rules import Audience, Line, Requirement
from modules.documents.models import Document
from modules.documents.queries import DocumentName, sections_at
from modules.documents.sections import Section
from modules.library.models import Module, ModulePart
from modules.library.queries import ModuleName, module_names, taught_versions
from modules.library.rules import TaughtVersion, coming_versions, effective_versions
from modules.study.commands import finish_part
from modules.study.door import CheckDoor, check_door
from modules.tasks.queries import TaskTraining, catalogue_stamp, task_lines, task_training, tasks_of_step

__all__ = [
    "Audience",
    "CheckDoor",
    "Completion",
    "CurriculumName",
    "DocumentName",
    "Line",
    "ModuleName",
    "PersonRequirements",
    "Requirement",
    "Section",
    "TaskModule",
    "TaskRow",
    "TaskTraining",
    "TaughtVersion",
    "catalogue_stamp",
    "check_door",
    "completed",
    "completions_at",
    "completions_of",
    "curriculum_names",
    "document_names",
    "finish_part",
    "hold_task",
    "module_names",
    "module_of_document",
    "module_of_part",
    "required_of",
    "required_of_people",
    "section_of",
    "sections_at",
    "task_modules_at",
    "task_training",
    "tasks",
    "tasks_modules_at",
    "tasks_of_step",
    "versions_at",
    "versions_coming",
]


@dataclass(frozen=True, slots=True)
class TaskModule:
    """A module that a task asks for at a moment, with the version that holds there and then."""

    task_id: UUID
    module_id: UUID
    #: None while no version of its SOP holds.
    version: TaughtVersion | None
    #: None: a completion counts until the SOP changes.
    valid_months: int | None


def module_of_part(part_id: UUID) -> UUID | None:
    """Return the module version that a part belongs to, or None."""
    return db.session.scalar(select(ModulePart.module_version_id).where(ModulePart.id == part_id))


def completions_at(person_id: UUID, module_ids: Collection[UUID], at: datetime) -> list[Completion]:
    """Return what a person had completed of some modules by a moment, oldest first, lapsed ones included.

    ``Completion.counts_at(at)`` says whether it had lapsed; compare ``number`` with the version that holds (see
    ``task_modules_at``) to know whether it was of that version or a newer one. For many people use ``completions_of``.
    """
    return completions_of([person_id], module_ids, at)


def versions_at(at: datetime, zone: str, module_ids: Collection[UUID] | None = None) -> dict[UUID, TaughtVersion]:
    """Return for each module (all, or those named) the version that holds at a moment in a zone."""
    return effective_versions(taught_versions(module_ids), at, zone)


def versions_coming(at: datetime, zone: str, module_ids: Collection[UUID] | None = None) -> dict[UUID, TaughtVersion]:
    """Return for each module the newest version approved at a moment that does not hold yet in a zone."""
    return coming_versions(taught_versions(module_ids), at, zone)


def tasks_modules_at(
    task_ids: Collection[UUID] | None, at: datetime, zone: str, site_id: UUID | None = None
) -> dict[UUID, list[TaskModule]]:
    """Return for each task the modules its curricula ask for at a moment, with the versions that hold in a zone.

    With ``site_id`` only curricula count that hold at that site. Two statements, whatever the number of tasks.
    """
    lines = task_lines(task_ids, local_day(at, zone), site_id)
    holding = versions_at(at, zone)
    found: dict[UUID, list[TaskModule]] = {}
    for task_id, own in lines.items():
        months: dict[UUID, list[int]] = {}
        for line in own:
            months.setdefault(line.module_id, []).extend([line.valid_months] if line.valid_months else [])
        found[task_id] = [
            TaskModule(task_id, module_id, holding.get(module_id), min(given, default=None))
            for module_id, given in months.items()
        ]
    return found


def task_modules_at(task_id: UUID, at: datetime, zone: str, site_id: UUID | None = None) -> list[TaskModule]:
    """Return the modules that a task asks for at a moment, with the versions that hold in a zone."""
    return tasks_modules_at([task_id], at, zone, site_id).get(task_id, [])


def document_names(document_ids: Collection[UUID] | None = None) -> dict[UUID, DocumentName]:
    """Return the SOPs (all, or those named) by id: code, title and process step."""
    statement = select(Document.id, Document.code, Document.title, Document.process_step).order_by(Document.code)
    if document_ids is not None:
        statement = statement.where(Document.id.in_(document_ids))
    return {row[0]: DocumentName(*row) for row in db.session.execute(statement)}


def section_of(document_id: UUID, number: str, at: datetime, zone: str) -> Section | None:
    """Return the section of an SOP by its number, such as ``7.3``, in the version that holds at a moment; None if none."""
    return next((section for section in sections_at(document_id, at, zone) if section.number == number), None)


def module_of_document(document_id: UUID) -> UUID | None:
    """Return the module that teaches an SOP, or None."""
    return db.session.scalar(select(Module.id).where(Module.document_id == document_id))
