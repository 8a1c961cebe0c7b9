"""What a person may enter about their own times. Pure: texts, days and minutes in, values or a refusal out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise

from coaching.scheduling.rules import Hours, Limits
from lms.refusals import NotAllowed

#: Kinds of a dated entry: away on whole days, taken at some hours, to be met outside one's hours.
LEAVE, OTHER, EXTRA = "leave", "other", "extra"
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*(?:-|–|to)\s*(\d{1,2}):(\d{2})")
_DAY_MINUTES = 24 * 60
#: Entries further away than this are taken for a slip of the keyboard.
FURTHEST = timedelta(days=2 * 366)
LONGEST_ABSENCE = 400
MOST_SPANS = 4


def spans_of(text: str, *, field: str) -> list[tuple[int, int]]:
    """Return the spans of a day's line, such as ``08:00-12:00, 13:00-16:30``, in minutes after midnight; none if empty.

    Raises ``NotAllowed`` for a line that is not understood, spans that overlap, end before they begin, or do not begin and
    end on a quarter of an hour.
    """
    parts = [part.strip() for part in re.split(r"[,;]", text) if part.strip()]
    found: list[tuple[int, int]] = []
    for part in parts:
        match = _SPAN.fullmatch(part)
        if match is None:
            message = f"“{part[:30]}” is not understood. Write it as 08:00-12:00, several with a comma between."
            raise NotAllowed(message, field=field)
        begin_hour, begin_minute, end_hour, end_minute = map(int, match.groups())
        begin, end = begin_hour * 60 + begin_minute, end_hour * 60 + end_minute
        if begin_minute > 59 or end_minute > 59 or end > _DAY_MINUTES or begin >= end:
            message = f"“{part}” is no time of one day: it ends before it begins, or after midnight."
            raise NotAllowed(message, field=field)
        if begin % 15 or end % 15:
            message = f"“{part}”: hours begin and end on a quarter, such as 08:15."
            raise NotAllowed(message, field=field)
        found.append((begin, end))
    found.sort()
    if any(later[0] < earlier[1] for earlier, later in pairwise(found)):
        raise NotAllowed("Two of these spans overlap. Make one of them.", field=field)
    if len(found) > MOST_SPANS:
        raise NotAllowed(f"Give at most {MOST_SPANS} spans a day.", field=field)
    return found


def line_of(spans: Sequence[tuple[int, int]]) -> str:
    """Return a day's spans as its line, the inverse of ``spans_of``."""
    return ", ".join(f"{b // 60:02d}:{b % 60:02d}-{e // 60:02d}:{e % 60:02d}" for b, e in spans)


def check_week(week: Mapping[int, Sequence[tuple[int, int]]]) -> Hours:
    """Return the days of a week that hold a span. Raises ``NotAllowed`` for a week without any: that is an absence."""
    kept = {weekday: tuple(spans) for weekday, spans in week.items() if spans}
    if not kept:
        raise NotAllowed("Give at least one span. If you are away, note an absence instead.", field="day_0")
    return kept


def check_absence(first_day: date, last_day: date, today: date) -> None:
    """Raise ``NotAllowed`` for an absence that is over, ends before it begins, or is longer than 400 days."""
    if last_day < first_day:
        raise NotAllowed("The absence ends before it begins.", field="last_day")
    if last_day < today:
        raise NotAllowed("This absence is over. Only what is to come keeps time free.", field="last_day")
    if (last_day - first_day).days > LONGEST_ABSENCE or first_day - today > FURTHEST:
        raise NotAllowed("That is more than a year long or too far away. Check the years.", field="last_day")


def check_time(day: date, spans: Sequence[tuple[int, int]], today: date) -> None:
    """Raise ``NotAllowed`` for a dated time that is over, too far away or has no span."""
    if day < today:
        raise NotAllowed("This day is over.", field="day")
    if day - today > FURTHEST:
        raise NotAllowed("That is more than two years away. Check the year.", field="day")
    if not spans:
        raise NotAllowed("Give the time, such as 13:00-15:00.", field="hours")


def check_limits(limits: Limits) -> None:
    """Raise ``NotAllowed`` for limits that protect nobody or let nothing happen."""
    if not 15 <= limits.buffer_minutes <= 180:
        raise NotAllowed("Keep between 15 and 180 minutes between two reviews.", field="buffer_minutes")
    if not 1 <= limits.a_day <= 8:
        raise NotAllowed("Take between 1 and 8 reviews a day.", field="a_day")
    if not limits.a_day <= limits.a_week <= 30:
        raise NotAllowed("A week holds at least as many as a day, and 30 at most.", field="a_week")
