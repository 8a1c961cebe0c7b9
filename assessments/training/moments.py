"""Moments as people type them. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from lms.refusals import NotAllowed
from lms.web.times import is_meant

_MONTHS = {month: number for number, month in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
)}  # fmt: skip


def read_moment(text: str, zone: str) -> datetime:
    """Return the moment that a text means at a site, in UTC.

    ``2026-03-14T14:10``, ``2026-03-14 14:10`` and ``14-Mar-2026 14:10`` are the site's own clock; an offset or ``Z`` at the
    end is honoured. A day alone means its noon. A time that a clock change skips means the same moment as the clock
    before it; one that happens twice means the first. Raises ``NotAllowed``.
    """
    cleaned = text.strip()
    named = re.fullmatch(r"(\d{1,2})-([A-Za-z]{3})-(\d{4})(.*)", cleaned)
    if named and named[2].lower() in _MONTHS:
        cleaned = f"{named[3]}-{_MONTHS[named[2].lower()]:02d}-{int(named[1]):02d}{named[4]}"
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", cleaned):
        cleaned += "T12:00"
    try:
        moment = datetime.fromisoformat(cleaned)
    except ValueError:
        raise NotAllowed(
            "This is not a moment. Write it like 2026-03-14 14:10, or 14-Mar-2026 14:10; the site's clock is meant.",
            field="at",
        ) from None
    if not is_meant(moment):
        raise NotAllowed("Look at the year: no moment before 1900 or after 2999 can be meant here.", field="at")
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    return moment.astimezone(UTC)
