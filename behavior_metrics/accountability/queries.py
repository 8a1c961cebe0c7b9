"""Commitments by team and quarter: how many were due, how many were kept by then. Never whose, never what they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Integer, Select, and_, case, func, select

from behavior_metrics.frames.quarters import Quarter, Window
from behavior_metrics.frames.queries import PAGE_SIZE, SEE, Places
from lms.asking import written_rows
from lms.deviations.taxonomy import CORE
from lms.extensions import Base, db
from lms.network.models import Network, Site, Team
from lms.permissions import Actor
from lms.scope import within


@dataclass(frozen=True, slots=True)
class Kept:
    """Commitments of signed reviews whose day has passed, and those of them done by that day and looked at."""

    due: int = 0
    kept: int = 0


@dataclass(frozen=True, slots=True)
class CommitmentRow:
    """A commitment in the list behind a figure: when it was due and what became of it."""

    team_name: str
    site_name: str
    due_on: date
    done_on: date | None
    state: str


@dataclass(frozen=True, slots=True)
class DueIn:
    """Which commitments are listed: due in a quarter, of one team, all of them or those kept."""

    team: UUID
    quarter: Quarter
    kept_only: bool


def kept_by_team(reader: Actor, window: Window) -> Mapping[tuple[UUID, Quarter], Kept]:
    """Return the count for each team and quarter of the window, in one statement."""
    commitment = Base.metadata.tables["commitment"].c
    days = tuple((q.index, q.first_day, min(q.last_day, window.last_full_day)) for q in window.quarters)
    span = written_rows("quarters", {"quarter": Integer(), "first_day": Date(), "last_day": Date()}, days)
    counts = select(commitment.team_id, span.c.quarter, func.count(), func.sum(case((_was_kept(), 1), else_=0)))
    statement = (
        _agreed(counts, reader)
        .join(span, _due_on().between(span.c.first_day, span.c.last_day))
        .group_by(commitment.team_id, span.c.quarter)
    )
    return {
        (team, Quarter(quarter)): Kept(int(due), int(kept))
        for team, quarter, due, kept in db.session.execute(statement)
        if team is not None
    }


def commitments_due(
    reader: Actor, here: Places, window: Window, wanted: DueIn, page: int
) -> tuple[int, list[CommitmentRow]]:
    """Return how many commitments a figure counts and one page of them (from 1), by due day.

    Raises ``NotFound`` for a team that is not among the reader's.
    """
    here.team(wanted.team)
    commitment = Base.metadata.tables["commitment"].c

    last_day = min(wanted.quarter.last_day, window.last_full_day)
    conditions = [
        commitment.team_id == wanted.team, _due_on().between(wanted.quarter.first_day, last_day)
    ]  # fmt: skip
    if wanted.kept_only:
        conditions.append(_was_kept())
    total = db.session.scalar(_agreed(select(func.count()), reader).where(*conditions)) or 0
    columns: Select[Any] = select(Team.name, Site.name, _due_on(), commitment.done_on, commitment.state)
    statement = _agreed(columns, reader).where(*conditions).join(Team, Team.id == commitment.team_id)
    statement = statement.order_by(_due_on(), commitment.id)
    rows = db.session.execute(statement.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE))
    return total, [CommitmentRow(*row) for row in rows]


def _agreed(statement: Select[Any], reader: Actor) -> Select[Any]:
    """Commitments that both signed and that were not withdrawn, at the reader's sites."""
    commitment, review = Base.metadata.tables["commitment"], Base.metadata.tables["coaching_review"]
    return (
        statement.select_from(commitment)
        .join(review, and_(review.c.id == commitment.c.review_id, review.c.state == "closed"))
        .join(Site, Site.id == commitment.c.site_id)
        .join(Network, Network.id == Site.network_id)
        .where(Network.taxonomy == CORE, within(Site.id, reader, SEE), commitment.c.state != "obsolete")
        # while it waits on others, accepted by the coach, its clock stands: it is neither due nor late
        .where(commitment.c.clock_stopped_on.is_(None))
    )


def _due_on() -> ColumnElement[date]:
    """Return the due day with the days added that the commitment waited on others (coaching.commitments.rules)."""
    commitment = Base.metadata.tables["commitment"].c
    return func.coalesce(commitment.due_with_waits, commitment.due_on)


def _was_kept() -> ColumnElement[bool]:
    commitment = Base.metadata.tables["commitment"].c
    return and_(commitment.state == "kept", commitment.done_on <= _due_on())
