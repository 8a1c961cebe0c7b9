"""Rules of site calendars: which days may be noted, and how a file of them is read. Values in, values out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from lms.refusals import NotAllowed

#: Days further away than this are taken for a slip of the keyboard.
FURTHEST = timedelta(days=5 * 366)
LONGEST_NAME = 80


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
