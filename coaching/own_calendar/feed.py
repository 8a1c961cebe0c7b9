"""The text of a calendar feed (RFC 5545, RFC 7986): own appointments as “Coaching review”, and nothing more. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from coaching.calendar_exchange.invitations import PRODUCT
from coaching.own_calendar.rules import Shown


def feed_text(rows: Iterable[Shown], *, made_at: datetime, name: str, summary: str, base_url: str) -> bytes:
    """Return the calendar. Times are in UTC; what was cancelled says so instead of going missing."""
    from icalendar import Calendar, Event  # noqa: PLC0415 - 8 MB that few workers need

    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    for row in rows:
        event = Event()
        event.add("uid", row.uid)
        event.add("sequence", row.sequence)
        event.add("dtstamp", made_at)
        event.add("dtstart", row.starts_at)
        event.add("dtend", row.ends_at)
        event.add("summary", summary)
        event.add("status", "CANCELLED" if row.is_cancelled else "CONFIRMED")
        event.add("transp", "TRANSPARENT" if row.is_cancelled else "OPAQUE")
        event.add("url", f"{base_url}{row.target}")
        calendar.add_component(event)
    text: bytes = calendar.to_ical()
    return text
