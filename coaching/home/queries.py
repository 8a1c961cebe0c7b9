"""What coaching has on somebody's plate, in one statement: the home page is everybody's and has six."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Select, and_, bindparam, or_, select
from sqlalchemy.orm import aliased

from coaching.commitments.models import Commitment, CommitmentState
from coaching.follow_up.models import FollowUp
from coaching.reviews.models import CoachingReview, ReviewState
from coaching.scheduling.models import Appointment
from coaching.surveys.queries import WINDOW, Asked
from coaching.workspace.queries import CommitmentRow, ReviewRow
from lms.asking import ask, one_of, written
from lms.deviations.models import Deviation
from lms.identity.models import Person
from lms.network.models import Site
from lms.permissions import Actor, Permission


@dataclass(slots=True)
class Plate:
    """What waits for one person."""

    #: Going on, by date.
    reviews: list[ReviewRow] = field(default_factory=list)
    #: Closed ones that this coach is to follow up by today.
    follow_ups: list[ReviewRow] = field(default_factory=list)
    #: What the person committed to and has not said to be done, with the review; soonest due first.
    commitments: list[tuple[UUID, CommitmentRow]] = field(default_factory=list)
    #: Closed reviews of theirs whose survey window is open, whether or not a sheet was issued.
    asked: list[Asked] = field(default_factory=list)


@cache
def _plate(*, coaches: bool) -> Select[*tuple[Any, ...]]:
    """Return the statement, for a coach or for everybody else.

    Without the coach's half PostgreSQL expects few rows for anybody and keeps one plan; with it, it plans for each person.
    """
    coach, coachee = aliased(Person), aliased(Person)
    person: BindParameter[Any] = bindparam("person")
    going = ~one_of(CoachingReview.state, ReviewState.CLOSED, ReviewState.CANCELLED)
    closed = CoachingReview.state == written(ReviewState.CLOSED)
    own = CoachingReview.coachee_id == person
    promised = and_(
        Commitment.review_id == CoachingReview.id,
        closed,
        own,
        Commitment.state == written(CommitmentState.OPEN),
        Commitment.done_on.is_(None),
        # while it waits on others, nothing is to be done here
        Commitment.clock_stopped_on.is_(None),
    )
    to_follow_up = and_(
        closed,
        CoachingReview.coach_id == person,
        CoachingReview.outcome == "",
        or_(
            CoachingReview.follow_up_on <= bindparam("today"),
            and_(FollowUp.id.is_not(None), FollowUp.starts_at.is_(None)),
        ),
    )
    recent = and_(closed, own, CoachingReview.closed_at > bindparam("since"))
    return (
        select(
            CoachingReview.id,
            CoachingReview.state,
            coach.given_name + " " + coach.family_name,
            coachee.given_name + " " + coachee.family_name,
            Site.name,
            Deviation.number,
            Appointment.starts_at,
            CoachingReview.held_at,
            CoachingReview.follow_up_on,
            CoachingReview.outcome,
            (CoachingReview.coach_id == person).label("is_coach"),
            CoachingReview.coachee_id,
            Site.zone,
            CoachingReview.closed_at,
            Commitment.id,
            Commitment.position,
            Commitment.text,
            Commitment.shown_by,
            Commitment.due_on,
            Commitment.state,
            Commitment.done_on,
            Commitment.note,
            Commitment.due_with_waits,
            Commitment.clock_stopped_on,
            FollowUp.starts_at,
            and_(FollowUp.id.is_not(None), FollowUp.starts_at.is_(None), FollowUp.held_at.is_(None)),
        )
        .join(coach, coach.id == CoachingReview.coach_id)
        .join(coachee, coachee.id == CoachingReview.coachee_id)
        .join(Site, Site.id == CoachingReview.site_id)
        .outerjoin(Deviation, Deviation.id == CoachingReview.deviation_id)
        .outerjoin(Appointment, and_(Appointment.review_id == CoachingReview.id, Appointment.cancelled_at.is_(None)))
        .outerjoin(FollowUp, FollowUp.review_id == CoachingReview.id)
        .outerjoin(Commitment, promised)
        .where(
            or_(CoachingReview.coach_id == person, own) if coaches else own,
            or_(going, to_follow_up, recent, Commitment.id.is_not(None)),
        )
        .order_by(Appointment.starts_at, CoachingReview.id, Commitment.position)
    )


_REVIEW, _COMMITMENT, _MEETING = slice(0, 11), slice(14, 24), slice(24, 26)


def plate(reader: Actor, now: datetime) -> Plate:
    """Return what waits for the reader."""
    found = Plate()
    seen: set[UUID] = set()
    today = now.date()
    # a day more than the window: whether it is open is decided by the site's own days
    since = now - WINDOW - timedelta(days=1)
    coaches = reader.may(Permission.REVIEW_COACH)
    for row in ask(_plate(coaches=coaches), person=reader.person_id, today=today, since=since):
        if row[14] is not None:
            found.commitments.append((row[0], CommitmentRow(*row[_COMMITMENT])))
        if row[0] in seen:
            continue
        seen.add(row[0])
        review, closed_at = ReviewRow(*row[_REVIEW], *row[_MEETING]), row[13]
        if review.state != ReviewState.CLOSED:
            found.reviews.append(review)
            continue
        is_due = bool(review.follow_up_on and review.follow_up_on <= today)
        if review.is_coach and not review.outcome and (is_due or review.to_book):
            found.follow_ups.append(review)
        asked = Asked(row[0], row[11], None, row[12], closed_at)
        if not review.is_coach and closed_at > since and asked.is_open(now):
            found.asked.append(asked)
    found.commitments.sort(key=lambda one: (one[1].due, one[1].position))
    found.asked.sort(key=lambda one: one.closed_at)
    return found
