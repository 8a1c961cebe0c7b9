"""Reading one's own appointments and the feed that shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import or_, select

from coaching.follow_up.models import FollowUp
from coaching.own_calendar.models import CalendarFeed
from coaching.own_calendar.rules import KEPT, Shown
from coaching.reviews.models import CoachingReview
from coaching.scheduling.models import Appointment
from lms.extensions import db
from lms.identity.models import Person
from lms.network.models import Site

#: More own appointments than anybody has in the time that is kept and to come.
MOST = 500


@dataclass(frozen=True, slots=True)
class FeedOwner:
    """Whose feed a secret opens."""

    person_id: UUID
    left_on: date | None
    zone: str


def owner_of(token_hash: str) -> FeedOwner | None:
    """Return whose feed the secret opens; None for one that never was or was ended."""
    statement = (
        select(Person.id, Person.left_on, Site.zone)
        .join(CalendarFeed, CalendarFeed.person_id == Person.id)
        .join(Site, Site.id == Person.site_id)
        .where(CalendarFeed.token_hash == token_hash, CalendarFeed.ended_at.is_(None))
    )
    row = db.session.execute(statement).first()
    return FeedOwner(*row) if row else None


def feed_since(person_id: UUID) -> datetime | None:
    """Return since when a person has a feed that works; None without one."""
    statement = select(CalendarFeed.created_at).where(
        CalendarFeed.person_id == person_id, CalendarFeed.ended_at.is_(None)
    )
    return db.session.scalar(statement)


def shown_in_feed(person_id: UUID, now: datetime) -> list[Shown]:
    """Return a person's own appointments, as coach and as coachee, with those lately over, earliest first."""
    statement = (
        select(
            Appointment.uid,
            Appointment.sequence,
            Appointment.starts_at,
            Appointment.ends_at,
            Appointment.cancelled_at,
            CoachingReview.id,
        )
        .join(CoachingReview, CoachingReview.id == Appointment.review_id)
        .where(
            or_(CoachingReview.coach_id == person_id, CoachingReview.coachee_id == person_id),
            Appointment.ends_at >= now - KEPT,
        )
        .order_by(Appointment.starts_at, Appointment.uid)
        .limit(MOST)
    )
    shown = [
        Shown(uid, sequence, begin, end, cancelled_at is not None, f"/reviews/{review_id}")
        for uid, sequence, begin, end, cancelled_at, review_id in db.session.execute(statement)
    ]
    following = (
        select(FollowUp)
        .join(CoachingReview, CoachingReview.id == FollowUp.review_id)
        .where(
            or_(CoachingReview.coach_id == person_id, CoachingReview.coachee_id == person_id),
            FollowUp.ends_at >= now - KEPT,
        )
        .limit(MOST)
    )
    shown += [
        Shown(one.uid, one.version, one.starts_at, one.ends_at, one.held_at is not None, f"/reviews/{one.review_id}")
        for one in db.session.scalars(following)
        if one.starts_at is not None and one.ends_at is not None
    ]
    return sorted(shown, key=lambda one: (one.starts_at, one.uid))
