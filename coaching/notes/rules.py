"""Who reads a note of a review. Fixed before the review is booked, kept on each note, and never changed. Pure."""

from __future__ import annotations

from enum import StrEnum

from lms.refusals import NotAllowed

LONGEST = 4000


class Readers(StrEnum):
    """Who reads a note."""

    #: Coach and coachee.
    SHARED = "shared"
    #: Only the coach who wrote it.
    COACH = "coach"
    #: Only the operator who wrote it.
    OWN = "own"


def choices_of(*, is_coach: bool) -> tuple[Readers, ...]:
    """Return for whom somebody may write a note: for both, or for themself alone."""
    return (Readers.SHARED, Readers.COACH if is_coach else Readers.OWN)


def check_note(text: str, readers: str, *, is_coach: bool, is_cancelled: bool) -> None:
    """Raise ``NotAllowed`` for an empty note, one of a cancelled review, or one for readers that its writer has not."""
    if is_cancelled:
        raise NotAllowed("This review was cancelled; nothing is written to it any more.", field="text")
    if not text.strip():
        raise NotAllowed("Write the note first.", field="text")
    if readers not in choices_of(is_coach=is_coach):
        raise NotAllowed("Choose who reads it: both of you, or yourself alone.", field="readers")
