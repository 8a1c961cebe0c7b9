"""Who is ready: each operator with their status over the tasks of their role, by site, and when their next run begins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select, union_all

from assessments.qualifications.models import Qualification
from assessments.qualifications.rules import Status, overall
from assessments.records.queries import NO_ID, NO_TEXT, NOUGHT
from assessments.rosters.queries import next_runs
from assessments.standing.queries import Standing, Worker, standings, workers
from assessments.training.queries import trainings
from lms.extensions import db
from lms.permissions import Actor, Permission, Role
from modules.api import catalogue_stamp

#: In the order in which a status needs somebody.
ORDER = (
    Status.PAUSED,
    Status.WITHDRAWN,
    Status.LAPSED,
    Status.RESTRICTED,
    Status.IN_TRAINING,
    Status.NOT_STARTED,
    Status.QUALIFIED,
)


@dataclass(frozen=True, slots=True)
class ReadyRow:
    """An operator at a site with their status over what is asked of them."""

    worker: Worker
    status: Status
    next_run_at: datetime | None


def everybody(reader: Actor, at: datetime, site_id: UUID | None = None) -> list[tuple[Worker, Status]]:
    """Return every active operator at the reader's sites with their status; nobody is left out, so the parts sum."""
    people = workers(reader, Permission.MATRIX_SEE, at, site_id=site_id)
    cells: dict[tuple[UUID, UUID], list[Standing]] = {}
    for one in standings(people, at):
        cells.setdefault((one.worker.person_id, one.worker.site_id), []).append(one)
    return [
        (
            worker,
            overall(
                cell.decision.status for cell in cells.get((worker.person_id, worker.site_id), ()) if cell.is_shown
            ),
        )
        for worker in people
    ]


def counts(found: Sequence[tuple[Worker, Status]]) -> Mapping[UUID, Counter[Status]]:
    """Return how many operators of each site have which status."""
    by_site: dict[UUID, Counter[Status]] = {}
    for worker, status in found:
        by_site.setdefault(worker.site_id, Counter())[status] += 1
    return by_site


def ready(reader: Actor, at: datetime, *, site_id: UUID | None = None, status: str = "") -> list[ReadyRow]:
    """Return the operators, whose next planned run begins first before the others; with ``status`` those who have it."""
    runs = next_runs(reader, Permission.MATRIX_SEE, at)
    rows = [
        ReadyRow(worker, own, runs.get(worker.person_id))
        for worker, own in everybody(reader, at, site_id)
        if not status or own == status
    ]
    return sorted(rows, key=lambda row: (row.next_run_at is None, row.next_run_at or at))


@dataclass(frozen=True, slots=True)
class Trained:
    """What the gates ask of this room about a site."""

    qualified: int
    has_curriculum: bool


def trained(site_ids: Sequence[UUID], at: datetime) -> dict[UUID, Trained]:
    """Return how many people hold a qualification at some sites, and whether operators there have a curriculum."""
    q = Qualification
    statement = (
        select(q.site_id, func.count(q.person_id.distinct()), NO_TEXT)
        .where(
            q.site_id.in_(site_ids),
            q.valid_from <= at,
            q.valid_to > at,
            or_(q.ended_at.is_(None), q.ended_at > at),
        )
        .group_by(q.site_id)
    )
    # which catalogue stands is read along, so that this is one statement
    rows = db.session.execute(union_all(statement, select(NO_ID, NOUGHT, catalogue_stamp()))).all()
    qualified = {row[0]: row[1] for row in rows if row[0] is not None}
    stamp = next(row[2] for row in rows if row[0] is None)
    asked = {
        audience.site_id
        for of_task in trainings(stamp=stamp)
        for audience in of_task.audiences
        if audience.role == Role.OPERATOR
        and audience.valid_from <= at.date()
        and (audience.valid_to is None or at.date() < audience.valid_to)
    }
    return {site_id: Trained(qualified.get(site_id, 0), bool(asked & {None, site_id})) for site_id in site_ids}
