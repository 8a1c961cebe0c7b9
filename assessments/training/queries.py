"""What the modules room tells this one, in the words of this one: what tasks ask for at a moment, and what was completed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime
from uuid import UUID
from weakref import WeakKeyDictionary

from assessments.qualifications.rules import Completion, RequiredModule, TaughtVersion
from lms.web.times import local_day
from modules import api as training
from modules.api import ModuleName, TaskRow, TaskTraining


def tasks() -> list[TaskRow]:
    """Return every task, by title."""
    return training.tasks()


def modules() -> list[ModuleName]:
    """Return every module with its SOP, by code."""
    return training.module_names()


def module_of(code: str) -> ModuleName | None:
    """Return the module with that code, or None."""
    return next((row for row in modules() if row.code == code), None)


def task_of_step(process_step: str) -> TaskRow | None:
    """Return the task of a process step, the first by code if there are several; None if there is none."""
    of_step = (task for task in tasks() if process_step and task.process_step == process_step)
    return min(of_step, key=lambda task: task.code, default=None)


def trainings(task_ids: Collection[UUID] | None = None, *, stamp: str | None = None) -> list[TaskTraining]:
    """Return tasks (all, or those named) with everything that ever led to them, by title; one statement, or none.

    None if ``stamp``, as ``assessments.records`` reads it, says that the catalogue is the one that is known.
    """
    return training.task_training(task_ids, stamp=stamp)


#: Worked out once for as long as the catalogue stands: what a task asks for on a day at a site.
_asked: WeakKeyDictionary[TaskTraining, dict[tuple[date, str, UUID], tuple[RequiredModule, ...]]] = WeakKeyDictionary()


def modules_asked(of_task: TaskTraining, at: datetime, zone: str, site_id: UUID) -> tuple[RequiredModule, ...]:
    """Return the modules that a task's curricula ask for at a moment at a site, each in all its versions, by code.

    A curriculum counts while it holds at the site for anybody; so the answer for a person does not hang on their roles.
    """
    day = local_day(at, zone)
    known = _asked.setdefault(of_task, {})
    if (day, zone, site_id) not in known:
        known[day, zone, site_id] = _modules_asked(of_task, day, zone, site_id)
    return known[day, zone, site_id]


def _modules_asked(of_task: TaskTraining, day: date, zone: str, site_id: UUID) -> tuple[RequiredModule, ...]:
    here = {
        audience.curriculum_id
        for audience in of_task.audiences
        if audience.site_id in {None, site_id} and _on(day, audience.valid_from, audience.valid_to)
    }
    asked = {
        line.module_id
        for line in of_task.lines
        if line.curriculum_id in here and _on(day, line.valid_from, line.valid_to)
    }
    names = sorted((of_task.modules[module_id] for module_id in asked), key=lambda name: name.code)
    return tuple(
        RequiredModule(
            name.id,
            name.code,
            name.title,
            name.document_code,
            tuple(TaughtVersion(v.id, v.number, v.holds_from(zone)) for v in of_task.versions.get(name.id, ())),
        )
        for name in names
    )


def is_asked_of(of_task: TaskTraining, roles: Iterable[str], site_id: UUID, day: date) -> bool:
    """Whether a task's curricula hold on a day for somebody with one of these roles at a site."""
    held = set(roles)
    return any(
        audience.role in held
        and audience.site_id in {None, site_id}
        and _on(day, audience.valid_from, audience.valid_to)
        for audience in of_task.audiences
    )


def _on(day: date, valid_from: date, valid_to: date | None) -> bool:
    return valid_from <= day and (valid_to is None or day < valid_to)


def completions(
    person_ids: Collection[UUID], module_ids: Collection[UUID], until: datetime
) -> dict[UUID, list[Completion]]:
    """Return what people completed of some modules up to a moment, by person, oldest first; one statement."""
    found: dict[UUID, list[Completion]] = defaultdict(list)
    for done in training.completions_of(person_ids, module_ids, until):
        percent = done.check.get("percent")
        found[done.person_id].append(
            Completion(
                done.assignment_id,
                done.module_id,
                done.module_version_id,
                done.number,
                done.completed_at,
                done.counts_until,
                percent if isinstance(percent, int) else None,
            )
        )
    return found
