"""What the site is asked for in a review, and what becomes of it. Pure: values in, nothing or a refusal out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from lms.refusals import NotAllowed

#: At most so many barriers of one review, so that each of them is taken seriously.
BARRIERS = 3
#: Days within which a system action is due, first offered and at most.
DUE_DAYS = 14
LONGEST_DAYS = 90


class Kind(StrEnum):
    """What a system action is: a barrier that is to go, or support that the site owes."""

    BARRIER = "barrier"
    SUPPORT = "support"


class State(StrEnum):
    """How far a system action is."""

    OPEN = "open"
    DONE = "done"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Asked:
    """Something the site is asked for, with who at the site sees to it and by when."""

    kind: Kind
    what: str
    owner_id: UUID
    owner_name: str
    due_on: date

    def kept(self) -> dict[str, str]:
        """Return it as it is kept on the review until both have signed."""
        return {
            "kind": self.kind,
            "what": self.what.strip(),
            "owner": str(self.owner_id),
            "owner_name": self.owner_name,
            "due": self.due_on.isoformat(),
        }

    @classmethod
    def read(cls, kept: dict[str, str]) -> Asked:
        """Return what ``kept`` made."""
        due = date.fromisoformat(kept["due"])
        return cls(Kind(kept["kind"]), kept["what"], UUID(kept["owner"]), kept["owner_name"], due)


def check_asked(asked: Sequence[Asked], *, held_on: date, coachee_id: UUID) -> None:
    """Raise ``NotAllowed`` for too many barriers, an empty one, one without time, or one that the operator is to own."""
    if sum(one.kind is Kind.BARRIER for one in asked) > BARRIERS:
        message = f"Name the {BARRIERS} barriers that matter most; the next review has room for more."
        raise NotAllowed(message, field="barriers")
    for one in asked:
        field = "barriers" if one.kind is Kind.BARRIER else "support_owner"
        if not one.what.strip():
            raise NotAllowed("A barrier says nothing. Write what is to change at the site, or remove it.", field=field)
        if one.owner_id == coachee_id:
            message = (
                "A barrier is owned by somebody who can change the system, never by the operator. Choose another owner."
            )
            raise NotAllowed(message, field=field)
        if not held_on <= one.due_on <= held_on + timedelta(days=LONGEST_DAYS):
            message = f"“{one.what.strip()[:60]}” must be due within {LONGEST_DAYS} days of the review."
            raise NotAllowed(message, field=field)


def check_is_open(number: str, state: str) -> None:
    """Raise ``NotAllowed`` for a system action that was answered already."""
    if state != State.OPEN:
        message = f"{number} was answered already; its answer stays on record."
        raise NotAllowed(message)


def check_done(done_on: date, *, opened_on: date, today: date, evidence: str) -> None:
    """Raise ``NotAllowed`` for a day that lies before the action or ahead, or without anything that shows it."""
    if done_on < opened_on:
        raise NotAllowed("This day is before the action was opened. Check it.", field="done_on")
    if done_on > today:
        raise NotAllowed("An action cannot be done in the future. Give the day on which it was.", field="done_on")
    if not evidence.strip():
        raise NotAllowed("Say what shows that it is done: the two who asked for it read it.", field="evidence")
