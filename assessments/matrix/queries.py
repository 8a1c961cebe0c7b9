"""People and tasks of a site as of a moment, what runs out, and what is due to be granted: one reading, several lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, exists, false, func, or_, select
from sqlalchemy.orm import aliased

from assessments.observations.models import Checklist, Observation
from assessments.observations.queries import WAITS
from assessments.qualifications.granting import Due, due
from assessments.qualifications.models import Qualification
from assessments.qualifications.rules import Status, overall
from assessments.records.queries import Draft
from assessments.standing.queries import Standing, Worker, standings, workers
from lms.extensions import UTCDateTime, db
from lms.identity.models import Person
from lms.network.models import Site
from lms.permissions import Actor, Permission
from lms.planning.models import PlannedBatch
from lms.planning.rules import State as PlannedState
from lms.refusals import NotFound
from lms.scope import within
from modules.api import TaskRow

#: Days within which a qualification is shown as running out.
SOON_DAYS = 30


@dataclass(frozen=True, slots=True)
class Row:
    """A person with a cell for each task, and their status over what is asked of them."""

    worker: Worker
    status: Status
    cells: tuple[Standing, ...]


@dataclass(frozen=True, slots=True)
class Total:
    """Of how many people a task is asked, and how many of them are qualified."""

    qualified: int
    required: int


@dataclass(frozen=True, slots=True)
class Matrix:
    """Everything the matrix shows. The figures sum to the number of people."""

    at: datetime
    site: tuple[UUID, str, str]
    #: The sites one may choose: id, name, zone.
    sites: tuple[tuple[UUID, str, str], ...]
    tasks: tuple[TaskRow, ...]
    rows: tuple[Row, ...]
    people: int
    figures: dict[Status, int]
    running_out: int
    totals: tuple[Total, ...]


class NobodyToShow(NotFound):
    """Nobody at the reader's sites holds a role that a curriculum asks something of: the first days of a network."""


def matrix(
    reader: Actor, at: datetime, *, site_id: UUID | None, home_site_id: UUID | None = None, status: str = ""
) -> Matrix:
    """Return the matrix of a site as of a moment. Without a site the reader's own, else the first by name.

    Raises ``NotFound`` for a site outside the reader's reach, and ``NobodyToShow`` where none of their sites has anybody.
    ``status`` keeps the people with such a cell.
    """
    everybody = workers(reader, Permission.MATRIX_SEE, at)
    sites = {worker.site_id: (worker.site_id, worker.site_name, worker.zone) for worker in everybody}
    if not sites and site_id is None:
        raise NobodyToShow("Nobody at your sites has a task to be qualified for yet.")
    if not sites or (site_id is not None and site_id not in sites):
        raise NotFound("There is nobody to show at this site, or it is not one of yours.")
    chosen = site_id or (home_site_id if home_site_id in sites else next(iter(sites)))
    found = standings([worker for worker in everybody if worker.site_id == chosen], at)
    shown_tasks = {row.task.id: row.task for row in found if row.is_shown}
    rows = _rows([row for row in found if row.task.id in shown_tasks])
    totals = [
        Total(sum(row.required and row.decision.allowed for row in of_task), sum(row.required for row in of_task))
        for task_id in shown_tasks
        for of_task in [[row for row in found if row.task.id == task_id]]
    ]
    return Matrix(
        at=at,
        site=sites[chosen],
        sites=tuple(sites.values()),
        tasks=tuple(shown_tasks.values()),
        rows=tuple(
            row for row in rows if not status or any(c.decision.status == status for c in row.cells if c.is_shown)
        ),
        people=len(rows),
        figures=dict(Counter(row.status for row in rows)),
        running_out=sum(any(cell.runs_out_within(SOON_DAYS) for cell in row.cells) for row in rows),
        totals=tuple(totals),
    )


def _rows(found: Sequence[Standing]) -> list[Row]:
    of_worker: dict[UUID, list[Standing]] = {}
    for standing in found:
        of_worker.setdefault(standing.worker.person_id, []).append(standing)
    return [
        Row(cells[0].worker, overall(cell.decision.status for cell in cells if cell.is_shown), tuple(cells))
        for cells in of_worker.values()
    ]


@dataclass(frozen=True, slots=True)
class RunningOut:
    """A qualification that holds and will end, with what ends first."""

    person_id: UUID
    person_name: str
    task_id: UUID
    site_id: UUID
    site_name: str
    zone: str
    valid_to: datetime
    limited_by: str
    limited_name: str
    #: When the next batch planned at the site begins.
    next_batch_at: datetime | None


def running_out(reader: Actor, at: datetime, days: int) -> list[RunningOut]:
    """Return the qualifications at the reader's sites that hold and end within some days.

    Where the next batch is planned comes first, then the first end. One that is renewed already, or whose person has left,
    is not among them. One statement.
    """
    q, renewed = Qualification, aliased(Qualification)
    longer = exists().where(
        renewed.person_id == q.person_id,
        renewed.task_id == q.task_id,
        renewed.site_id == q.site_id,
        renewed.ended_at.is_(None),
        renewed.valid_from <= at,
        renewed.valid_to > q.valid_to,
    )
    coming = (
        select(func.min(PlannedBatch.starts_at, type_=UTCDateTime()))
        .where(
            PlannedBatch.site_id == q.site_id,
            PlannedBatch.state == PlannedState.PLANNED,
            PlannedBatch.starts_at >= at,
        )
        .correlate(q)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(
            q.person_id,
            Person.given_name + " " + Person.family_name,
            q.task_id,
            q.site_id,
            Site.name,
            Site.zone,
            q.valid_to,
            q.limited_by,
            q.limited_name,
            coming.label("coming"),
        )
        .join(Person, Person.id == q.person_id)
        .join(Site, Site.id == q.site_id)
        .where(
            within(q.site_id, reader, Permission.QUALIFICATION_SEE),
            q.valid_from <= at,
            q.valid_to > at,
            q.valid_to <= at + timedelta(days=days),
            q.ended_at.is_(None),
            or_(Person.left_on.is_(None), Person.left_on > at.date()),
            ~longer,
        )
        .order_by(coming.is_(None), coming, q.valid_to, Person.family_name, Person.given_name)
    )
    found: Iterable[Any] = rows
    return [RunningOut(*row) for row in found]


@dataclass(frozen=True, slots=True)
class ForQa:
    """What waits for a signature of quality assurance in this room."""

    #: Whether a run was passed at the reader's sites since the person's last grant for that task.
    fresh_runs: bool
    #: Versions of checklists that the reader may approve: id, code, number.
    checklists: tuple[tuple[UUID, str, int], ...]


def for_qa(reader: Actor) -> ForQa:
    """Return what waits for a signature of the reader, in one statement: it stands on the home page."""
    granted = exists().where(
        Qualification.person_id == Observation.trainee_id,
        Qualification.task_id == Observation.task_id,
        Qualification.site_id == Observation.site_id,
        Qualification.valid_from >= Observation.observed_at,
    )
    fresh = exists().where(
        Observation.passed.is_(True),
        Observation.trainee_id != reader.person_id,
        within(Observation.site_id, reader, Permission.QUALIFICATION_GRANT),
        ~granted,
    )
    of_network = reader.may(Permission.DOCUMENT_APPROVE) and reader.sites_for(Permission.DOCUMENT_APPROVE) is None
    others = or_(Checklist.written_by_id.is_(None), Checklist.written_by_id != reader.person_id)
    runs = select(fresh.label("fresh")).subquery("runs")
    rows = db.session.execute(
        select(runs.c.fresh, Checklist.id, Checklist.code, Checklist.number)
        .select_from(runs)
        .outerjoin(Checklist, and_(WAITS, others) if of_network else false())
        .order_by(Checklist.sent_at)
    ).all()
    return ForQa(bool(rows[0][0]), tuple((row[1], row[2], row[3]) for row in rows if row[1] is not None))


@dataclass(frozen=True, slots=True)
class Desk:
    """What an assessor has to do: their drafts to sign, and who waits for a run."""

    drafts: tuple[tuple[Draft, Standing], ...]
    waiting: tuple[Standing, ...]


def desk(reader: Actor, at: datetime) -> Desk:
    """Return the drafts of the reader, and who has completed a task's training and still needs observed runs."""
    people = [w for w in workers(reader, Permission.OBSERVATION_RECORD, at) if w.person_id != reader.person_id]
    rows = standings(people, at)
    drafts = [(draft, row) for row in rows for draft in row.drafts if draft.assessor_id == reader.person_id]
    return Desk(
        tuple(sorted(drafts, key=lambda pair: pair[0].observed_at)), tuple(row for row in rows if _waits_for_run(row))
    )


def _waits_for_run(row: Standing) -> bool:
    decision = row.decision
    return (
        decision.status is Status.IN_TRAINING
        and bool(decision.evidence.modules)
        and all(module.state == "done" for module in decision.evidence.modules)
        and int(decision.arguments["passed"]) < row.facts.runs_needed
    )


@dataclass(frozen=True, slots=True)
class ToGrant:
    """A qualification that is due, with what it would rest on."""

    standing: Standing
    due: Due


def to_grant(reader: Actor, at: datetime) -> list[ToGrant]:
    """Return the qualifications that the reader could grant now: everything they rest on is there. Never the reader's own."""
    people = [w for w in workers(reader, Permission.QUALIFICATION_GRANT, at) if w.person_id != reader.person_id]
    found = [
        ToGrant(row, rests_on)
        for row in standings(people, at)
        if row.facts.completions
        for rests_on in [due(row.facts, at, row.worker.zone)]
        if rests_on.can_be_granted
    ]
    return sorted(found, key=lambda one: (one.standing.worker.site_name, one.standing.worker.name))
