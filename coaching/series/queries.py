"""Reading standing appointments: the coach's own, each with its newest days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from coaching.scheduling.models import Appointment
from coaching.series.models import ReviewSeries, SeriesDay
from lms.extensions import db
from lms.identity.models import Person
from lms.network.models import Site, TeamMembership
from lms.permissions import Actor, Permission
from lms.scope import within


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """A series as its coach reads it, with the newest day that was planned."""

    id: UUID
    coachee_name: str
    site_name: str
    zone: str
    every_weeks: int
    first_on: date
    minute: int
    mode: str
    kind: str | None
    ended_at: datetime | None
    day: date | None
    outcome: str | None
    clocks: str | None
    review_id: UUID | None
    starts_at: datetime | None

    @property
    def clock(self) -> str:
        """The time on the operator's wall, as ``10:00``."""
        return f"{self.minute // 60:02d}:{self.minute % 60:02d}"


def series_of(coach: Actor) -> list[SeriesRow]:
    """Return the coach's series, those that run first, by the operator's name."""
    coachee, newest = aliased(Person), aliased(SeriesDay)
    last = (
        select(func.max(SeriesDay.day))
        .where(SeriesDay.series_id == ReviewSeries.id)
        .correlate(ReviewSeries)
        .scalar_subquery()
    )
    statement = (
        select(
            ReviewSeries.id,
            coachee.given_name + " " + coachee.family_name,
            Site.name,
            Site.zone,
            ReviewSeries.every_weeks,
            ReviewSeries.first_on,
            ReviewSeries.minute,
            ReviewSeries.mode,
            ReviewSeries.kind,
            ReviewSeries.ended_at,
            newest.day,
            newest.outcome,
            newest.clocks,
            newest.review_id,
            Appointment.starts_at,
        )
        .join(coachee, coachee.id == ReviewSeries.coachee_id)
        .join(Site, Site.id == ReviewSeries.site_id)
        .outerjoin(newest, and_(newest.series_id == ReviewSeries.id, newest.day == last))
        .outerjoin(Appointment, and_(Appointment.review_id == newest.review_id, Appointment.cancelled_at.is_(None)))
        .where(ReviewSeries.coach_id == coach.person_id)
        .order_by(ReviewSeries.ended_at.is_not(None), coachee.family_name, coachee.given_name, ReviewSeries.id)
        .limit(300)
    )
    return [SeriesRow(*tuple[Any, ...](row)) for row in db.session.execute(statement)]


def coachees(coach: Actor, on: date) -> list[tuple[UUID, str]]:
    """Return whom the coach can meet regularly: the people in teams of the coach's sites, by site and name."""
    in_a_team = select(TeamMembership.person_id).where(
        TeamMembership.valid_from <= on, or_(TeamMembership.valid_to.is_(None), TeamMembership.valid_to > on)
    )
    statement = (
        select(Person.id, Person.given_name, Person.family_name, Site.name)
        .join(Site, Site.id == Person.site_id)
        .where(
            within(Person.site_id, coach, Permission.REVIEW_COACH),
            or_(Person.left_on.is_(None), Person.left_on > on),
            Person.id.in_(in_a_team),
            Person.id != coach.person_id,
        )
        .order_by(Site.name, Person.family_name, Person.given_name, Person.id)
    )
    return [(row[0], f"{row[1]} {row[2]}, {row[3]}") for row in db.session.execute(statement)]
