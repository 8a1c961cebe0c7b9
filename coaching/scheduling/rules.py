"""Common free time of two people in their own zones. Pure: hours and busy times in, slots out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

#: Hours of somebody who has entered none: Monday to Friday, 08:00 to 16:30, minutes after local midnight.
USUAL_HOURS: Mapping[int, tuple[int, int]] = dict.fromkeys(range(5), (8 * 60, 16 * 60 + 30))
#: A review lasts this long, and this much is left around a coach's reviews.
REVIEW_LASTS = timedelta(minutes=45)
BUFFER = timedelta(minutes=15)
#: Slots begin on the quarter hour.
STEP = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Span:
    """A time from a moment until a moment, UTC, open at its end."""

    starts_at: datetime
    ends_at: datetime

    def meets(self, other: Span) -> bool:
        """Whether the two share any time."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(frozen=True, slots=True)
class Diary:
    """When a person works, and what takes their time."""

    zone: str
    hours: Mapping[int, tuple[int, int]]
    busy: Sequence[Span]


def working_spans(diary: Diary, starts_at: datetime, ends_at: datetime) -> Iterator[Span]:
    """Return the working time of a person between two moments, in UTC, right across a change of clocks."""
    zone = ZoneInfo(diary.zone)
    day = starts_at.astimezone(zone).date()
    while day <= ends_at.astimezone(zone).date():
        hours = diary.hours.get(day.weekday())
        if hours is not None:
            first, last = (
                datetime.combine(day, time(minute // 60, minute % 60), zone).astimezone(UTC) for minute in hours
            )
            span = Span(max(first, starts_at), min(last, ends_at))
            if span.starts_at < span.ends_at:
                yield span
        day += timedelta(days=1)


def common_free_slots(
    first: Diary,
    second: Diary,
    *,
    starts_at: datetime,
    ends_at: datetime,
    lasts: timedelta = REVIEW_LASTS,
    limit: int = 40,
) -> list[Span]:
    """Return the slots in which both work and neither is busy, earliest first, none overlapping the next by design of the step."""
    found: list[Span] = []
    theirs = list(working_spans(second, starts_at, ends_at))
    for mine in working_spans(first, starts_at, ends_at):
        for other in theirs:
            begin = _next_step(max(mine.starts_at, other.starts_at))
            last = min(mine.ends_at, other.ends_at)
            while begin + lasts <= last:
                slot = Span(begin, begin + lasts)
                if not any(slot.meets(busy) for busy in (*first.busy, *second.busy)):
                    found.append(slot)
                    if len(found) == limit:
                        return found
                begin += STEP
    return found


def _next_step(moment: datetime) -> datetime:
    seconds = STEP.total_seconds()
    return datetime.fromtimestamp(-(-moment.timestamp() // seconds) * seconds, UTC)


def widened(span: Span, by: timedelta = BUFFER) -> Span:
    """Return the span with a buffer on both sides, for a coach between two reviews."""
    return Span(span.starts_at - by, span.ends_at + by)
