"""Calendar invitations (RFC 5545, iTIP RFC 5546): who, when and where, and never what about. Pure: values in, text out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Attendee:
    """A person in the invitation."""

    name: str
    mail: str


def invitation(
    *,
    method: str,
    uid: str,
    sequence: int,
    made_at: datetime,
    starts_at: datetime,
    ends_at: datetime,
    summary: str,
    place: str,
    link: str,
    organiser: Attendee,
    attendees: tuple[Attendee, ...],
) -> str:
    """Return the calendar text. ``method`` is ``REQUEST`` or ``CANCEL``; a change keeps the UID and raises the SEQUENCE."""
    from icalendar import Calendar, Event, vText  # noqa: PLC0415 - 8 MB that few workers need

    calendar = Calendar()
    calendar.add("prodid", "-//Candor//Coaching reviews//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    event = Event()
    event.add("uid", uid)
    event.add("sequence", sequence)
    event.add("dtstamp", made_at)
    event.add("dtstart", starts_at)
    event.add("dtend", ends_at)
    event.add("summary", summary)
    event.add("status", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    if place:
        event.add("location", place)
    event.add("description", link)
    event.add("organizer", _address(organiser))
    for attendee in attendees:
        address = _address(attendee)
        address.params["ROLE"] = vText("REQ-PARTICIPANT")
        address.params["RSVP"] = vText("TRUE")
        event.add("attendee", address, encode=False)
    calendar.add_component(event)
    text: bytes = calendar.to_ical()
    return text.decode()


def _address(attendee: Attendee) -> Any:  # noqa: ANN401 - icalendar is loaded inside
    from icalendar import vCalAddress, vText  # noqa: PLC0415 - as above

    address = vCalAddress(f"mailto:{attendee.mail}")
    address.params["CN"] = vText(attendee.name)
    return address
