"""Reads calendars with vobject, khal and libical, each where it is there; prints what each understood as JSON.

Run by the interpreter in whose environment vobject and khal are: ``readers.py LIBICAL FILE…`` (LIBICAL may be ``-``).
"""

from __future__ import annotations

import ctypes
import json
import sys
from pathlib import Path
from typing import Any


def by_vobject(text: str) -> list[list[Any]]:
    """Read with vobject, strictly."""
    import vobject

    calendar = vobject.readOne(text)
    calendar.validate(raiseException=True)
    return [
        [
            event.uid.value,
            int(event.dtstart.value.timestamp()),
            int(event.dtend.value.timestamp()),
            event.summary.value,
            int(event.sequence.value),
        ]
        for event in calendar.vevent_list
    ]


def by_khal(text: str) -> list[list[Any]]:
    """Read with khal, as it shows an invitation."""
    from khal.icalendar import cal_from_ics, new_vevent  # noqa: F401 - the import tells whether khal is there
    from khal.khalendar.event import Event
    from pytz import utc

    locale = {"default_timezone": utc, "local_timezone": utc}
    return [
        [
            str(part["UID"]),
            int(event.start.timestamp()),
            int(event.end.timestamp()),
            str(event.summary),
            int(part["SEQUENCE"]),
        ]
        for part in cal_from_ics(text).walk("VEVENT")
        for event in [Event.fromVEvents([part], calendar="invitation", locale=locale)]
    ]


class IcalTime(ctypes.Structure):
    """``struct icaltimetype`` of libical 3."""

    _fields_ = [
        *((name, ctypes.c_int) for name in ("year", "month", "day", "hour", "minute", "second", "date", "daylight")),
        ("zone", ctypes.c_void_p),
    ]


def by_libical(library: str, text: str) -> list[list[Any]]:
    """Read with libical by the zone that the file describes; its errors and broken rules of iTIP are raised."""
    lib = ctypes.CDLL(library)
    pointer, integer, words = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p
    for name, returns, takes in (
        ("icalparser_parse_string", pointer, [words]),
        ("icalrestriction_check", integer, [pointer]),
        ("icalcomponent_count_errors", integer, [pointer]),
        ("icalcomponent_get_first_component", pointer, [pointer, integer]),
        ("icalcomponent_get_next_component", pointer, [pointer, integer]),
        ("icalcomponent_get_dtstart", IcalTime, [pointer]),
        ("icalcomponent_get_dtend", IcalTime, [pointer]),
        ("icaltime_as_timet_with_zone", ctypes.c_long, [IcalTime, pointer]),
        ("icalcomponent_get_uid", words, [pointer]),
        ("icalcomponent_get_summary", words, [pointer]),
        ("icalcomponent_get_sequence", integer, [pointer]),
        ("icalcomponent_string_to_kind", integer, [words]),
    ):
        function = getattr(lib, name)
        function.restype, function.argtypes = returns, takes
    calendar = lib.icalparser_parse_string(text.encode())
    if not calendar or lib.icalcomponent_count_errors(calendar):
        raise ValueError("libical found errors")
    if "METHOD:" in text and not lib.icalrestriction_check(calendar):
        raise ValueError("libical says that a rule of iTIP is broken")
    kind = lib.icalcomponent_string_to_kind(b"VEVENT")
    found, event = [], lib.icalcomponent_get_first_component(calendar, kind)
    while event:
        begins, ends = lib.icalcomponent_get_dtstart(event), lib.icalcomponent_get_dtend(event)
        found.append(
            [
                lib.icalcomponent_get_uid(event).decode(),
                lib.icaltime_as_timet_with_zone(begins, begins.zone),
                lib.icaltime_as_timet_with_zone(ends, ends.zone),
                lib.icalcomponent_get_summary(event).decode(),
                lib.icalcomponent_get_sequence(event),
            ]
        )
        event = lib.icalcomponent_get_next_component(calendar, kind)
    return found


def main(library: str, files: list[str]) -> dict[str, dict[str, Any]]:
    """Return what each reader understood of each file; a reader that is not there is left out."""
    readers = {"vobject": by_vobject, "khal": by_khal}
    if library != "-":
        readers["libical"] = lambda text: by_libical(library, text)
    found: dict[str, dict[str, Any]] = {}
    for name, reader in readers.items():
        try:
            found[name] = {file: reader(Path(file).read_bytes().decode()) for file in files}
        except ImportError as error:
            print(f"{name} is not there: {error}", file=sys.stderr)  # noqa: T201 - speaks to its reader
    return found


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2:])))  # noqa: T201 - as above
