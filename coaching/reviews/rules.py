"""What may happen to a review, and when. Pure: states and texts in, nothing or a refusal out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from lms.refusals import NotAllowed

#: At most this many commitments, so that splitting one into five earns nothing.
COMMITMENTS = 3
#: A commitment is due within this many days, the follow-up within this many.
COMMITMENT_DAYS = 30
FOLLOW_UP_DAYS = 60


@dataclass(frozen=True, slots=True)
class Agreed:
    """A commitment as agreed in the review."""

    text: str
    shown_by: str
    due_on: date


def check_commitments(commitments: Sequence[Agreed], *, held_on: date) -> None:
    """Raise ``NotAllowed`` for more than three commitments, an empty one, or one that is due too early or too late."""
    if len(commitments) > COMMITMENTS:
        raise NotAllowed("Agree on three commitments at most.", field="commitments")
    for number, commitment in enumerate(commitments, 1):
        if not commitment.text.strip():
            message = f"Commitment {number} says nothing. Write what will be done, or remove it."
            raise NotAllowed(message, field="commitments")
        if not held_on <= commitment.due_on <= held_on + timedelta(days=COMMITMENT_DAYS):
            message = f"Commitment {number} must be due within {COMMITMENT_DAYS} days of the review."
            raise NotAllowed(message, field="commitments")


def check_follow_up(follow_up_on: date, *, held_on: date) -> None:
    """Raise ``NotAllowed`` for a follow-up before the review or more than 60 days after it."""
    if follow_up_on <= held_on:
        raise NotAllowed("The follow-up date is before the review.", field="follow_up_on")
    if follow_up_on > held_on + timedelta(days=FOLLOW_UP_DAYS):
        message = f"Follow up within {FOLLOW_UP_DAYS} days, while it is still remembered."
        raise NotAllowed(message, field="follow_up_on")


def check_can_hold(*, state: str, own_account: str, coach_account: str) -> None:
    """Raise ``NotAllowed`` unless the review is scheduled and the operator wrote first."""
    if state not in {"accepted", "scheduled", "held"}:
        raise NotAllowed("This review is closed or cancelled.")
    if not own_account.strip():
        raise NotAllowed(
            "The operator writes first. Let them tell what happened, then add what you saw.", field="coach_account"
        )
    if not coach_account.strip():
        raise NotAllowed("Write what you saw and heard.", field="coach_account")


def agreed_text(commitments: Sequence[Agreed], support_owed: str, support_due_on: date | None) -> str:
    """Return the agreement as one text, so that both sign the same words."""
    lines = [
        f"{n}. {c.text.strip()} (shown by: {c.shown_by.strip() or '-'}; due {c.due_on.isoformat()})"
        for n, c in enumerate(commitments, 1)
    ]
    if support_owed.strip():
        due = f" by {support_due_on.isoformat()}" if support_due_on else ""
        lines.append(f"Support owed by the site{due}: {support_owed.strip()}")
    return "\n".join(lines)
