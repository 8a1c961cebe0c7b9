"""How the coaching programme goes, counted by site and period. Never by coach, never by person, never what was said.

Periods begin and end at midnight of the site. Every count comes with how many people stand behind it, so that whoever shows
it can leave out what would speak of a few.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    Select,
    String,
    and_,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.types import TypeEngine

from coaching.barriers.models import SystemAction
from coaching.barriers.rules import Kind
from coaching.commitments.models import Commitment, CommitmentState
from coaching.reviews.models import CoachingReview, ReviewState
from coaching.scheduling.models import Appointment
from coaching.triggers.models import ProposalState, ReviewProposal
from lms.asking import written_rows
from lms.extensions import UTCDateTime, db
from lms.network.models import Site
from lms.permissions import Actor, Permission
from lms.scope import within
from lms.web.times import local_day, start_of_day

SEE = Permission.PROGRAMME_SEE
#: A review that led to a system action for a barrier; what the site owes in support is not counted.
_LED_TO_SYSTEM: ColumnElement[bool] = exists().where(
    SystemAction.review_id == CoachingReview.id, SystemAction.kind == Kind.BARRIER
)
#: The day a commitment is due, with the days added in which it waited on others.
_DUE_ON: ColumnElement[date] = func.coalesce(Commitment.due_with_waits, Commitment.due_on)


@dataclass(frozen=True, slots=True)
class Period:
    """A month or quarter: its name and its days."""

    name: str
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class Tally:
    """``done`` of ``due``, and how many people the reviews behind it were held with."""

    due: int = 0
    done: int = 0
    people: int = 0

    def __add__(self, other: Tally) -> Tally:
        """Add up sites, which share no people."""
        return Tally(self.due + other.due, self.done + other.done, self.people + other.people)


@dataclass(frozen=True, slots=True)
class ProgrammeCounts:
    """What was counted at one site in one period."""

    #: Planned for the period (the cancelled ones too), of these held.
    held: Tally = Tally()
    #: Held in the period, of these with something in the system to be changed.
    system: Tally = Tally()
    #: Commitments of signed reviews due in the period, of these kept by their day.
    kept: Tally = Tally()

    def __add__(self, other: ProgrammeCounts) -> ProgrammeCounts:
        """Add up sites."""
        return ProgrammeCounts(self.held + other.held, self.system + other.system, self.kept + other.kept)


@dataclass(frozen=True, slots=True)
class FirstReview:
    """From a trigger to the first review that it led to: how many days, or how many so far while it waits."""

    site_id: UUID
    proposed_on: date
    person_id: UUID
    days: int
    is_held: bool


def programme_counts(
    reader: Actor, zones: set[str], periods: Sequence[Period], last_full_day: date
) -> Mapping[tuple[UUID, str], ProgrammeCounts]:
    """Return the counts by site and name of period, within the reader's sites, in one statement.

    ``last_full_day`` is the last day that is over at every site: what is planned or due after it is not counted yet.
    """
    if not zones:  # a network before its first site
        return {}
    span = _spans(zones, periods, last_full_day)
    here = within(Site.id, reader, SEE)
    people: ColumnElement[int] = func.count(CoachingReview.coachee_id.distinct())
    columns = (Site.id, span.c.period)

    def counted(figure: str, done: ColumnElement[bool]) -> Select[Any]:
        return select(literal(figure), *columns, func.count(), func.sum(case((done, 1), else_=0)), people).select_from(
            CoachingReview
        )

    planned = (
        counted("held", CoachingReview.held_at.is_not(None))
        .join(Site, Site.id == CoachingReview.site_id)
        .join(Appointment, Appointment.review_id == CoachingReview.id)
        .join(span, _within(span, Appointment.starts_at))
    )
    held = (
        counted("system", _LED_TO_SYSTEM)
        .join(Site, Site.id == CoachingReview.site_id)
        .join(span, _within(span, CoachingReview.held_at))
    )
    on_time = and_(Commitment.state == CommitmentState.KEPT, Commitment.done_on <= _DUE_ON)
    due = (
        counted("kept", on_time)
        .join(Site, Site.id == CoachingReview.site_id)
        .join(Commitment, and_(Commitment.review_id == CoachingReview.id, Commitment.state != CommitmentState.OBSOLETE))
        .join(span, and_(span.c.zone == Site.zone, _DUE_ON.between(span.c.first_day, span.c.last_day)))
        .where(
            CoachingReview.state == ReviewState.CLOSED,
            Commitment.clock_stopped_on.is_(None),
            # whether it was kept is said at the follow-up; one that was to be and was not looked at counts as not kept
            or_(Commitment.state != CommitmentState.OPEN, CoachingReview.follow_up_on <= last_full_day),
        )
    )
    found: dict[tuple[UUID, str], ProgrammeCounts] = {}
    parts = (part.where(here).group_by(*columns) for part in (planned, held, due))
    for figure, site_id, period, n, done, who in db.session.execute(union_all(*parts)):
        tally = Tally(int(n), int(done), int(who))
        key = (site_id, period)
        found[key] = found.get(key, ProgrammeCounts()) + ProgrammeCounts(**{figure: tally})
    return found


def first_held(reader: Actor) -> dict[UUID, date]:
    """Return the day on which each of the reader's sites held its first review, in one statement."""
    statement = (
        select(Site.id, Site.zone, func.min(CoachingReview.held_at))
        .join(CoachingReview, CoachingReview.site_id == Site.id)
        .where(within(Site.id, reader, SEE), CoachingReview.held_at.is_not(None))
        .group_by(Site.id, Site.zone)
    )
    return {site_id: local_day(held_at, zone) for site_id, zone, held_at in db.session.execute(statement) if held_at}


def first_reviews(reader: Actor, since: date, today: date) -> list[FirstReview]:
    """Return how long each trigger since a day took to lead to its first review, at the reader's sites, in one statement.

    Routine reviews have no trigger. Declined proposals, those taken into another one and cancelled reviews are left out:
    nobody waits for them.
    """
    statement = (
        select(
            ReviewProposal.site_id,
            Site.zone,
            ReviewProposal.coachee_id,
            ReviewProposal.proposed_at,
            CoachingReview.held_at,
        )
        .join(Site, Site.id == ReviewProposal.site_id)
        .outerjoin(CoachingReview, CoachingReview.proposal_id == ReviewProposal.id)
        .where(
            ReviewProposal.trigger != "routine",
            ReviewProposal.state.not_in([ProposalState.DECLINED, ProposalState.MERGED]),
            ReviewProposal.proposed_at >= start_of_day(since - timedelta(days=1), "UTC"),
            func.coalesce(CoachingReview.state, "") != ReviewState.CANCELLED,
            within(ReviewProposal.site_id, reader, SEE),
        )
    )
    found = []
    for site_id, zone, person_id, proposed_at, held_at in db.session.execute(statement):
        begun = local_day(proposed_at, zone)
        ended = local_day(held_at, zone) if held_at else max(today, begun)
        if begun >= since:
            found.append(FirstReview(site_id, begun, person_id, (ended - begun).days, held_at is not None))
    return found


def _within(span: CTE, moment: Any) -> ColumnElement[bool]:  # noqa: ANN401 - a nullable or a filled column
    return and_(span.c.zone == Site.zone, moment >= span.c.begins, moment < span.c.ends)


_SPAN: Mapping[str, TypeEngine[Any]] = {
    "zone": String(), "period": String(), "begins": UTCDateTime(), "ends": UTCDateTime(), "first_day": Date(),
    "last_day": Date(),
}  # fmt: skip


def _spans(zones: set[str], periods: Sequence[Period], last_full_day: date) -> CTE:
    """Return when each period begins and ends in each zone, up to the last full day, as a table to join with."""
    rows = []
    for zone in sorted(zones):
        for period in periods:
            last = min(period.last_day, last_full_day)
            if last >= period.first_day:
                begins, ends = start_of_day(period.first_day, zone), start_of_day(last + timedelta(days=1), zone)
                rows.append((zone, period.name, begins, ends, period.first_day, last))
    return written_rows("span", _SPAN, tuple(rows))
