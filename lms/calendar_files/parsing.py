"""The one door to the parser of calendar texts: whatever comes in, calendars or ``ValueError`` come out. Pure."""

from __future__ import annotations

import re
import threading
import warnings
from typing import Any

#: The parser keeps the zones that a text defines for the whole process: one text at a time, and nothing is left of it.
_parsing = threading.Lock()
_FOLD = re.compile(r"\r?\n[ \t]")
_ZONE = re.compile(r"^BEGIN:VTIMEZONE.*?^END:VTIMEZONE", re.IGNORECASE | re.MULTILINE | re.DOTALL)
_ZONE_RULE = re.compile(r"^RRULE[^:\n]*:(.*)$", re.IGNORECASE | re.MULTILINE)
#: What a change of clocks that comes each year may say: once a year, on one day of one month or the first of a week.
_YEARLY = re.compile(
    r"(FREQ=YEARLY|BYMONTH=\d+|BYDAY=[+-]?\d*[A-Z]{2}|BYMONTHDAY=-?\d+(,-?\d+){0,6}|UNTIL=\w+|COUNT=\d{1,4}|INTERVAL=1|BYHOUR=\d+|BYMINUTE=\d+|WKST=[A-Z]{2}|;)+",
    re.IGNORECASE,
)


def calendars_of(data: bytes | str) -> list[Any]:
    """Return the calendars of a text. Raises ``ValueError`` for what cannot be read.

    A zone that a text defines for itself counts in that text only.
    """
    _check_zones(data if isinstance(data, str) else data.decode("latin-1"))
    from icalendar import Calendar  # noqa: PLC0415 - 8 MB that few workers need
    from icalendar.timezone import tzp  # noqa: PLC0415 - as above

    with _parsing, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a zone found by the end of its long name is the right one
        tzp.use_zoneinfo()  # forgets the zones of the text before
        try:
            return list(Calendar.from_ical(data, multiple=True))
        except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError) as error:
            raise ValueError(str(error)) from error


def _check_zones(text: str) -> None:
    """Raise ``ValueError`` for a zone whose clocks change more often than any real one: to look it up could take for ever."""
    if "VTIMEZONE" not in text.upper():
        return
    for zone in _ZONE.findall(_FOLD.sub("", text)):
        for rule in _ZONE_RULE.findall(zone):
            if not _YEARLY.fullmatch(rule.strip()) or "BYMONTH=" not in rule.upper():
                message = "The clocks of its time zone would change more often than once a year."
                raise ValueError(message)
