"""What one person raised, promised and did, for that person's own eyes: lists and counts, no total and no comparison."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, func, select

from behavior_metrics.follow_through.days import ROLLING_DAYS
from lms.capas.models import Capa
from lms.capas.rules import State as ActionState
from lms.deviations.models import Deviation
from lms.deviations.rules import CLASSIFIED, is_late
from lms.extensions import Base, db
from lms.web.times import local_day


@dataclass(frozen=True, slots=True)
class Raised:
    """Something that the reader raised."""

    number: str
    title: str
    occurred_at: datetime
    recorded_at: datetime
    in_time: bool
    #: Whether quality assurance classified it.
    accepted: bool


@dataclass(frozen=True, slots=True)
class Promised:
    """Something that the reader agreed to, with its day; ``waits`` while it waits on others and its clock stands."""

    what: str
    due_on: date
    done_on: date | None
    kept: bool
    waits: bool


@dataclass(frozen=True, slots=True)
class Own:
    """One person's last 180 days."""

    raised: tuple[Raised, ...]
    commitments: tuple[Promised, ...]
    actions: tuple[Promised, ...]
    training: tuple[Promised, ...]


def own(person_id: UUID | None, now: datetime, zone: str) -> Own:
    """Return what a person raised in the last 180 days, and what fell due in them. Four statements.

    The caller hands in the reader's own person and no other: nobody sees this of somebody else.
    """
    if person_id is None:
        return Own((), (), (), ())
    today = local_day(now, zone)
    since = today - timedelta(days=ROLLING_DAYS)
    return Own(
        _raised(person_id, now - timedelta(days=ROLLING_DAYS)),
        _commitments(person_id, since, today),
        _actions(person_id, since, today),
        _training(person_id, since, today, zone),
    )


def _raised(person_id: UUID, since: datetime) -> tuple[Raised, ...]:
    d = Deviation
    statement = (
        select(d.number, d.title, d.occurred_at, d.recorded_at, d.state)
        .where(d.reported_by_id == person_id, d.occurred_at >= since)
        .order_by(d.occurred_at.desc(), d.number.desc())
    )
    return tuple(
        Raised(number, title, occurred, recorded, not is_late(occurred, recorded), state in CLASSIFIED)
        for number, title, occurred, recorded, state in db.session.execute(statement)
    )


def _commitments(person_id: UUID, since: date, today: date) -> tuple[Promised, ...]:
    c, review = Base.metadata.tables["commitment"].c, Base.metadata.tables["coaching_review"]
    due = func.coalesce(c.due_with_waits, c.due_on, type_=c.due_on.type)
    statement = (
        select(c.text, due, c.done_on, c.state, c.clock_stopped_on)
        .join(review, and_(review.c.id == c.review_id, review.c.state == "closed"))
        .where(review.c.coachee_id == person_id, c.state != "obsolete", due.between(since, today))
        .order_by(due.desc(), c.id)
    )
    return tuple(
        Promised(text, day, done, state == "kept" and done is not None and done <= day, stopped is not None)
        for text, day, done, state, stopped in db.session.execute(statement)
    )


def _actions(person_id: UUID, since: date, today: date) -> tuple[Promised, ...]:
    statement = (
        select(Capa.number, Capa.title, Capa.due_on, Capa.implemented_on)
        .where(Capa.owner_id == person_id, Capa.state != ActionState.CANCELLED, Capa.due_on.between(since, today))
        .order_by(Capa.due_on.desc(), Capa.number)
    )
    return tuple(
        Promised(f"{number} {title}", due, done, done is not None and done <= due, waits=False)
        for number, title, due, done in db.session.execute(statement)
    )


def _training(person_id: UUID, since: date, today: date, zone: str) -> tuple[Promised, ...]:
    c, module = Base.metadata.tables["assignment"].c, Base.metadata.tables["module"].c
    statement = (
        select(module.title, c.due_on, c.completed_at)
        .join_from(Base.metadata.tables["assignment"], Base.metadata.tables["module"], module.id == c.module_id)
        .where(c.person_id == person_id, c.state != "cancelled", c.due_on.between(since, today))
        .order_by(c.due_on.desc(), c.id)
    )
    rows = []
    for title, due, completed in db.session.execute(statement):
        done = None if completed is None else local_day(completed, zone)
        rows.append(Promised(title, due, done, done is not None and done <= due, waits=False))
    return tuple(rows)
