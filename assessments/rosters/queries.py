"""Reading rosters: each person with what ``may`` says for the planned start, worked out when it is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from assessments.qualifications.rules import Decision
from assessments.records.queries import Records, records_of
from assessments.rosters.models import RosterEntry
from assessments.standing.queries import Worker, standings
from assessments.training.queries import trainings
from lms.extensions import db
from lms.identity.models import Person
from lms.permissions import Actor, Permission
from lms.planning.models import PlannedBatch
from lms.planning.queries import PlannedRow
from lms.planning.rules import State
from lms.scope import within
from modules.api import TaskRow

#: A statement with whatever columns.
AnySelect = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class RosterRow:
    """Somebody planned for a task, and whether they may do it then, as known now."""

    id: UUID
    planned_id: UUID
    person_id: UUID
    name: str
    task_id: UUID
    task: str
    decision: Decision
    #: State of the site or the batch's team that refuses everybody; None if both are active.
    held_by: str | None

    @property
    def is_refused(self) -> bool:
        """Whether the roster does not take this person any more."""
        return not self.decision.allowed or self.held_by is not None


@dataclass(frozen=True, slots=True)
class Rostered:
    """How many stand on the roster of a planned batch, and how many of them are refused."""

    planned_id: UUID
    people: int
    refused: int


def rosters(reader: Actor, planned: Sequence[PlannedRow], permission: Permission) -> list[RosterRow]:
    """Return the rosters of planned batches, by batch and name. Three statements at most, whatever their number."""
    entries = _entries(reader, planned, permission)
    return _judged(planned, entries, _records(planned, entries)) if entries else []


def roster_with_tasks(
    reader: Actor, planned: PlannedRow, permission: Permission
) -> tuple[list[RosterRow], list[TaskRow]]:
    """Return the roster of a planned batch, and every task that somebody could be put on it for, by title."""
    entries = _entries(reader, [planned], permission)
    records = _records([planned], entries)
    return _judged([planned], entries, records), [one.task for one in trainings(stamp=records.stamp)]


def _entries(reader: Actor, planned: Sequence[PlannedRow], permission: Permission) -> Sequence[Any]:
    p = Person
    statement: AnySelect = (
        select(RosterEntry.id, RosterEntry.planned_batch_id, RosterEntry.task_id, p.id, p.employee_no, p.given_name,
               p.family_name, p.left_on)
        .join(p, p.id == RosterEntry.person_id)
        .where(
            RosterEntry.planned_batch_id.in_([row.id for row in planned]),
            RosterEntry.struck_at.is_(None),
            within(RosterEntry.site_id, reader, permission),
        )
        .order_by(p.family_name, p.given_name, p.id)
    )  # fmt: skip
    return db.session.execute(statement).all() if planned else []


def _records(planned: Sequence[PlannedRow], entries: Sequence[Any]) -> Records:
    return records_of({entry[3] for entry in entries}, max(row.starts_at for row in planned))


def _judged(planned: Sequence[PlannedRow], entries: Sequence[Any], records: Records) -> list[RosterRow]:
    found = []
    for row in planned:
        here = [entry for entry in entries if entry[1] == row.id]
        workers = {entry[3]: _worker(entry, row) for entry in here}
        stands = {
            (one.worker.person_id, one.task.id): one
            for one in standings(list(workers.values()), row.starts_at, records)
        }
        for entry in here:
            one = stands[entry[3], entry[2]]
            found.append(
                RosterRow(
                    entry[0], row.id, entry[3], one.worker.name, entry[2], one.task.title, one.decision, row.held_by
                )
            )
    return found


def _worker(entry: Sequence[Any], row: PlannedRow) -> Worker:
    _, _, _, person_id, employee_no, given, family, left_on = entry
    return Worker(person_id, employee_no, f"{given} {family}", row.site_id, row.site_name, row.zone, left_on)


def rostered(rows: Sequence[RosterRow]) -> list[Rostered]:
    """Return how many people stand on each of these rosters, and how many of them are refused."""
    found = []
    for planned_id in dict.fromkeys(row.planned_id for row in rows):
        own = [row for row in rows if row.planned_id == planned_id]
        refused = {row.person_id for row in own if row.is_refused}
        found.append(Rostered(planned_id, len({row.person_id for row in own}), len(refused)))
    return found


def next_runs(reader: Actor, permission: Permission, at: datetime) -> dict[UUID, datetime]:
    """Return when each person's next planned run begins, by person."""
    statement = (
        select(RosterEntry.person_id, PlannedBatch.starts_at)
        .join(PlannedBatch, PlannedBatch.id == RosterEntry.planned_batch_id)
        .where(
            RosterEntry.struck_at.is_(None),
            PlannedBatch.state == State.PLANNED,
            PlannedBatch.starts_at >= at,
            within(RosterEntry.site_id, reader, permission),
        )
        .order_by(PlannedBatch.starts_at.desc())
    )
    return {row[0]: row[1] for row in db.session.execute(statement)}
