"""Reading reviews. Only the coach and the coachee read one; everybody else gets counts from other queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from coaching.barriers.rules import Asked
from coaching.commitments.models import Commitment, CommitmentWait
from coaching.follow_up.models import FollowUp
from coaching.follow_up.queries import EffectRow, effect_columns, effect_row
from coaching.reviews.guides import Guide, guide_of
from coaching.reviews.models import CoachingReview, ReviewState
from coaching.scheduling.models import Appointment
from coaching.workspace.models import ReviewDraft
from lms.deviations.models import Deviation
from lms.extensions import db
from lms.identity.models import Person
from lms.network.models import Site, Team
from lms.permissions import Actor
from lms.refusals import NotFound
from lms.signatures.queries import SignatureRow, signatures_on
from lms.web.times import local_day


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
    #: When the follow-up is booked.
    follow_up_at: datetime | None = None
    #: Whether no time in common was found for it, so that the coach is to find one.
    to_book: bool = False


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
    due_with_waits: date | None = None
    #: The day since which its clock stands, because it waits on others.
    stopped_on: date | None = None
    why: str | None = None
    evidence: str | None = None
    evidence_link: str | None = None
    #: The wait that is not over, if one was asked for: its words, the day, and whether the coach accepted it.
    waits_on: str | None = None
    asked_on: date | None = None
    wait_state: str | None = None

    @property
    def due(self) -> date:
        """The day that counts: the agreed one, with the days added that it waited on others."""
        return self.due_with_waits or self.due_on

    def is_overdue(self, today: date) -> bool:
        """Whether it is open, its day is over and its clock does not stand."""
        return self.state == "open" and self.done_on is None and self.stopped_on is None and self.due < today


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
    site_id: UUID
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
    account_by: str
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
    kind: str
    guide: Guide
    own_went_well: str
    went_well: str
    asked: list[Asked]
    #: What the reader was writing and has not saved.
    draft: Draft | None
    follow_up: FollowUpRow | None
    effect: EffectRow | None


@dataclass(frozen=True, slots=True)
class Draft:
    """What the reader was writing, when it came in, and the number of that save."""

    content: dict[str, str]
    saved_at: datetime
    sequence: int


@dataclass(frozen=True, slots=True)
class FollowUpRow:
    """The follow-up of a closed review: when it is booked (None: no time was found), and until which day was looked."""

    starts_at: datetime | None
    searched_until: date
    held_at: datetime | None


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
            FollowUp.starts_at,
            and_(FollowUp.id.is_not(None), FollowUp.starts_at.is_(None), FollowUp.held_at.is_(None)),
        )
        .outerjoin(FollowUp, FollowUp.review_id == CoachingReview.id)
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


def review_page(reader: Actor, review_id: UUID, now: datetime) -> ReviewPage:
    """Return one review as it stands ``now``. Raises ``NotFound`` to anybody but its coach and its coachee."""
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
            ReviewDraft,
            FollowUp,
            *effect_columns(),
        )
        .join(coach, coach.id == CoachingReview.coach_id)
        .join(coachee, coachee.id == CoachingReview.coachee_id)
        .join(Site, Site.id == CoachingReview.site_id)
        .outerjoin(Team, Team.id == CoachingReview.team_id)
        .outerjoin(Deviation, Deviation.id == CoachingReview.deviation_id)
        .outerjoin(Appointment, and_(Appointment.review_id == CoachingReview.id, Appointment.cancelled_at.is_(None)))
        .outerjoin(
            ReviewDraft,
            and_(ReviewDraft.review_id == CoachingReview.id, ReviewDraft.person_id == reader.person_id),
        )
        .outerjoin(FollowUp, FollowUp.review_id == CoachingReview.id)
        .where(
            CoachingReview.id == review_id,
            or_(CoachingReview.coach_id == reader.person_id, CoachingReview.coachee_id == reader.person_id),
        )
    )
    row = db.session.execute(statement, {"today": now.date()}).first()
    if row is None:
        raise NotFound("There is no such review of yours.")
    review: CoachingReview = row[0]
    draft, meeting = row[15], row[16]
    wait = and_(CommitmentWait.commitment_id == Commitment.id, CommitmentWait.ended_on.is_(None))
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
            Commitment.due_with_waits,
            Commitment.clock_stopped_on,
            Commitment.why,
            Commitment.evidence,
            Commitment.evidence_link,
            CommitmentWait.waits_on,
            CommitmentWait.asked_on,
            CommitmentWait.state,
        )
        .outerjoin(CommitmentWait, wait)
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
        site_id=review.site_id,
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
        # whose account it is, also once the follow-up went to another coach
        account_by=next((s.printed_name for s in signatures if s.printed_name != row[2]), row[1]),
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
        kind=review.kind or ("deviation" if review.deviation_id else "scheduled"),
        guide=guide_of(review.guide, review.kind or ("deviation" if review.deviation_id else "scheduled")),
        own_went_well=review.own_went_well or "",
        went_well=review.went_well or "",
        asked=[Asked.read(kept) for kept in review.asked_of_site or ()],
        draft=Draft(draft.content, draft.saved_at, draft.sequence) if draft is not None else None,
        follow_up=FollowUpRow(meeting.starts_at, meeting.searched_until, meeting.held_at) if meeting else None,
        effect=effect_row(row[17:], row[4], local_day(now, row[4])),
    )


def is_coach_of(reader: Actor, review_id: UUID) -> bool:
    """Return whether the reader coaches a review rather than being coached in it. Raises ``NotFound`` to everybody else."""
    people = select(CoachingReview.coach_id, CoachingReview.coachee_id).where(CoachingReview.id == review_id)
    row = db.session.execute(people).first()
    if row is None or reader.person_id not in row:
        raise NotFound("There is no such review of yours.")
    return row[0] == reader.person_id


def review_state_of_deviation(deviation_id: UUID) -> list[tuple[str, int]]:
    """Return how many reviews answer a deviation, by state: the fact that there is one, never what was said."""
    statement = (
        select(CoachingReview.state, func.count())
        .where(CoachingReview.deviation_id == deviation_id)
        .group_by(CoachingReview.state)
    )
    return [(state, count) for state, count in db.session.execute(statement)]
