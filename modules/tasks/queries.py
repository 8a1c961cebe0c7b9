"""Reading tasks: what one must be qualified for, and the modules that lead there."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache, reduce
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, String, Text, bindparam, cast, func, literal_column, or_, select
from sqlalchemy.orm import aliased

from lms.asking import ask
from lms.extensions import db
from lms.unit_of_work import is_running
from modules.curricula.models import Curriculum, CurriculumAudience, CurriculumModule, Task
from modules.curricula.queries import TaskRow, on_day
from modules.curricula.rules import Audience, Line
from modules.documents.models import Document, DocumentState, DocumentVersion
from modules.library.models import Module, ModuleVersion
from modules.library.queries import ModuleName
from modules.library.rules import TaughtVersion

#: A statement with whatever columns.
AnySelect = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class TaskTraining:
    """A task with everything that ever led to it: for whom, which modules, and every approved version of those.

    Kept for as long as the catalogue stands, so that what is worked out from it can be kept by it.
    """

    task: TaskRow
    audiences: tuple[Audience, ...]
    lines: tuple[Line, ...]
    modules: dict[UUID, ModuleName]
    versions: dict[UUID, tuple[TaughtVersion, ...]]


def tasks_of_step(process_step: str) -> list[UUID]:
    """Return the tasks that belong to a process step, by code."""
    return list(db.session.scalars(select(Task.id).where(Task.process_step == process_step).order_by(Task.code)))


def task_lines(task_ids: Collection[UUID] | None, on: date, site_id: UUID | None = None) -> dict[UUID, list[Line]]:
    """Return for each task what its curricula ask for on a day; at one site, only curricula that hold there."""
    c, a = CurriculumModule, CurriculumAudience
    statement = (
        select(Curriculum.task_id, c.curriculum_id, c.module_id, c.due_days, c.valid_months, c.valid_from, c.valid_to)
        .join(Curriculum, Curriculum.id == c.curriculum_id)
        .where(on_day(c.valid_from, c.valid_to, on), Curriculum.task_id.is_not(None))
    )
    if task_ids is not None:
        statement = statement.where(Curriculum.task_id.in_(task_ids))
    if site_id is not None:
        there = select(a.id).where(
            a.curriculum_id == Curriculum.id,
            or_(a.site_id.is_(None), a.site_id == site_id),
            on_day(a.valid_from, a.valid_to, on),
        )
        statement = statement.where(there.exists())
    found: dict[UUID, list[Line]] = {}
    for row in db.session.execute(statement):
        if row[0] is not None:
            found.setdefault(row[0], []).append(Line(*row[1:]))
    return found


@cache
def catalogue_stamp() -> ColumnElement[str]:
    """Return a text that changes whenever anything that leads to a task does: rows are never deleted, versions only rise."""
    tables = (Task, Curriculum, CurriculumAudience, CurriculumModule, Module, Document, ModuleVersion, DocumentVersion)
    rows: list[Any] = [aliased(table, name="x") for table in tables]
    newest = [cast(func.sum(row.version), Text) + func.max(cast(row.id, Text)) for row in rows]
    parts = [func.coalesce(select(figures).scalar_subquery(), literal_column("''")) for figures in newest]
    return reduce(lambda text, part: text + literal_column("' '", String()) + part, parts)


@cache
def _stamp() -> AnySelect:
    return select(catalogue_stamp())


@cache
def _every_training(*, named: bool) -> AnySelect:
    c, a = CurriculumModule, CurriculumAudience
    statement = (
        select(
            *(Task.id, Task.code, Task.title, Task.process_step),
            *(Curriculum.id, a.role, a.site_id, a.valid_from, a.valid_to),
            *(Module.id, c.due_days, c.valid_months, c.valid_from, c.valid_to),
            *(Module.code, Module.title, Document.id, Document.code),
            *(ModuleVersion.id, DocumentVersion.id, DocumentVersion.number),
            *(DocumentVersion.approved_at, DocumentVersion.effective_on),
        )
        .outerjoin(Curriculum, Curriculum.task_id == Task.id)
        .outerjoin(a, a.curriculum_id == Curriculum.id)
        .outerjoin(c, c.curriculum_id == Curriculum.id)
        .outerjoin(Module, Module.id == c.module_id)
        .outerjoin(Document, Document.id == Module.document_id)
        .outerjoin(ModuleVersion, ModuleVersion.module_id == Module.id)
        .outerjoin(
            DocumentVersion,
            (DocumentVersion.id == ModuleVersion.document_version_id)
            & (DocumentVersion.state == DocumentState.APPROVED),
        )
        .order_by(Task.title, Module.code, DocumentVersion.number)
    )
    return statement.where(Task.id.in_(bindparam("tasks", expanding=True))) if named else statement


#: The catalogue as last read by this process, with the stamp that it had.
_kept: list[tuple[str, list[TaskTraining]]] = []


def task_training(task_ids: Collection[UUID] | None = None, *, stamp: str | None = None) -> list[TaskTraining]:
    """Return tasks (all, or those named) with all that ever led to them, by title, for answers about any moment.

    One statement. Days are those of each site; ``TaughtVersion.holds_from(zone)`` gives a version's moment. The whole
    catalogue changes a few times a week and is asked for on every page about people: it is kept until its stamp changes.
    ``stamp`` is ``catalogue_stamp`` as just read by another statement.
    """
    if task_ids is not None:
        return _gathered(ask(_every_training(named=True), tasks=list(task_ids)))
    if is_running():
        return _gathered(ask(_every_training(named=False)))
    stamp = stamp if stamp is not None else str(ask(_stamp()).scalar_one())
    if not _kept or _kept[0][0] != stamp:
        _kept[:] = [(stamp, _gathered(ask(_every_training(named=False))))]
    return _kept[0][1]


def _gathered(rows: Iterable[Any]) -> list[TaskTraining]:
    gathered: dict[TaskRow, _Gathered] = {}
    for row in rows:
        values = tuple(row)
        task = gathered.setdefault(TaskRow(*values[:4]), _Gathered({}, {}, {}, {}))
        curriculum_id, role, module_id, version_id, number = values[4], values[5], values[9], values[18], values[20]
        if role is not None:
            task.audiences[Audience(curriculum_id, *values[5:9])] = None
        if module_id is not None:
            task.lines[Line(curriculum_id, *values[9:14])] = None
            task.modules[module_id] = ModuleName(module_id, *values[14:18])
        if number is not None:
            taught = TaughtVersion(version_id, module_id, *values[19:])
            task.versions.setdefault(module_id, {})[taught] = None
    return [
        TaskTraining(
            task,
            tuple(own.audiences),
            tuple(own.lines),
            own.modules,
            {module_id: tuple(taught) for module_id, taught in own.versions.items()},
        )
        for task, own in gathered.items()
    ]


@dataclass(frozen=True, slots=True)
class _Gathered:
    """A task's parts while the rows of the one statement are read; dictionaries keep order and drop what repeats."""

    audiences: dict[Audience, None]
    lines: dict[Line, None]
    modules: dict[UUID, ModuleName]
    versions: dict[UUID, dict[TaughtVersion, None]]
