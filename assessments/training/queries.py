"""What the modules room tells this one, in the words of this one: what tasks ask for at a moment, and what was completed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from assessments.qualifications.rules import Completion, RequiredModule, TaughtVersion
from modules import api as training
from modules.api import ModuleName, TaskRow

#: What the tasks ask for at a site: modules by task.
ModulesOfTasks = dict[UUID, tuple[RequiredModule, ...]]


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


def modules_asked(
    task_ids: Collection[UUID] | None, at: datetime, zone: str, site_id: UUID | None, *, now: datetime | None = None
) -> ModulesOfTasks:
    """Return the modules that tasks ask for at a moment at a site, with the version that held then.

    With ``now`` also the version that holds now, so that what came later can be told.
    """
    asked = training.tasks_modules_at(task_ids, at, zone, site_id)
    module_ids = {module.module_id for of_task in asked.values() for module in of_task}
    names = {name.id: name for name in training.module_names(module_ids)} if module_ids else {}
    present = training.versions_at(now, zone, module_ids) if now is not None and module_ids else {}
    found: ModulesOfTasks = {}
    for task_id, of_task in asked.items():
        required = []
        for module in of_task:
            name = names[module.module_id]
            known = {v.id: v for v in (module.version, present.get(module.module_id)) if v is not None}
            versions = tuple(TaughtVersion(v.id, v.number, v.holds_from(zone)) for v in known.values())
            required.append(RequiredModule(name.id, name.code, name.title, name.document_code, versions))
        found[task_id] = tuple(sorted(required, key=lambda module: module.code))
    return found


def completions(
    person_ids: Collection[UUID], module_ids: Collection[UUID], until: datetime
) -> dict[UUID, list[Completion]]:
    """Return what people completed of some modules up to a moment, by person, oldest first; scores are not known here."""
    found: dict[UUID, list[Completion]] = defaultdict(list)
    for done in training.completions_of(person_ids, module_ids, until):
        found[done.person_id].append(
            Completion(
                done.assignment_id,
                done.module_id,
                done.module_version_id,
                done.number,
                done.completed_at,
                done.counts_until,
            )
        )
    return found
