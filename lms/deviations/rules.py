"""Rules of deviations: states, clocks, numbers. Values in, values out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from lms.refusals import NotAllowed

#: QA classifies within this many working days.
TRIAGE_WORKING_DAYS = 1
#: The reporter hears from QA within this many working days.
ANSWER_WORKING_DAYS = 2
LATE_AFTER = timedelta(hours=24)
TITLE_LENGTH = 120


class State(StrEnum):
    """Where a deviation stands."""

    REPORTED = "reported"
    TRIAGED = "triaged"
    CLOSED = "closed"
    REJECTED_DUPLICATE = "rejected_duplicate"


#: State -> states that may follow.
FOLLOWING: Mapping[str, frozenset[State]] = {
    State.REPORTED: frozenset({State.TRIAGED, State.REJECTED_DUPLICATE}),
    State.TRIAGED: frozenset({State.TRIAGED, State.CLOSED, State.REJECTED_DUPLICATE}),
    State.CLOSED: frozenset(),
    State.REJECTED_DUPLICATE: frozenset(),
}
#: States in which a deviation is classified and so can match.
CLASSIFIED = frozenset({State.TRIAGED, State.CLOSED})


def check_may_become(number: str, state: str, following: State) -> None:
    """Raise ``NotAllowed`` if a deviation in that state may not go to the other."""
    if following not in FOLLOWING[state]:
        words = {
            State.REPORTED: "not yet triaged: triage it first",
            State.TRIAGED: "triaged already",
            State.CLOSED: "closed: raise a new one and name this one in it",
            State.REJECTED_DUPLICATE: "recorded already under another number: work on that one",
        }
        raise NotAllowed(f"{number} is {words[State(state)]}.")


def check_times(occurred_at: datetime, recorded_at: datetime, late_reason: str) -> None:
    """Raise ``NotAllowed`` for a time in the future, or for a late entry without a reason (ALCOA+: contemporaneous)."""
    if occurred_at > recorded_at:
        raise NotAllowed("The time lies in the future. Give the time at which it happened.", field="occurred_at")
    if is_late(occurred_at, recorded_at) and not late_reason.strip():
        raise NotAllowed(
            "This happened more than 24 hours ago. Say in a few words why it is recorded only now.", field="late_reason"
        )


def is_late(occurred_at: datetime, recorded_at: datetime) -> bool:
    """Whether an entry was made more than 24 hours after the event."""
    return recorded_at - occurred_at > LATE_AFTER


def working_days_later(start: datetime, days: int, zone: str) -> datetime:
    """Return the moment that many working days (Monday to Friday) later, at the same clock time in the site's zone.

    What starts on a weekend starts to count at the first moment of Monday.
    """
    place = ZoneInfo(zone)
    local = start.astimezone(place)
    day, clock = local.date(), local.time()
    if day.weekday() >= 5:
        day, clock = _next_working_day(day), time()
    for _ in range(days):
        day = _next_working_day(day)
    return datetime.combine(day, clock, place).astimezone(UTC)


def _next_working_day(day: date) -> date:
    day += timedelta(days=1)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return day


def number_of(site_code: str, series: str, year: int, count: int) -> str:
    """Return the record number, such as ``LYO-DEV-2026-0042``."""
    return f"{site_code}-{series}-{year}-{count:04d}"


def title_of(description: str) -> str:
    """Return the first sentence of a story, shortened at a word to at most 120 characters."""
    first = re.split(r"(?<=[.!?])\s|\n", description.strip(), maxsplit=1)[0].strip()
    if len(first) <= TITLE_LENGTH:
        return first.removesuffix(".")
    return first[:TITLE_LENGTH].rsplit(" ", 1)[0].rstrip(",;:") + " …"
