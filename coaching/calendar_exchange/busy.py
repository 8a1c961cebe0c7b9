"""What of somebody's own calendar takes their time: from when until when, and nothing else of it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lms.calendar_files.expanding import Occurrence, Window, occurrences
from lms.calendar_files.reading import Refused, read_calendar

#: How far ahead repetitions are written out.
AHEAD = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Busy:
    """From when until when, UTC, open at its end."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """What is kept of a file, and what became of each of its entries."""

    spans: tuple[Busy, ...]
    #: Entries that stand in the file.
    entries: int
    #: Entries that take time within the next 400 days.
    used: int
    #: Entries that take no time, by the reason.
    left_out: dict[str, int]
    refused: tuple[Refused, ...]


def busy_times(data: bytes, *, zone: str, now: datetime) -> Taken:
    """Return what a calendar file takes of its owner's next 400 days; times without a zone are in ``zone``.

    Spans that touch or overlap are made one, so that not even the number of entries is kept. Raises ``NotAllowed`` for
    what is no calendar file.
    """
    window = Window(now, now + AHEAD)
    read = read_calendar(data, zone)
    found, refused = occurrences(read.entries, zone, window)
    taking = [one for one in found if one.entry.takes_time and one.starts_at < one.ends_at]
    used = {one.entry.number for one in taking}
    not_repeated = {one.number for one in refused}
    why = Counter(
        "free" if not entry.takes_time else "cancelled" if entry.is_cancelled else "elsewhere"
        for number, entry in {entry.number: entry for entry in read.entries}.items()
        if number not in used | not_repeated
    )
    return Taken(
        tuple(_joined(taking, window)),
        len({entry.number for entry in read.entries}) + len(read.refused),
        len(used),
        dict(why),
        tuple(sorted((*read.refused, *refused), key=lambda one: one.number)),
    )


def _joined(taking: Sequence[Occurrence], window: Window) -> Iterable[Busy]:
    """Return the spans within the window, made one where they touch; the occurrences come earliest first."""
    begins: datetime | None = None
    ends = window.starts_at
    for one in taking:
        starts_at, ends_at = max(one.starts_at, window.starts_at), min(one.ends_at, window.ends_at)
        if begins is None or starts_at > ends:
            if begins is not None:
                yield Busy(begins, ends)
            begins, ends = starts_at, ends_at
        else:
            ends = max(ends, ends_at)
    if begins is not None:
        yield Busy(begins, ends)
