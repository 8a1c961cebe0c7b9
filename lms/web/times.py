"""Days and moments as people read them: ``22-Nov-2026`` and ``22-Nov-2026 14:05 CET``, English months on purpose.

Locale patterns give three spellings of the same month in three languages; a record must read alike everywhere.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from zoneinfo import ZoneInfo

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@cache
def _held(zone: str) -> ZoneInfo:
    """Hold a zone: Python itself holds eight, and would read the files of a network with more again and again."""
    return ZoneInfo(zone)


def show_day(day: date) -> str:
    """Return ``22-Nov-2026``."""
    return f"{day.day:02d}-{_MONTHS[day.month - 1]}-{day.year}"


def show_moment(at: datetime, zone: str) -> str:
    """Return ``22-Nov-2026 14:05 CET`` in an IANA zone; a zone without letters shows its offset from UTC."""
    local = at.astimezone(_held(zone))
    name = local.tzname() or ""
    if not name.isalpha():
        offset = local.strftime("%z")
        name = f"UTC{offset[:3]}:{offset[3:]}"
    return f"{show_day(local.date())} {local:%H:%M} {name}"


def show_month(day: date) -> str:
    """Return ``Nov 2026``."""
    return f"{_MONTHS[day.month - 1]} {day.year}"


def is_meant(day: date) -> bool:
    """Whether somebody can mean this day. At the calendar's very ends a day has no moment at which it begins or is over."""
    return 1900 <= day.year < 3000


def local_day(at: datetime, zone: str) -> date:
    """Return the calendar day of a moment at a site."""
    return at.astimezone(_held(zone)).date()


def start_of_day(day: date, zone: str) -> datetime:
    """Return the first moment of a site's day, in UTC. On a day whose midnight does not exist, the moment the day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=_held(zone)).astimezone(UTC)
