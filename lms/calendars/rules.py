"""Rules of site calendars: which days may be noted, and how a file of them is read. Values in, values out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from lms.calendar_files.expanding import Window, occurrences
from lms.calendar_files.reading import read_calendar
from lms.refusals import NotAllowed

#: Days further away than this are taken for a slip of the keyboard.
FURTHEST = timedelta(days=5 * 366)
LONGEST_NAME = 80
#: Years of which holidays are taken from a calendar file, this one included.
YEARS = 3


def check_holiday(day: date, name: str, today: date) -> None:
    """Raise ``NotAllowed`` for a day far away or a holiday without a name."""
    if abs(day - today) > FURTHEST:
        message = f"{day.isoformat()} is more than five years away. Check the year."
        raise NotAllowed(message, field="day")
    if not name.strip() or len(name.strip()) > LONGEST_NAME:
        raise NotAllowed("Give the holiday's name in at most 80 characters.", field="name")


def holidays_of(columns: Sequence[str], lines: Iterable[tuple[int, Sequence[str]]], today: date) -> dict[date, str]:
    """Return the holidays of a table with the columns ``day`` and ``name``, from lines with their numbers.

    Raises ``NotAllowed`` naming the first line that is not understood: half a calendar would be worse than none.
    """
    named = [column.strip().casefold() for column in columns]
    if "day" not in named or "name" not in named:
        raise NotAllowed("The file needs the columns “day” and “name” in its first line.", field="file")
    found: dict[date, str] = {}
    for number, cells in lines:
        text, name = cells[named.index("day")].strip(), cells[named.index("name")].strip()
        try:
            day = date.fromisoformat(text)
            check_holiday(day, name, today)
        except ValueError:
            message = f"Line {number}: “{text[:40]}” is no day. Write it as 2026-12-25."
            raise NotAllowed(message, field="file") from None
        except NotAllowed as refusal:
            message = f"Line {number}: {refusal}"
            raise NotAllowed(message, field="file") from None
        found[day] = name
    return found


@dataclass(frozen=True, slots=True)
class Found:
    """What a calendar file says of holidays: the days with their names, and a sentence for each entry that is none."""

    holidays: dict[date, str]
    sentences: list[str]


def is_calendar(data: bytes) -> bool:
    """Whether a file is a calendar and not a table."""
    return data.lstrip(b"\xef\xbb\xbf \r\n").upper().startswith(b"BEGIN:V")


def holidays_in(data: bytes, zone: str, today: date) -> Found:
    """Return the whole days of a calendar file (RFC 5545) in this year and the two after it, with their titles.

    What is given in hours is no holiday. Two holidays of one day are one, with both names. Raises ``NotAllowed`` for what
    is no calendar file.
    """
    first, end = date(today.year, 1, 1), date(today.year + YEARS, 1, 1)
    read = read_calendar(data, zone)
    # a day wider on both sides: the days of the site begin before or after those of UTC
    window = Window(_midnight(first) - timedelta(days=1), _midnight(end) + timedelta(days=1))
    found, refused = occurrences(read.entries, zone, window)
    wrong = {one.number: one.sentence for one in (*read.refused, *refused)}
    names: dict[date, list[str]] = {}
    for one in found:
        if one.first_day is None or one.end_day is None:
            wrong[one.entry.number] = "It is given in hours, so it is no holiday."
        elif not one.entry.summary:
            wrong[one.entry.number] = "It has no title."
        else:
            days = [one.first_day + timedelta(days=n) for n in range((one.end_day - one.first_day).days)]
            for day in days:
                if first <= day < end and one.entry.summary not in names.setdefault(day, []):
                    names[day].append(one.entry.summary)
    holidays = {day: " / ".join(words)[:LONGEST_NAME] for day, words in sorted(names.items()) if words}
    return Found(holidays, [f"Entry {number}: {sentence}" for number, sentence in sorted(wrong.items())])


def as_text(holidays: dict[date, str]) -> str:
    """Return the holidays as the text that a page carries until they are confirmed."""
    return json.dumps([[day.isoformat(), name] for day, name in holidays.items()])


def confirmed(text: str, today: date) -> dict[date, str]:
    """Return the holidays of a page's text, judged as those of a file are. Raises ``NotAllowed``."""
    try:
        lines = [(number, (str(day), str(name))) for number, (day, name) in enumerate(json.loads(text), 1)]
    except (TypeError, ValueError):
        raise NotAllowed("The list of days is not understood. Choose the file again.", field="file") from None
    return holidays_of(("day", "name"), lines, today)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
