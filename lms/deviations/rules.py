"""Rules of deviations: states, clocks, numbers, and when one is the same as an earlier one. Values in, values out."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

from lms.refusals import NotAllowed

#: Site, process step, category, root cause class. Who did it is never part of it.
RecurrenceKey = tuple[UUID, str, str, str]

R1 = "R1"
#: Raised whenever the meaning of R1 changes, so that a stored match says which rule found it.
R1_VERSION = 1
#: Days after the earlier occurrence within which a match counts.
R1_WINDOW_DAYS = 365
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


class Decision(StrEnum):
    """What became of a match that the rule proposed."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    OVERRULED = "overruled"
    #: The deviation was classified anew and no longer matches an earlier one.
    WITHDRAWN = "withdrawn"


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


def number_of(site_code: str, year: int, count: int) -> str:
    """Return the record number, such as ``LYO-DEV-2026-0042``."""
    return f"{site_code}-DEV-{year}-{count:04d}"


def title_of(description: str) -> str:
    """Return the first sentence of a story, shortened at a word to at most 120 characters."""
    first = re.split(r"(?<=[.!?])\s|\n", description.strip(), maxsplit=1)[0].strip()
    if len(first) <= TITLE_LENGTH:
        return first.removesuffix(".")
    return first[:TITLE_LENGTH].rsplit(" ", 1)[0].rstrip(",;:") + " …"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """What the recurrence rule may look at. There is no person in it."""

    id: UUID
    site_id: UUID
    process_step: str
    category: str
    root_cause_class: str
    occurred_at: datetime

    @property
    def key(self) -> RecurrenceKey:
        """What must be equal for two of them to be the same again."""
        return (self.site_id, self.process_step, self.category, self.root_cause_class)


@dataclass(frozen=True, slots=True)
class Match:
    """A later occurrence and the nearest earlier one that it repeats."""

    later_id: UUID
    earlier_id: UUID
    days_between: int


def days_between(earlier: datetime, later: datetime, zone: str) -> int:
    """Return the calendar days between two moments at a site, so that a clock change moves nothing over the limit."""
    place = ZoneInfo(zone)
    return (later.astimezone(place).date() - earlier.astimezone(place).date()).days


def repeats(later: Occurrence, earlier: Occurrence, zone: str, window_days: int = R1_WINDOW_DAYS) -> int | None:
    """Return the days between if the later one repeats the earlier one under R1, else None.

    R1: same site, process step, category and root cause class, occurred after the earlier one and at most
    ``window_days`` days after it *occurred*. An incomplete classification matches nothing.
    """
    if later.key != earlier.key or not all(later.key) or earlier.occurred_at >= later.occurred_at:
        return None
    days = days_between(earlier.occurred_at, later.occurred_at, zone)
    return days if days <= window_days else None


def find_recurrences(
    occurrences: Iterable[Occurrence], zones: Mapping[UUID, str], window_days: int = R1_WINDOW_DAYS
) -> list[Match]:
    """Return for each occurrence the nearest earlier one that it repeats. ``zones`` gives each site's IANA zone."""
    by_key: defaultdict[RecurrenceKey, list[Occurrence]] = defaultdict(list)
    for occurrence in occurrences:
        by_key[occurrence.key].append(occurrence)
    found: list[Match] = []
    for same in by_key.values():
        same.sort(key=lambda o: (o.occurred_at, o.id))
        nearest: Occurrence | None = None  # the last one strictly before the moment of the present one
        for before, later in pairwise(same):
            if before.occurred_at < later.occurred_at:
                nearest = before
            days = None if nearest is None else repeats(later, nearest, zones[later.site_id], window_days)
            if nearest is not None and days is not None:
                found.append(Match(later.id, nearest.id, days))
    return found
