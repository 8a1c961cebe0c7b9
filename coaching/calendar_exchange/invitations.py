"""Calendar invitations (RFC 5545, iTIP RFC 5546): who, when and where, and never what about. Pure: values in, text out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from coaching.calendar_exchange.zones import Observance, comes_twice, observances

PRODUCT = "-//Candor//Coaching reviews//EN"


@dataclass(frozen=True, slots=True)
class Attendee:
    """A person in the invitation."""

    name: str
    mail: str
    #: Whether the time was chosen by this person, who therefore is not asked again.
    has_agreed: bool = False


def invitation(
    *,
    method: str,
    uid: str,
    sequence: int,
    made_at: datetime,
    starts_at: datetime,
    ends_at: datetime,
    zone: str,
    summary: str,
    place: str,
    link: str,
    organiser: Attendee,
    attendees: tuple[Attendee, ...],
) -> str:
    """Return the calendar text. ``method`` is ``REQUEST`` or ``CANCEL``; a change keeps the UID and raises the SEQUENCE.

    Times are written as the clocks of ``zone`` show them, with what a calendar must know of that zone; in UTC where the
    clocks show one of the two times twice, because programs differ in which of the two they take.
    """
    from icalendar import Calendar, Event  # noqa: PLC0415 - 8 MB that few workers need

    if comes_twice(starts_at, zone) or comes_twice(ends_at, zone):
        zone = "UTC"
    begins, ends = starts_at.astimezone(ZoneInfo(zone)), ends_at.astimezone(ZoneInfo(zone))
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    event = Event()
    event.add("uid", uid)
    event.add("sequence", sequence)
    event.add("dtstamp", made_at)
    event.add("dtstart", begins)
    event.add("dtend", ends)
    event.add("summary", summary)
    event.add("status", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    event.add("transp", "OPAQUE")
    if place:
        event.add("location", place)
    event.add("description", link)
    event.add("url", link)
    event.add("organizer", _address(organiser))
    for attendee in attendees:
        event.add("attendee", _asked(attendee, cancelled=method == "CANCEL"), encode=False)
    calendar.add_component(event)
    text: str = calendar.to_ical().decode()
    if zone == "UTC":
        return text
    # a component follows the properties of the calendar, so the first one begins here
    return text.replace("BEGIN:VEVENT", _time_zone(zone, begins.year, ends.year) + "BEGIN:VEVENT", 1)


@lru_cache(256)
def _time_zone(zone: str, first_year: int, last_year: int) -> str:
    """Return what a calendar must know of a zone in some years: the same in every invitation."""
    text: str = _described(zone, observances(zone, first_year, last_year)).to_ical().decode()
    return text


def _described(zone: str, known: tuple[Observance, ...]) -> Any:  # noqa: ANN401 - icalendar is loaded inside
    from icalendar import Timezone, TimezoneDaylight, TimezoneStandard  # noqa: PLC0415 - as above

    described = Timezone()
    described.add("tzid", zone)
    described.add("x-lic-location", zone)
    for observance in known:
        part = TimezoneDaylight() if observance.is_summer else TimezoneStandard()
        part.add("dtstart", observance.begins)
        part.add("tzoffsetfrom", observance.before)
        part.add("tzoffsetto", observance.after)
        part.add("tzname", observance.name)
        if observance.yearly is not None:
            month, number, weekday = observance.yearly
            part.add("rrule", {"FREQ": "YEARLY", "BYMONTH": month, "BYDAY": f"{number}{weekday}"})
        described.add_component(part)
    return described


def _asked(attendee: Attendee, *, cancelled: bool) -> Any:  # noqa: ANN401 - icalendar is loaded inside
    from icalendar import vText  # noqa: PLC0415 - as above

    address = _address(attendee)
    address.params["CUTYPE"] = vText("INDIVIDUAL")
    address.params["ROLE"] = vText("REQ-PARTICIPANT")
    address.params["PARTSTAT"] = vText("ACCEPTED" if attendee.has_agreed else "NEEDS-ACTION")
    address.params["RSVP"] = vText("FALSE" if attendee.has_agreed or cancelled else "TRUE")
    return address


def _address(attendee: Attendee) -> Any:  # noqa: ANN401 - icalendar is loaded inside
    from icalendar import vCalAddress, vText  # noqa: PLC0415 - as above

    address = vCalAddress(f"mailto:{parseaddr(attendee.mail)[1]}")
    address.params["CN"] = vText(attendee.name)
    return address
