"""When a quarter's answers may be given up. Pure."""

from __future__ import annotations

from enum import StrEnum

from lms.refusals import NotAllowed


class Act(StrEnum):
    """What the custodian did with a key besides registering, releasing and destroying."""

    LOOKED = "looked"
    REHEARSED = "rehearsed"
    GIVEN_UP = "given_up"


class Cause(StrEnum):
    """Why nobody may, or can, open a quarter's answers any more."""

    LOST = "lost"
    FORGOTTEN = "forgotten"
    SEEN = "seen"


def check_can_give_up(quarter: str, *, given_up: bool, destroyed: bool, closed: bool) -> None:
    """Raise ``NotAllowed`` where nothing is sealed to the quarter's key any more.

    ``closed`` says that the survey's database takes no answers of the quarter. A quarter that was given up and is not
    closed is one whose giving up was cut short: it may be given up again.
    """
    if given_up and closed:
        raise NotAllowed(f"The answers of {quarter} were given up already. Nothing of them is left.")
    if destroyed and not given_up:
        raise NotAllowed(f"The key of {quarter} was destroyed already. Nothing is sealed to it any more.")
    if closed:
        raise NotAllowed(
            f"All of {quarter} was released, so nothing is sealed to its key any more. Destroy it after its thirty days."
        )


def check_reason(cause: str, reason: str) -> None:
    """Raise ``NotAllowed`` unless it is said what happened to the key."""
    if cause not in set(Cause):
        raise NotAllowed("Choose what happened to the key.", field="cause")
    if not reason.strip():
        raise NotAllowed("Say what happened and since when: the reason is part of what you sign.", field="reason")
