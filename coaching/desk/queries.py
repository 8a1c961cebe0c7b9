"""What lies on a coach's desk, in one statement whatever its length. Only the coach's own reviews."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, exists, func, or_, select

from coaching.commitments.models import Commitment, CommitmentState
from coaching.desk.rules import Load, Next, next_step
from coaching.matching.models import CoachingProfile
from coaching.matching.rules import CAPS, Share
from coaching.reviews.models import CoachingReview, ReviewState
from coaching.scheduling.models import Appointment, MeetingLimits
from coaching.scheduling.rules import Limits
from lms.deviations.models import Deviation
from lms.extensions import db
from lms.identity.models import Person
from lms.network.models import Site
from lms.permissions import Actor
from lms.signatures.models import Signature
from lms.web.times import local_day, show_moment, start_of_day

_GOING = (ReviewState.ACCEPTED, ReviewState.SCHEDULED, ReviewState.HELD)


@dataclass(frozen=True, slots=True)
class DeskRow:
    """A review on the desk: when it is met, and what is next in it."""

    id: UUID
    state: str
    coachee_id: UUID
    coachee_name: str
    site_name: str
    number: str | None
    starts_at: datetime | None
    #: Time of day of the meeting in the coach's zone, ``14:05 CET``; the board names the day.
    at: str
    mode: str | None
    #: Day of the meeting in the coach's zone.
    meets_on: date | None
    follow_up_on: date | None
    #: The operator has written their side.
    is_prepared: bool
    #: It goes on, or waits for its follow-up.
    is_alive: bool
    next: Next


def desk(coach: Actor, week: Sequence[date]) -> list[DeskRow]:
    """Return the coach's reviews that go on, wait for a follow-up, or are met in a week, by time of meeting."""
    begins, ends = start_of_day(week[0], coach.zone), start_of_day(week[-1] + timedelta(days=1), coach.zone)
    due = (
        select(func.min(Commitment.due_on))
        .where(
            Commitment.review_id == CoachingReview.id,
            Commitment.state == CommitmentState.OPEN,
            Commitment.done_on.is_(None),
        )
        .scalar_subquery()
    )
    signed = exists().where(
        Signature.record_type == CoachingReview.__tablename__,
        Signature.record_id == CoachingReview.id,
        Signature.person_id == CoachingReview.coachee_id,
    )
    to_follow_up = and_(CoachingReview.state == ReviewState.CLOSED, CoachingReview.outcome == "")
    met = and_(
        CoachingReview.state != ReviewState.CANCELLED, Appointment.starts_at >= begins, Appointment.starts_at < ends
    )
    statement = (
        select(
            CoachingReview.id,
            CoachingReview.state,
            CoachingReview.coachee_id,
            Person.given_name + " " + Person.family_name,
            Site.name,
            Deviation.number,
            Appointment.starts_at,
            Appointment.mode,
            CoachingReview.follow_up_on,
            CoachingReview.own_account != "",
            CoachingReview.outcome,
            signed,
            due,
        )
        .join(Person, Person.id == CoachingReview.coachee_id)
        .join(Site, Site.id == CoachingReview.site_id)
        .outerjoin(Deviation, Deviation.id == CoachingReview.deviation_id)
        .outerjoin(Appointment, and_(Appointment.review_id == CoachingReview.id, Appointment.cancelled_at.is_(None)))
        .where(
            CoachingReview.coach_id == coach.person_id,
            or_(CoachingReview.state.in_(_GOING), to_follow_up, met),
        )
        .order_by(Appointment.starts_at, CoachingReview.id)
    )
    rows = []
    for row in db.session.execute(statement):
        (
            review_id,
            state,
            coachee_id,
            name,
            site,
            number,
            starts_at,
            mode,
            follow_up_on,
            wrote,
            outcome,
            is_signed,
            day,
        ) = row
        meets_on = local_day(starts_at, coach.zone) if starts_at else None
        at = show_moment(starts_at, coach.zone).partition(" ")[2] if starts_at else ""
        what = next_step(
            state=state,
            meets_on=meets_on,
            signed_by_operator=bool(is_signed),
            commitment_due=day,
            follow_up_on=follow_up_on,
        )
        is_alive = state in _GOING or not outcome
        rows.append(
            DeskRow(
                review_id, state, coachee_id, name, site, number, starts_at, at, mode, meets_on, follow_up_on, bool(wrote),
                is_alive, what,
            )
        )  # fmt: skip
    return rows


def taken_by(coach: Actor) -> Load:
    """Return how much a coach takes: by their own limits, else as is usual for their share of work."""
    limits = db.session.scalar(select(MeetingLimits).where(MeetingLimits.person_id == coach.person_id))
    share = db.session.scalar(select(CoachingProfile.share).where(CoachingProfile.person_id == coach.person_id))
    usual = CAPS[Share(share or Share.FULL)]
    if limits is None:
        return Load(usual.reviews, Limits().a_day, usual.operators)
    return Load(limits.a_week, limits.a_day, usual.operators)
