"""Reading reviews. Only the coach and the coachee read one; everybody else gets counts from other queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from coaching.commitments.models import Commitment
from coaching.reviews.models import CoachingReview, ReviewState
from coaching.scheduling.models import Appointment
from lms.deviations.models import Deviation
from lms.extensions import db
from lms.identity.models import Person
from lms.network.models import Site, Team
from lms.permissions import Actor
from lms.refusals import NotFound
from lms.signatures.queries import SignatureRow, signatures_on


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """A review in a list."""

    id: UUID
    state: str
    coach_name: str
    coachee_name: str
    site_name: str
    deviation_number: str | None
    starts_at: datetime | None
    held_at: datetime | None
    follow_up_on: date | None
    outcome: str
    is_coach: bool


@dataclass(frozen=True, slots=True)
class CommitmentRow:
    """A commitment inside its review."""

    id: UUID
    position: int
    text: str
    shown_by: str
    due_on: date
    state: str
    done_on: date | None
    note: str


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """One review, as its two people read it."""

    id: UUID
    version: int
    state: str
    is_coach: bool
    coach_id: UUID
    coach_name: str
    coachee_id: UUID
    coachee_name: str
    site_name: str
    zone: str
    team_name: str | None
    deviation_id: UUID | None
    deviation_number: str | None
    deviation_title: str | None
    deviation_description: str | None
    process_step: str | None
    occurred_at: datetime | None
    own_account: str
    own_account_at: datetime | None
    coach_account: str
    barrier: str
    support_owed: str
    support_due_on: date | None
    agreed: str
    held_at: datetime | None
    follow_up_on: date | None
    closed_at: datetime | None
    outcome: str
    starts_at: datetime | None
    ends_at: datetime | None
    mode: str | None
    place: str | None
    commitments: list[CommitmentRow]
    signatures: list[SignatureRow]
    signed_by_coachee: bool


def reviews_of(reader: Actor, *, closed: bool = False) -> list[ReviewRow]:
    """Return the reader's reviews, as coach or coachee: those going on by date, or those that ended, newest first."""
    coach, coachee = aliased(Person), aliased(Person)
    ended = CoachingReview.state.in_([ReviewState.CLOSED, ReviewState.CANCELLED])
    statement = (
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
            (CoachingReview.coach_id == reader.person_id).label("is_coach"),
        )
        .join(coach, coach.id == CoachingReview.coach_id)
        .join(coachee, coachee.id == CoachingReview.coachee_id)
        .join(Site, Site.id == CoachingReview.site_id)
        .outerjoin(Deviation, Deviation.id == CoachingReview.deviation_id)
        .outerjoin(Appointment, and_(Appointment.review_id == CoachingReview.id, Appointment.cancelled_at.is_(None)))
        .where(
            or_(CoachingReview.coach_id == reader.person_id, CoachingReview.coachee_id == reader.person_id),
            ended if closed else ~ended,
        )
        .order_by(CoachingReview.closed_at.desc() if closed else Appointment.starts_at, CoachingReview.id)
        .limit(200)
    )
    return [ReviewRow(*row) for row in db.session.execute(statement)]


def review_page(reader: Actor, review_id: UUID) -> ReviewPage:
    """Return one review. Raises ``NotFound`` to anybody but its coach and its coachee."""
    coach, coachee = aliased(Person), aliased(Person)
    statement = (
        select(
            CoachingReview,
            coach.given_name + " " + coach.family_name,
            coachee.given_name + " " + coachee.family_name,
            Site.name,
            Site.zone,
            Team.name,
            Deviation.number,
            Deviation.title,
            Deviation.description,
            Deviation.process_step,
            Deviation.occurred_at,
            Appointment.starts_at,
            Appointment.ends_at,
            Appointment.mode,
            Appointment.place,
        )
        .join(coach, coach.id == CoachingReview.coach_id)
        .join(coachee, coachee.id == CoachingReview.coachee_id)
        .join(Site, Site.id == CoachingReview.site_id)
        .outerjoin(Team, Team.id == CoachingReview.team_id)
        .outerjoin(Deviation, Deviation.id == CoachingReview.deviation_id)
        .outerjoin(Appointment, and_(Appointment.review_id == CoachingReview.id, Appointment.cancelled_at.is_(None)))
        .where(
            CoachingReview.id == review_id,
            or_(CoachingReview.coach_id == reader.person_id, CoachingReview.coachee_id == reader.person_id),
        )
    )
    row = db.session.execute(statement).first()
    if row is None:
        raise NotFound("There is no such review of yours.")
    review: CoachingReview = row[0]
    commitments = db.session.execute(
        select(
            Commitment.id,
            Commitment.position,
            Commitment.text,
            Commitment.shown_by,
            Commitment.due_on,
            Commitment.state,
            Commitment.done_on,
            Commitment.note,
        )
        .where(Commitment.review_id == review.id)
        .order_by(Commitment.position)
    )
    signatures = signatures_on(review)
    return ReviewPage(
        id=review.id,
        version=review.version,
        state=review.state,
        is_coach=review.coach_id == reader.person_id,
        coach_id=review.coach_id,
        coach_name=row[1],
        coachee_id=review.coachee_id,
        coachee_name=row[2],
        site_name=row[3],
        zone=row[4],
        team_name=row[5],
        deviation_id=review.deviation_id,
        deviation_number=row[6],
        deviation_title=row[7],
        deviation_description=row[8],
        process_step=row[9],
        occurred_at=row[10],
        own_account=review.own_account,
        own_account_at=review.own_account_at,
        coach_account=review.coach_account,
        barrier=review.barrier,
        support_owed=review.support_owed,
        support_due_on=review.support_due_on,
        agreed=review.agreed,
        held_at=review.held_at,
        follow_up_on=review.follow_up_on,
        closed_at=review.closed_at,
        outcome=review.outcome,
        starts_at=row[11],
        ends_at=row[12],
        mode=row[13],
        place=row[14],
        commitments=[CommitmentRow(*c) for c in commitments],
        signatures=signatures,
        signed_by_coachee=any(s.printed_name == row[2] for s in signatures),
    )


def review_state_of_deviation(deviation_id: UUID) -> list[tuple[str, int]]:
    """Return how many reviews answer a deviation, by state: the fact that there is one, never what was said."""
    statement = (
        select(CoachingReview.state, func.count())
        .where(CoachingReview.deviation_id == deviation_id)
        .group_by(CoachingReview.state)
    )
    return [(state, count) for state, count in db.session.execute(statement)]
