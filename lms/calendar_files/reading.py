"""Reading calendar files (RFC 5545) as other programs write them: each entry, or the sentence why it is not taken. Pure.

A file of any size from anybody may come in, so everything is bounded: bytes, components, repetitions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from lms.calendar_files.parsing import calendars_of
from lms.refusals import NotAllowed

LARGEST = 5 * 1024 * 1024
MOST_ENTRIES = 5000
_FOLD = re.compile(rb"\r?\n[ \t]")
_NEEDED = frozenset({"DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"})

Day = date | datetime


@dataclass(frozen=True, slots=True)
class Period:
    """A time or a day of an entry, as it stands in the file: days without a zone, times aware."""

    starts: Day
    #: None: as long as the entry itself.
    ends: Day | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of a file. Where it stands in the file is how a sentence names it: its title is nobody's business."""

    number: int
    uid: str
    starts: Day
    ends: Day
    #: The title, for files whose titles are meant to be read (holidays); never kept of anybody's own calendar.
    summary: str = ""
    #: Whether it takes its owner's time.
    takes_time: bool = True
    is_cancelled: bool = False
    #: The occurrence of the entry of the same UID that this one stands for.
    instead_of: Day | None = None
    and_following: bool = False
    rule: str = ""
    until: Day | None = None
    more: tuple[Period, ...] = ()
    but_not: tuple[Day, ...] = ()

    @property
    def is_whole_day(self) -> bool:
        """Whether it is given in days, not in hours."""
        return not isinstance(self.starts, datetime)


@dataclass(frozen=True, slots=True)
class Refused:
    """What of a file is not taken, by its place in it, and why."""

    number: int
    sentence: str


@dataclass(slots=True)
class CalendarFile:
    """What stands in a file."""

    entries: list[Entry] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


def read_calendar(data: bytes, zone: str) -> CalendarFile:
    """Return the entries of a file; times without a zone are meant where its reader is (``zone``).

    Raises ``NotAllowed`` for what is no calendar file, or too large for one.
    """
    if len(data) > LARGEST:
        message = f"This file is larger than {LARGEST // 1024 // 1024} MB. Export a shorter time from your calendar."
        raise NotAllowed(message, field="file")
    # an event alone, as some programs hand it over, is read as well
    if not any(begin in data.upper() for begin in (b"BEGIN:VCALENDAR", b"BEGIN:VEVENT")):
        message = "This is no calendar file: it has no line “BEGIN:VCALENDAR”. Export your calendar as .ics."
        raise NotAllowed(message, field="file")
    if data.upper().count(b"BEGIN:") > MOST_ENTRIES * 4:
        message = f"This file has more than {MOST_ENTRIES} entries. Export a shorter time from your calendar."
        raise NotAllowed(message, field="file")
    found = CalendarFile()
    for number, component in enumerate(_components(data), 1):
        if number > MOST_ENTRIES:
            message = f"This file has more than {MOST_ENTRIES} entries. Export a shorter time from your calendar."
            raise NotAllowed(message, field="file")
        try:
            found.entries += _entries(number, component, ZoneInfo(zone))
        except NotAllowed as refusal:
            found.refused.append(Refused(number, str(refusal)))
        except (ArithmeticError, ValueError):
            found.refused.append(Refused(number, "One of its times lies outside of any calendar."))
    return found


def _components(data: bytes) -> Iterator[Any]:
    """Yield every event and free-busy of a file, and None for one that cannot be read."""
    try:
        yield from _parsed(data)
    except ValueError:
        # one broken entry must not take the others with it
        zones = _blocks(data, b"VTIMEZONE")
        for block in (*_blocks(data, b"VEVENT"), *_blocks(data, b"VFREEBUSY")):
            try:
                alone = [b"BEGIN:VCALENDAR", *zones, block, b"END:VCALENDAR", b""]
                yield from _parsed(b"\r\n".join(alone))
            except ValueError:
                yield None


def _parsed(data: bytes) -> list[Any]:
    try:
        parts = [part for calendar in calendars_of(data) for part in calendar.walk()]
    except RecursionError as error:
        raise ValueError(str(error)) from error
    return [part for part in parts if part.name in {"VEVENT", "VFREEBUSY"}]


def _blocks(data: bytes, name: bytes) -> list[bytes]:
    """Return the components of that name as they stand, unfolded."""
    flat = _FOLD.sub(b"", data)
    pattern = re.compile(rb"^BEGIN:%b\r?$.*?^END:%b\r?$" % (name, name), re.IGNORECASE | re.MULTILINE | re.DOTALL)
    return [match[0].rstrip() for match in pattern.finditer(flat)]


def _entries(number: int, component: Any, zone: ZoneInfo) -> list[Entry]:  # noqa: ANN401 - icalendar is loaded inside
    if component is None:
        raise NotAllowed("It cannot be read.")
    broken = sorted({name for name, _ in component.errors if name in _NEEDED})
    if broken:
        message = f"Its {', '.join(broken)} cannot be read."
        raise NotAllowed(message)
    if component.name == "VFREEBUSY":
        return [
            Entry(number, "", begins, ends, takes_time=str(value.params.get("FBTYPE", "BUSY")).upper() != "FREE")
            for value in _values(component, "FREEBUSY")
            for begins, ends in [_period(value.dt, zone)]
        ]
    starts = _one(component, "DTSTART", zone)
    if starts is None:
        raise NotAllowed("It has no beginning.")
    rule, until = _rule(component)
    instead_of = _one(component, "RECURRENCE-ID", zone)
    return [
        Entry(
            number,
            str(component.get("UID", "")) or f"entry {number}",
            starts,
            _end(component, starts, zone),
            summary=" ".join(str(component.get("SUMMARY", "")).split()),
            takes_time=str(component.get("TRANSP", "OPAQUE")).upper() != "TRANSPARENT",
            is_cancelled=str(component.get("STATUS", "")).upper() == "CANCELLED",
            instead_of=instead_of,
            and_following=instead_of is not None
            and str(component["RECURRENCE-ID"].params.get("RANGE", "")).upper() == "THISANDFUTURE",
            rule=rule,
            until=until,
            more=tuple(_more(component, zone)),
            but_not=tuple(_day(part, zone) for value in _values(component, "EXDATE") for part in value.dts),
        )
    ]


def _end(component: Any, starts: Day, zone: ZoneInfo) -> Day:  # noqa: ANN401 - as above
    ends = _one(component, "DTEND", zone)
    if ends is None:
        values = _values(component, "DURATION")
        if not values:
            return starts if isinstance(starts, datetime) else starts + timedelta(days=1)
        lasts: timedelta = values[0].dt
        # days are days of the calendar, hours are hours that pass (RFC 5545 §3.3.6)
        if not isinstance(starts, datetime) or lasts % timedelta(days=1) == timedelta():
            ends = starts + lasts
        else:
            ends = (starts.astimezone(UTC) + lasts).astimezone(starts.tzinfo)
    if isinstance(ends, datetime) != isinstance(starts, datetime):
        raise NotAllowed("It begins on a day and ends at a time, or the other way round.")
    if moment_of(ends, zone) < moment_of(starts, zone):
        raise NotAllowed("It ends before it begins.")
    return ends


def _rule(component: Any) -> tuple[str, Day | None]:  # noqa: ANN401 - as above
    values = _values(component, "RRULE")
    if not values:
        return "", None
    if len(values) > 1:
        raise NotAllowed("It has more than one rule of repetition.")
    rule = dict(values[0])
    until = rule.pop("UNTIL", [None])[0]
    if str(rule.pop("RSCALE", ["GREGORIAN"])[0]).upper() != "GREGORIAN" or rule.pop("SKIP", ["OMIT"])[0] != "OMIT":
        raise NotAllowed("It repeats by another calendar than ours.")
    return type(values[0])(rule).to_ical().decode(), until


def _more(component: Any, zone: ZoneInfo) -> Iterator[Period]:  # noqa: ANN401 - as above
    for value in _values(component, "RDATE"):
        for part in value.dts:
            if isinstance(part.dt, tuple):
                yield Period(*_period(part.dt, zone))
            else:
                yield Period(_day(part, zone))


def _values(component: Any, name: str) -> list[Any]:  # noqa: ANN401 - as above
    found = component.get(name)
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


def _one(component: Any, name: str, zone: ZoneInfo) -> Day | None:  # noqa: ANN401 - as above
    values = _values(component, name)
    if len(values) > 1:
        message = f"It has more than one {name}."
        raise NotAllowed(message)
    return _day(values[0], zone) if values else None


def _day(value: Any, zone: ZoneInfo) -> Day:  # noqa: ANN401 - as above
    day = value.dt
    if not isinstance(day, date):
        raise NotAllowed("One of its times cannot be read.")
    if not isinstance(day, datetime) or day.tzinfo is not None:
        return day
    if "TZID" in value.params:
        message = f"Its time zone “{str(value.params['TZID'])[:60]}” is not known."
        raise NotAllowed(message)
    return day.replace(tzinfo=zone)  # a floating time is meant where its reader is


def _period(given: tuple[Any, Any], zone: ZoneInfo) -> tuple[datetime, datetime]:
    begins, ends = given
    begins = begins if begins.tzinfo is not None else begins.replace(tzinfo=zone)
    if isinstance(ends, timedelta):
        return begins, begins.astimezone(UTC) + ends
    return begins, ends if ends.tzinfo is not None else ends.replace(tzinfo=zone)


def between(earlier: Day, later: Day) -> timedelta:
    """Return what lies between two days or two times of one entry, by its own clocks."""
    if isinstance(earlier, datetime) and isinstance(later, datetime):
        return later - earlier
    return date(later.year, later.month, later.day) - date(earlier.year, earlier.month, earlier.day)


def moment_of(day: Day, zone: ZoneInfo) -> datetime:
    """Return the moment in UTC: of a day, when it begins in the zone.

    A time that the clocks leave out is the one an hour later, one that comes twice the first (RFC 5545 §3.3.5).
    """
    if not isinstance(day, datetime):
        day = datetime(day.year, day.month, day.day, tzinfo=zone)
    return day.astimezone(UTC)
