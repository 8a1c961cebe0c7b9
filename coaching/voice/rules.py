"""When a wave may open, and what a note about the last one must say. Pure.

A wave is a calendar quarter. What was published before it began has to be answered first: domain.md §5.3 counts silence
after a survey as the main reason why people stop answering.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from lms.refusals import NotAllowed

#: A sentence, not a word.
SHORTEST: Final = 15
LONGEST: Final = 600


@dataclass(frozen=True, slots=True)
class Wave:
    """A wave of one site as the rule looks at it."""

    quarter: str
    released_on: date
    answered: bool


def owed(waves: Iterable[Wave], *, opens: date) -> str | None:
    """Return the oldest wave that must be answered before a wave that opens on a day, or None.

    Only what was released before that day counts: a wave that runs is never interrupted by the release of the last one.
    """
    return min((wave.quarter for wave in waves if not wave.answered and wave.released_on < opens), default=None)


def check_note(*, said: str, did: str, due_on: date, today: date) -> None:
    """Raise ``NotAllowed`` for a note that says nothing, too much, or is due in the past."""
    for field, text, ask in (
        ("said", said, "Say in a sentence what your teams said, as you read the figures."),
        ("did", did, "Say in a sentence what you did about it, or what you will do."),
    ):
        if len(text.strip()) < SHORTEST:
            raise NotAllowed(ask, field=field)
        if len(text.strip()) > LONGEST:
            message = f"Keep it below {LONGEST} characters: it stands on the sheet of everybody who is asked."
            raise NotAllowed(message, field=field)
    if due_on < today:
        raise NotAllowed("This day is over. Give the day by which it is done, today at the earliest.", field="due_on")


def check_switch(*, is_on: bool, wanted: bool, reason: str) -> None:
    """Raise ``NotAllowed`` if the survey stands so already, or nobody says why."""
    if is_on is wanted:
        raise NotAllowed(f"The survey is {'on' if is_on else 'off'} at this site already.")
    if len(reason.strip()) < SHORTEST:
        raise NotAllowed("Say why in a sentence: everybody at the site can read it.", field="reason")
