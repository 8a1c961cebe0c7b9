"""What may happen to a review, and when. Pure: states and texts in, nothing or a refusal out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from coaching.barriers.rules import Asked, Kind
from lms.refusals import NotAllowed
from lms.web.times import show_day

#: At most this many commitments, so that splitting one into five earns nothing.
COMMITMENTS = 3
#: A commitment is due within this many days, the follow-up within this many.
COMMITMENT_DAYS = 30
FOLLOW_UP_DAYS = 60
#: What is offered first: a commitment is due, and looked at again, so many days after the review (domain page, coaching).
USUAL_COMMITMENT_DAYS = 14
USUAL_FOLLOW_UP_DAYS = 30
#: Offered first, and at most, when it is declared what would show that a review helped.
USUAL_CLEAN_BATCHES, MOST_CLEAN_BATCHES = 20, 500
USUAL_CLEAN_DAYS, MOST_CLEAN_DAYS = 90, 365


@dataclass(frozen=True, slots=True)
class Agreed:
    """A commitment as agreed in the review."""

    text: str
    shown_by: str
    due_on: date
    #: What it is good for.
    why: str = ""


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


def check_effect(clean_batches: int | None, clean_days: int | None, *, about_deviation: bool) -> None:
    """Raise ``NotAllowed`` for a declaration that could never tell anything, or of a review without a deviation."""
    if clean_batches is None and clean_days is None:
        return
    if not about_deviation:
        message = "Only a review about a deviation can be checked by its not coming back. Leave batches and days empty."
        raise NotAllowed(message, field="clean_batches")
    if clean_batches is not None and not 1 <= clean_batches <= MOST_CLEAN_BATCHES:
        message = f"Give between 1 and {MOST_CLEAN_BATCHES} batches without the same deviation."
        raise NotAllowed(message, field="clean_batches")
    if clean_days is not None and not 1 <= clean_days <= MOST_CLEAN_DAYS:
        message = f"Give between 1 and {MOST_CLEAN_DAYS} days without the same deviation."
        raise NotAllowed(message, field="clean_days")


def agreed_text(
    commitments: Sequence[Agreed], support_owed: str, support_due_on: date | None, asked: Sequence[Asked] = ()
) -> str:
    """Return the agreement as one text, so that both sign the same words."""
    lines = [
        f"{n}. {c.text.strip()}{f' because {c.why.strip()}' if c.why.strip() else ''}"
        f" (shown by: {c.shown_by.strip() or '-'}; due {show_day(c.due_on)})"
        for n, c in enumerate(commitments, 1)
    ]
    owner = next((f", {one.owner_name}" for one in asked if one.kind is Kind.SUPPORT), "")
    if support_owed.strip():
        due = f" by {show_day(support_due_on)}" if support_due_on else ""
        lines.append(f"Support owed by the site{due}{owner}: {support_owed.strip()}")
    lines += [
        f"Asked of the site by {show_day(one.due_on)}, {one.owner_name}: {one.what.strip()}"
        for one in asked
        if one.kind is Kind.BARRIER
    ]
    return "\n".join(lines)
