"""One cell as a moment or as an id: what can be read in only one way is taken, what could mean two things is refused."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

#: In ``Mapping.dates``: days counted by a spreadsheet from 1899-12-30 (ECMA-376 part 1, 18.17.4.1, the 1900 system).
SERIAL = "serial"
#: Kinds of fields that hold a time.
KINDS = frozenset({"day", "month", "moment"})
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - the zone is the site's, known later
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER = re.compile(r"[0-9]{1,6}(\.[0-9]+)?")
_SCIENTIFIC = re.compile(r"[0-9]+([.,][0-9]+)?E[+-]?[0-9]+", re.IGNORECASE)
_ALPHABETS = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "FULLWIDTH"})


class NoMoment(Exception):
    """A text that is no one moment. The message goes on after the text itself; ``kind`` is a word to count by."""

    def __init__(self, sentence: str, kind: str = "not a date") -> None:
        super().__init__(sentence)
        self.kind = kind


def moment_of(text: str, formats: Iterable[str]) -> datetime:
    """Return the moment; without a zone in the text it stays naive, to be read in the site's own zone.

    Raises ``NoMoment`` for what is no date, and for what two of the formats read differently.
    """
    found = _iso(text)
    if found is None:
        read = {moment for moment in (_by_format(text, written) for written in formats) if moment is not None}
        if len(read) > 1:
            days = " or ".join(moment.date().isoformat() for moment in sorted(read)[:2])
            sentence = f"could be {days}. Write it like 2026-11-22, or keep one of the two formats in the mapping."
            raise NoMoment(sentence, "two dates")
        found = next(iter(read), None)
    if found is None and _NUMBER.fullmatch(text):
        sentence = (
            "is a number, not a date: a spreadsheet counts days so. Format the column as a date, "
            f"or name the format “{SERIAL}” in the mapping."
        )
        raise NoMoment(sentence)
    if found is None or not 1900 <= found.year <= 2199:
        raise NoMoment("is not a date. Write it like 2026-11-22, or name its format in the mapping.")
    return found


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if _ISO.match(text) else None
    except ValueError:
        return None


def _by_format(text: str, written: str) -> datetime | None:
    if not text.isascii():  # strptime takes the digits of every script
        return None
    try:
        if written == SERIAL:
            return _EPOCH + timedelta(seconds=round(float(text) * 86_400)) if _NUMBER.fullmatch(text) else None
        return datetime.strptime(text, written)  # noqa: DTZ007 - the zone is the site's, known later
    except (ValueError, OverflowError):
        return None


def of_kind(kind: str, text: str, formats: Iterable[str]) -> datetime | date:
    """Return the moment, the day, or the first day of the month (which ``2026-11`` names as well). Raises ``NoMoment``."""
    if kind == "moment":
        return moment_of(text, formats)
    if kind == "day":
        return moment_of(text, formats).date()
    return moment_of(text, (*formats, "%Y-%m")).date().replace(day=1)


def at_site(moment: datetime, zone: str) -> datetime:
    """Return the moment with its zone: the one it came with, else the site's."""
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=ZoneInfo(zone))


def check_clock(moment: datetime, zone: str) -> None:
    """Raise ``NoMoment`` for a local time that the clocks skipped, or showed twice, when they were changed.

    Midnight stands for the day, which has no such gap.
    """
    if moment.tzinfo is not None or moment.time() == time():
        return
    place = ZoneInfo(zone)
    early, late = moment.replace(tzinfo=place), moment.replace(tzinfo=place, fold=1)
    if early.utcoffset() == late.utcoffset():
        return
    day = moment.date().isoformat()
    if early.astimezone(UTC).astimezone(place).replace(tzinfo=None) != moment:
        sentence = (
            f"did not exist in {zone}: the clocks were put forward on {day}. Give the time that the clock showed."
        )
        raise NoMoment(sentence, "time that was skipped")
    sentence = f"was twice in {zone}: the clocks were put back on {day}. Add the offset, such as {early.isoformat()}."
    raise NoMoment(sentence, "time that was twice")


def wrong_id(text: str) -> str:
    """Return what keeps a text from being an id that means one record, as the rest of a sentence; empty if nothing does."""
    if text.startswith(("=", "+", "-", "@")):
        return "begins as a formula does. Write the id as the source shows it."
    if _SCIENTIFIC.fullmatch(text):
        return "is a number that a spreadsheet shortened. Format the column as text and send the whole number."
    if text.isascii():
        return ""
    if not text.replace("\n", "").isprintable():
        return "holds a character that is not seen. Type the id again."
    alphabets = {unicodedata.name(letter, "").partition(" ")[0] for letter in text if letter.isalpha()} & _ALPHABETS
    if len(alphabets) > 1:
        return f"mixes letters of {' and '.join(sorted(name.title() for name in alphabets))}, which look alike. Type the id again."
    return ""
