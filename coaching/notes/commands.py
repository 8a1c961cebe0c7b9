"""Writing notes of a review, and putting one's own right."""

from __future__ import annotations

from uuid import UUID

from coaching.notes.models import ReviewNote
from coaching.notes.rules import check_note
from coaching.reviews.models import CoachingReview, ReviewState
from lms.extensions import db
from lms.permissions import Permission
from lms.refusals import NotFound, StaleForm
from lms.unit_of_work import Work, command


@command(needs=Permission.HOME_SEE)
def write_note(work: Work, review_id: UUID, *, text: str, readers: str) -> ReviewNote:
    """Write a note of one's own review, for both people or for oneself alone. Who reads it stays so for good."""
    review = db.session.get(CoachingReview, review_id)
    if review is None or work.actor.person_id not in {review.coach_id, review.coachee_id}:
        raise NotFound("There is no such review of yours.")
    is_coach = work.actor.person_id == review.coach_id
    check_note(text, readers, is_coach=is_coach, is_cancelled=review.state == ReviewState.CANCELLED)
    note = ReviewNote(
        review_id=review.id,
        site_id=review.site_id,
        author_id=work.actor.person_id,
        readers=readers,
        text=text.strip(),
        written_at=work.at,
    )
    work.add(note)
    return note


@command(needs=Permission.HOME_SEE)
def rewrite_note(work: Work, note_id: UUID, *, version: int, text: str) -> ReviewNote:
    """Put the text of one's own note right. Its readers stay who they were."""
    note = db.session.get(ReviewNote, note_id)
    if note is None or note.author_id != work.actor.person_id:
        raise NotFound("There is no such note of yours.")
    if note.version != version:
        raise StaleForm("This note was changed in another window. Compare and send again.")
    review = db.session.get_one(CoachingReview, note.review_id)
    is_coach = work.actor.person_id == review.coach_id
    check_note(text, note.readers, is_coach=is_coach, is_cancelled=review.state == ReviewState.CANCELLED)
    note.text = text.strip()
    return note
