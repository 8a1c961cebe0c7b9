"""That reviews happen, for quality assurance: when, why, what came of them. Never who, and never what was said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select

from coaching.barriers.models import SystemAction
from coaching.barriers.rules import Kind, State
from coaching.commitments.models import Commitment, CommitmentState
from coaching.follow_up.models import FollowUp
from coaching.follow_up.queries import EffectRow, effect_columns, effect_row
from coaching.reviews.guides import kinds
from coaching.reviews.models import CoachingReview, ReviewState
from coaching.scheduling.models import Appointment
from lms.deviations.models import Deviation
from lms.extensions import db
from lms.network.models import Site, Team
from lms.permissions import Actor, Permission
from lms.refusals import NotAllowed
from lms.scope import within
from lms.web.times import is_meant, local_day, start_of_day

PAGE_SIZE = 50
SEE = Permission.REVIEW_OVERSEE


@dataclass(frozen=True, slots=True)
class Filters:
    """Conditions on the list, named as in the address of ``/reviews/overview``; None takes all."""

    #: Id of a site.
    site: UUID | None = None
    #: A code of ``guides.kinds``.
    kind: str | None = None
    #: ``accepted``, ``scheduled``, ``held``, ``closed``, ``cancelled``.
    state: str | None = None
    #: First and last day, of the site, on which it was held.
    first: date | None = None
    last: date | None = None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Filters:
        """Return the filters of an address. Raises ``NotAllowed`` for what is not understood."""
        given = {name: value.strip() for name, value in query.items() if value.strip()}
        try:
            kind = given.get("kind")
            return cls(
                site=UUID(given["site"]) if "site" in given else None,
                kind=kinds()[kind].code if kind else None,
                state=ReviewState(given["state"]) if "state" in given else None,
                first=_day(given["from"]) if "from" in given else None,
                last=_day(given["to"]) if "to" in given else None,
            )
        except (KeyError, ValueError):
            raise NotAllowed("A filter in the address is not understood. Open the list and choose it there.") from None

    def as_query(self) -> dict[str, str]:
        """Return the address's query for these filters."""
        named = {"site": self.site, "kind": self.kind, "state": self.state, "from": self.first, "to": self.last}
        return {name: str(value) for name, value in named.items() if value}


def _day(text: str) -> date:
    day = date.fromisoformat(text)
    if not is_meant(day):
        raise ValueError(text)
    return day


@dataclass(frozen=True, slots=True)
class Happened:
    """One review as quality assurance sees it."""

    site_code: str
    site_name: str
    zone: str
    team_name: str | None
    kind: str
    deviation_id: UUID | None
    deviation_number: str | None
    state: str
    planned_at: datetime | None
    held_at: datetime | None
    closed_at: datetime | None
    follow_up_on: date | None
    follow_up_at: datetime | None
    #: Of the commitments at the follow-up, empty before.
    outcome: str
    commitments: int
    system_actions: int
    system_actions_open: int
    effect: EffectRow | None


def _conditions(reader: Actor, filters: Filters) -> list[ColumnElement[bool]]:
    conditions = [within(CoachingReview.site_id, reader, SEE)]
    if filters.site:
        conditions.append(CoachingReview.site_id == filters.site)
    if filters.kind:
        conditions.append(_is_of_kind(filters.kind))
    if filters.state:
        conditions.append(CoachingReview.state == filters.state)
    if filters.first or filters.last:
        conditions.append(_is_held_within(filters.first, filters.last))
    return conditions


def _is_held_within(first: date | None, last: date | None) -> ColumnElement[bool]:
    """Return the condition that it was held on one of these days, each by the clocks of its own site."""
    zones = db.session.scalars(select(Site.zone).distinct().order_by(Site.zone)).all()
    at = CoachingReview.held_at
    return or_(
        false(),
        *(
            and_(
                CoachingReview.site_id.in_(select(Site.id).where(Site.zone == zone)),
                at.is_not(None) if first is None else at >= start_of_day(first, zone),
                at.is_not(None) if last is None else at < start_of_day(last + timedelta(days=1), zone),
            )
            for zone in zones
        ),
    )


def _is_of_kind(kind: str) -> ColumnElement[bool]:
    """Return the condition; a review of before has no kind, it was about a deviation or routine."""
    before = {
        "deviation": CoachingReview.deviation_id.is_not(None),
        "scheduled": CoachingReview.deviation_id.is_(None),
    }
    own = CoachingReview.kind == kind
    return or_(own, and_(CoachingReview.kind.is_(None), before[kind])) if kind in before else own


def count_and_list(reader: Actor, filters: Filters, page: int, *, now: datetime) -> tuple[int, list[Happened]]:
    """Return how many there are and one page of them (from 1), newest first."""
    total = db.session.scalar(select(func.count(CoachingReview.id)).where(*_conditions(reader, filters))) or 0
    return total, rows(reader, filters, now=now, page=page)


def rows(reader: Actor, filters: Filters, *, now: datetime, page: int | None = None) -> list[Happened]:
    """Return the list in one statement: one page of it, or all of it for an export."""
    promised = (
        select(func.count(Commitment.id))
        .where(Commitment.review_id == CoachingReview.id, Commitment.state != CommitmentState.OBSOLETE)
        .correlate(CoachingReview)
    )
    opened = (
        select(func.count(SystemAction.id))
        .where(SystemAction.review_id == CoachingReview.id, SystemAction.kind == Kind.BARRIER)
        .correlate(CoachingReview)
    )
    statement: Select[*tuple[Any, ...]] = (
        select(
            Site.code,
            Site.name,
            Site.zone,
            Team.name,
            CoachingReview.kind,
            Deviation.id,
            Deviation.number,
            CoachingReview.state,
            Appointment.starts_at,
            CoachingReview.held_at,
            CoachingReview.closed_at,
            CoachingReview.follow_up_on,
            FollowUp.starts_at,
            CoachingReview.outcome,
            promised.scalar_subquery(),
            opened.scalar_subquery(),
            opened.where(SystemAction.state == State.OPEN).scalar_subquery(),
            *effect_columns(),
        )
        .select_from(CoachingReview)
        .join(Site, Site.id == CoachingReview.site_id)
        .outerjoin(Team, Team.id == CoachingReview.team_id)
        .outerjoin(Deviation, Deviation.id == CoachingReview.deviation_id)
        .outerjoin(Appointment, and_(Appointment.review_id == CoachingReview.id, Appointment.cancelled_at.is_(None)))
        .outerjoin(FollowUp, FollowUp.review_id == CoachingReview.id)
        .where(*_conditions(reader, filters))
        .order_by(
            func.coalesce(CoachingReview.held_at, Appointment.starts_at).desc().nulls_first(), CoachingReview.id.desc()
        )
    )
    if page is not None:
        statement = statement.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    found = []
    for row in db.session.execute(statement, {"today": now.date()}):
        values: list[Any] = list(row)
        values[4] = values[4] or ("deviation" if values[5] else "scheduled")
        values[17:] = [effect_row(values[17:], values[2], local_day(now, values[2]))]
        found.append(Happened(*values))
    return found
