"""Holding a review: the operator's account, the coach's, the agreement, two signatures, the follow-up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import func, select

from coaching.barriers.commands import open_system_actions
from coaching.barriers.queries import owner_name
from coaching.barriers.rules import Asked, check_asked
from coaching.commitments.commands import end_waits
from coaching.commitments.models import Commitment, CommitmentState
from coaching.commitments.rules import check_evidence
from coaching.reviews import rules
from coaching.reviews.guides import check_guide
from coaching.reviews.models import CoachingReview, ReviewState
from coaching.reviews.rules import Agreed
from lms import signals
from lms.extensions import db
from lms.facts import ReviewClosed
from lms.network.queries import zone_of
from lms.notifications.commands import notify
from lms.permissions import Permission
from lms.refusals import NotAllowed, NotFound, StaleForm
from lms.signatures.commands import sign
from lms.signatures.models import Meaning, Signature
from lms.unit_of_work import Work, command
from lms.web.times import local_day


def _review(work: Work, review_id: UUID, *, version: int | None = None) -> CoachingReview:
    review = db.session.get(CoachingReview, review_id)
    if review is None or work.actor.person_id not in {review.coach_id, review.coachee_id}:
        raise NotFound("There is no such review of yours.")
    if version is not None and review.version != version:
        raise StaleForm("The other side changed this review while you were writing. Compare and send again.")
    return review


@command(needs=Permission.REVIEW_COACH)
def choose_guide(work: Work, review_id: UUID, *, guide: str) -> CoachingReview:
    """Let the coach choose the model whose prompts both are shown, in its newest version, until the review is held."""
    review = _review(work, review_id)
    if review.coach_id != work.actor.person_id:
        raise NotFound("There is no such review of yours.")
    if review.state not in {ReviewState.ACCEPTED, ReviewState.SCHEDULED}:
        raise NotAllowed("The review was held with its model; the next one can have another.", field="guide")
    check_guide(guide)
    review.guide = guide
    return review


@command(needs=Permission.REVIEW_TAKE_PART)
def write_own_account(work: Work, review_id: UUID, *, own_account: str, went_well: str = "") -> CoachingReview:
    """Let the operator tell what happened, before the coach writes. Changing it voids a signature, visibly."""
    review = _review(work, review_id)
    if review.coachee_id != work.actor.person_id:
        raise NotFound("There is no such review of yours.")
    if review.state in {ReviewState.CLOSED, ReviewState.CANCELLED}:
        raise NotAllowed("This review is closed; what stands in it stays as it is.")
    if not own_account.strip():
        raise NotAllowed("Write a sentence or two about what happened, from your side.", field="own_account")
    review.own_account, review.own_account_at = own_account.strip(), work.at
    review.own_went_well = went_well.strip() or None
    notify(work, review.coach_id, "own_account_written", f"/reviews/{review.id}")
    return review


@command(needs=Permission.REVIEW_COACH)
def hold_review(
    work: Work,
    review_id: UUID,
    *,
    coach_account: str,
    barrier: str,
    support_owed: str,
    support_due_on: date | None,
    commitments: Sequence[Agreed],
    follow_up_on: date,
    version: int | None = None,
    went_well: str = "",
    asked: Sequence[Asked] = (),
) -> CoachingReview:
    """Record what was said and agreed. May be done again until the operator has signed; raises ``NotAllowed`` after that."""
    review = _review(work, review_id, version=version)
    if review.coach_id != work.actor.person_id:
        raise NotFound("There is no such review of yours.")
    rules.check_can_hold(state=review.state, own_account=review.own_account, coach_account=coach_account)
    if _signatures(review):
        raise NotAllowed("The operator has signed already. What was signed stays; agree on a new review for more.")
    held_on = local_day(review.held_at or work.at, zone_of(review.site_id))
    rules.check_commitments(commitments, held_on=held_on)
    rules.check_follow_up(follow_up_on, held_on=held_on)
    asked = [_with_owner(one, review.site_id, held_on) for one in asked]
    check_asked(asked, held_on=held_on, coachee_id=review.coachee_id)
    review.went_well, review.asked_of_site = went_well.strip() or None, [one.kept() for one in asked] or None
    review.coach_account, review.barrier = coach_account.strip(), barrier.strip()
    review.support_owed, review.support_due_on = support_owed.strip(), support_due_on
    review.follow_up_on = follow_up_on
    review.held_at = review.held_at or work.at
    review.state = ReviewState.HELD
    review.agreed = rules.agreed_text(commitments, support_owed, support_due_on, asked)
    _agree(work, review, commitments)
    notify(work, review.coachee_id, "review_held", f"/reviews/{review.id}")
    return review


def _with_owner(asked: Asked, site_id: UUID, today: date) -> Asked:
    """Return it with its owner's name, as it stands in what both sign."""
    name = owner_name(asked.owner_id, site_id, today)
    if name is None:
        raise NotAllowed("Choose an owner who works at this site or at the control site.", field="barriers")
    return replace(asked, owner_name=name)


def _agree(work: Work, review: CoachingReview, commitments: Sequence[Agreed]) -> None:
    earlier = db.session.scalars(
        select(Commitment).where(Commitment.review_id == review.id).order_by(Commitment.position)
    ).all()
    for position, agreed in enumerate(commitments, 1):
        if position <= len(earlier):
            row = earlier[position - 1]
            row.text, row.shown_by, row.due_on, row.state, row.why = (
                agreed.text.strip(),
                agreed.shown_by.strip(),
                agreed.due_on,
                CommitmentState.OPEN,
                agreed.why.strip() or None,
            )
            continue
        work.add(
            Commitment(
                review_id=review.id,
                site_id=review.site_id,
                team_id=review.team_id,
                position=position,
                text=agreed.text.strip(),
                shown_by=agreed.shown_by.strip(),
                due_on=agreed.due_on,
                why=agreed.why.strip() or None,
            )
        )
    for row in earlier[len(commitments) :]:
        row.state, row.note = CommitmentState.OBSOLETE, "withdrawn before signing"


def _signatures(review: CoachingReview) -> set[UUID]:
    statement = select(Signature.person_id).where(
        Signature.record_type == "coaching_review", Signature.record_id == review.id
    )
    return set(db.session.scalars(statement))


@command(needs=Permission.REVIEW_TAKE_PART)
def agree_to_review(work: Work, review_id: UUID, *, version: int) -> CoachingReview:
    """Let the operator sign what was agreed; the coach signs after them. Raises ``StaleForm`` if it changed since it was shown."""
    review = _review(work, review_id, version=version)
    if review.coachee_id != work.actor.person_id:
        raise NotFound("There is no such review of yours.")
    if review.state != ReviewState.HELD:
        raise NotAllowed("There is nothing to sign yet: the review was not held.")
    if work.actor.person_id in _signatures(review):
        raise NotAllowed("You signed this review already.")
    sign(work, review, Meaning.AGREED)
    notify(work, review.coach_id, "review_agreed", f"/reviews/{review.id}")
    return review


@command(needs=Permission.REVIEW_COACH)
def close_review(
    work: Work, review_id: UUID, *, version: int, clean_batches: int | None = None, clean_days: int | None = None
) -> CoachingReview:
    """Let the coach sign and close a review that the operator has signed. Raises ``NotAllowed`` before that.

    What the site was asked for leaves the review now, as system actions. ``clean_batches`` and ``clean_days`` declare what
    would show that it helped: so many batches, or so many days, without the same deviation.
    """
    review = _review(work, review_id, version=version)
    if review.coach_id != work.actor.person_id:
        raise NotFound("There is no such review of yours.")
    if review.state != ReviewState.HELD or review.held_at is None:
        raise NotAllowed("Only a review that was held can be closed.")
    if review.coachee_id not in _signatures(review):
        raise NotAllowed("The operator signs first, then you.")
    rules.check_effect(clean_batches, clean_days, about_deviation=review.deviation_id is not None)
    review.clean_batches, review.clean_days = clean_batches, clean_days
    if clean_batches is not None or clean_days is not None:
        review.clean_from = local_day(work.at, zone_of(review.site_id))
        review.clean_until = review.clean_from + timedelta(days=clean_days or rules.MOST_CLEAN_DAYS)
    sign(work, review, Meaning.AGREED)
    review.state, review.closed_at = ReviewState.CLOSED, work.at
    open_system_actions(
        work,
        review_id=review.id,
        site_id=review.site_id,
        deviation_id=review.deviation_id,
        asked=[Asked.read(kept) for kept in review.asked_of_site or ()],
    )
    held_on = local_day(review.held_at, zone_of(review.site_id))
    work.tell(
        signals.review_closed,
        ReviewClosed(
            review.id, review.deviation_id, review.coachee_id, review.team_id, review.site_id, held_on, work.at
        ),
    )
    return review


@command(needs=Permission.REVIEW_COACH)
def record_follow_up(work: Work, review_id: UUID) -> CoachingReview:
    """Close the follow-up once every commitment has been looked at; the outcome follows from them."""
    review = _review(work, review_id)
    if review.coach_id != work.actor.person_id or review.state != ReviewState.CLOSED:
        raise NotAllowed("There is no follow-up of yours to record here.")
    states = db.session.execute(
        select(Commitment.state, func.count()).where(Commitment.review_id == review.id).group_by(Commitment.state)
    ).all()
    counted = {state: count for state, count in states if state != CommitmentState.OBSOLETE}
    if CommitmentState.OPEN in counted:
        raise NotAllowed("Look at every commitment first: kept, partly, or not kept.")
    if not counted:
        review.outcome = CommitmentState.OBSOLETE
    elif set(counted) == {CommitmentState.KEPT}:
        review.outcome = CommitmentState.KEPT
    elif set(counted) == {CommitmentState.NOT_KEPT}:
        review.outcome = CommitmentState.NOT_KEPT
    else:
        review.outcome = CommitmentState.PARTLY
    return review


@command(needs=Permission.REVIEW_TAKE_PART)
def report_done(work: Work, commitment_id: UUID, *, review_id: UUID, done_on: date) -> Commitment:
    """Let the operator say that a commitment is done; the coach looks at it."""
    commitment, review = _commitment(work, commitment_id, review_id)
    if review.coachee_id != work.actor.person_id:
        raise NotFound("There is no such commitment of yours.")
    today = local_day(work.at, zone_of(review.site_id))
    if done_on > today:
        raise NotAllowed("A commitment cannot be done in the future.", field="done_on")
    commitment.done_on = done_on
    end_waits(commitment, today)
    return commitment


@command(needs=Permission.REVIEW_COACH)
def verify_commitment(
    work: Work,
    commitment_id: UUID,
    *,
    review_id: UUID,
    state: str,
    done_on: date | None,
    evidence: str,
    evidence_link: str = "",
    note: str = "",
) -> Commitment:
    """Record what became of a commitment and what shows it, in words or as a page of the application.

    Kept needs the day it was done. Whatever it waited on is over with that.
    """
    commitment, review = _commitment(work, commitment_id, review_id)
    if review.coach_id != work.actor.person_id:
        raise NotFound("There is no such commitment of yours.")
    outcome = CommitmentState(state)
    if outcome is CommitmentState.OPEN:
        raise NotAllowed("Say what became of it: kept, partly, not kept, or overtaken.", field="state")
    if outcome is CommitmentState.KEPT and done_on is None and commitment.done_on is None:
        raise NotAllowed("Give the day on which it was done.", field="done_on")
    check_evidence(evidence, evidence_link)
    today = local_day(work.at, zone_of(review.site_id))
    if done_on is not None and done_on > today:
        raise NotAllowed("A commitment cannot be done in the future. Give the day on which it was.", field="done_on")
    commitment.state, commitment.note = outcome, note.strip()
    commitment.evidence, commitment.evidence_link = evidence.strip() or None, evidence_link.strip() or None
    commitment.done_on = done_on or commitment.done_on
    commitment.verified_at = work.at
    end_waits(commitment, today)
    return commitment


def _commitment(work: Work, commitment_id: UUID, review_id: UUID) -> tuple[Commitment, CoachingReview]:
    commitment, review = db.session.get(Commitment, commitment_id), db.session.get(CoachingReview, review_id)
    if (
        commitment is None
        or review is None
        or commitment.review_id != review.id
        or work.actor.person_id not in {review.coach_id, review.coachee_id}
    ):
        raise NotFound("There is no such commitment of yours.")
    if commitment.state == CommitmentState.OBSOLETE:
        raise NotAllowed("This commitment was withdrawn before signing.")
    return commitment, review
