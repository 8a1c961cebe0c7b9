"""When the words of a pack may be taken, approved and put in force. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from coaching.surveys.instrument import Instrument, Series
from lms.refusals import NotAllowed

#: A reference names who allowed what and when; fewer characters cannot.
SHORTEST_REFERENCE: Final = 10


def lines_of(text: str) -> tuple[str, ...]:
    """Return the lines of a pasted text that say something, each without the blanks around it."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def check_words(
    pack: Instrument, *, texts: Sequence[str], anchors: Sequence[str], preface: str, permission_ref: str
) -> None:
    """Raise ``NotAllowed`` unless there is one text for each slot, one anchor for each point, and a permission."""
    if pack.has_words:
        message = f"{pack.name} brings its own words; they are never changed."
        raise NotAllowed(message)
    if len(texts) != len(pack.items) or len(set(texts)) != len(texts):
        message = f"Paste {len(pack.items)} different statements, one a line, in the order of the source."
        raise NotAllowed(message, field="texts")
    if len(anchors) != pack.range + 1 or len(set(anchors)) != len(anchors):
        message = f"Paste {pack.range + 1} different anchors, one a line, from {pack.low} to {pack.high}."
        raise NotAllowed(message, field="anchors")
    if not preface.strip():
        raise NotAllowed("Write what stands before the first statement.", field="preface")
    if len(permission_ref.strip()) < SHORTEST_REFERENCE:
        raise NotAllowed(
            "Say who allowed the use of these words, when, and where that is filed.", field="permission_ref"
        )


def check_approval(*, entered_by: UUID, approver: UUID | None) -> None:
    """Raise ``NotAllowed`` if the same person pasted and approves."""
    if approver is None or entered_by == approver:
        raise NotAllowed("Whoever pasted the words cannot approve them. Ask a second person to compare them.")


def check_in_force(instrument: Instrument, *, worded: bool, now_in_force: int, reason: str) -> None:
    """Raise ``NotAllowed`` unless this is a full set with words, not in force yet, and somebody says why."""
    if instrument.series is not Series.FULL:
        raise NotAllowed("A pulse is asked between two full sets; it is never asked in their place.")
    if not worded:
        message = f"{instrument.name} has no approved words yet. Paste them, and let a second person approve them."
        raise NotAllowed(message)
    if instrument.code == now_in_force:
        message = f"{instrument.name} is in force already."
        raise NotAllowed(message)
    if not reason.strip():
        raise NotAllowed("Say why the series before it ends.", field="reason")
