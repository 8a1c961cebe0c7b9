"""Keeping what is being typed, so that nothing is lost with a session, a battery or a connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from coaching.reviews.models import CoachingReview, ReviewState
from coaching.workspace.models import ReviewDraft
from coaching.workspace.rules import kept_fields
from lms.extensions import db
from lms.permissions import Permission
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import Work, command


@dataclass(frozen=True, slots=True)
class Kept:
    """What the server holds after a save: the newest sequence and when it came in."""

    sequence: int
    saved_at: datetime


@command(needs=Permission.HOME_SEE)
def keep_draft(work: Work, review_id: UUID, *, content: Mapping[str, str], sequence: int) -> Kept:
    """Keep what one side is writing. A draft that comes in late, after a newer one, changes nothing; the trail stays silent.

    Raises ``NotAllowed`` once the review is signed by the operator, closed or cancelled.
    """
    review = _own(work, review_id)
    if review.state in {ReviewState.CLOSED, ReviewState.CANCELLED}:
        raise NotAllowed("This review is closed; what you type is not kept any more.")
    draft = _draft(work, review_id)
    if draft is None:
        draft = ReviewDraft(review_id=review_id, person_id=work.actor.person_id, sequence=-1)
        work.add(draft)
    if sequence > draft.sequence:
        draft.content = kept_fields(content, is_coach=review.coach_id == work.actor.person_id)
        draft.sequence, draft.saved_at = sequence, work.at
    return Kept(draft.sequence, draft.saved_at)


@command(needs=Permission.HOME_SEE)
def drop_draft(work: Work, review_id: UUID) -> None:
    """Forget the draft of one's own side: it was saved, or is not wanted."""
    _own(work, review_id)
    draft = _draft(work, review_id)
    if draft is not None:
        db.session.delete(draft)


def _own(work: Work, review_id: UUID) -> CoachingReview:
    review = db.session.get(CoachingReview, review_id)
    if review is None or work.actor.person_id not in {review.coach_id, review.coachee_id}:
        raise NotFound("There is no such review of yours.")
    return review


def _draft(work: Work, review_id: UUID) -> ReviewDraft | None:
    return db.session.scalar(
        select(ReviewDraft)
        .where(ReviewDraft.review_id == review_id, ReviewDraft.person_id == work.actor.person_id)
        .with_for_update()
    )
