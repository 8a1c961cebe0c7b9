"""Reading notes. Whoever may not read one does not get it from the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from coaching.notes.models import ReviewNote
from coaching.notes.rules import Readers
from coaching.reviews.models import CoachingReview
from lms.extensions import db
from lms.identity.models import Person
from lms.permissions import Actor
from lms.refusals import NotFound


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A note that its reader may read."""

    id: UUID
    version: int
    readers: str
    text: str
    author_name: str
    is_mine: bool
    written_at: datetime


@dataclass(frozen=True, slots=True)
class Notes:
    """The notes of a review as far as the reader may read them."""

    review_id: UUID
    is_coach: bool
    is_cancelled: bool
    rows: list[NoteRow]


def readable(reader: Actor) -> ColumnElement[bool]:
    """Return the condition that keeps notes to their readers: both people of the review, or the writer alone."""
    return or_(ReviewNote.readers == Readers.SHARED, ReviewNote.author_id == reader.person_id)


def notes_of(reader: Actor, review_id: UUID) -> Notes:
    """Return the notes of a review, oldest first. Raises ``NotFound`` to anybody but its coach and its coachee."""
    review = db.session.execute(
        select(CoachingReview.coach_id, CoachingReview.state).where(
            CoachingReview.id == review_id,
            or_(CoachingReview.coach_id == reader.person_id, CoachingReview.coachee_id == reader.person_id),
        )
    ).first()
    if review is None:
        raise NotFound("There is no such review of yours.")
    statement = (
        select(
            ReviewNote.id,
            ReviewNote.version,
            ReviewNote.readers,
            ReviewNote.text,
            Person.given_name + " " + Person.family_name,
            (ReviewNote.author_id == reader.person_id).label("is_mine"),
            ReviewNote.written_at,
        )
        .join(Person, Person.id == ReviewNote.author_id)
        .where(ReviewNote.review_id == review_id, readable(reader))
        .order_by(ReviewNote.written_at, ReviewNote.id)
    )
    rows = [NoteRow(*row) for row in db.session.execute(statement)]
    return Notes(review_id, review[0] == reader.person_id, review[1] == "cancelled", rows)
