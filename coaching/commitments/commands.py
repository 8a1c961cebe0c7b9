"""Looking at commitments: kept, partly, not kept, or overtaken by events."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from coaching.commitments.models import Commitment, CommitmentState
from coaching.reviews.models import CoachingReview
from lms.extensions import db
from lms.permissions import Permission
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import Work, command


@command(needs=Permission.REVIEW_TAKE_PART)
def report_done(work: Work, commitment_id: UUID, *, review_id: UUID, done_on: date) -> Commitment:
    """Let the operator say that a commitment is done; the coach looks at it."""
    commitment, review = _commitment(work, commitment_id, review_id)
    if review.coachee_id != work.actor.person_id:
        raise NotFound("There is no such commitment of yours.")
    if done_on > work.at.date():
        raise NotAllowed("A commitment cannot be done in the future.", field="done_on")
    commitment.done_on = done_on
    return commitment


@command(needs=Permission.REVIEW_COACH)
def verify_commitment(
    work: Work, commitment_id: UUID, *, review_id: UUID, state: str, done_on: date | None, note: str = ""
) -> Commitment:
    """Record what became of a commitment. Kept needs the day it was done; anything else may carry a note."""
    commitment, review = _commitment(work, commitment_id, review_id)
    if review.coach_id != work.actor.person_id:
        raise NotFound("There is no such commitment of yours.")
    outcome = CommitmentState(state)
    if outcome is CommitmentState.OPEN:
        raise NotAllowed("Say what became of it: kept, partly, not kept, or overtaken.", field="state")
    if outcome is CommitmentState.KEPT and done_on is None and commitment.done_on is None:
        raise NotAllowed("Give the day on which it was done.", field="done_on")
    commitment.state, commitment.note = outcome, note.strip()
    commitment.done_on = done_on or commitment.done_on
    commitment.verified_at = work.at
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
