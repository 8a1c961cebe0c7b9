"""Rules of the calendar feed: what an appointment shows in it, and when its text is another."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

#: Appointments that are over stay in the feed this long.
KEPT = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Shown:
    """All that the feed knows of an appointment: no name, no topic, no place."""

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    is_cancelled: bool
    #: Path of its page, which asks to sign in.
    target: str


def hash_of(secret: str) -> str:
    """Return the digest that a secret is kept by."""
    return hashlib.sha256(secret.encode()).hexdigest()


def tag_of(rows: Sequence[Shown]) -> str:
    """Return the entity tag: the same as long as the same is shown."""
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:32]


def has_left(left_on: date | None, today: date) -> bool:
    """Whether somebody does not work here any more."""
    return left_on is not None and left_on <= today
