"""When the entries of a calendar file take place within a time: repetitions written out, exceptions left out. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import islice
from zoneinfo import ZoneInfo

from lms.calendar_files.reading import Day, Entry, Refused, between, moment_of
from lms.refusals import NotAllowed

#: Limits of one entry and of a file: more is no calendar of a person.
MOST_OCCURRENCES, MOST_STEPS, MOST_STEPS_OF_A_FILE = 5000, 100_000, 2_000_000
MOST_TIMES_A_DAY = 96
_STEPS = {
    "HOURLY": timedelta(hours=1),
    "DAILY": timedelta(days=1),
    "WEEKLY": timedelta(weeks=1),
    "MONTHLY": timedelta(days=28),
    "YEARLY": timedelta(days=365),
}
_TOO_OFTEN = "It repeats more often than anybody's day has room for."


@dataclass(frozen=True, slots=True)
class Window:
    """From when until when repetitions are written out, in UTC."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time at which an entry takes place, in UTC, open at its end."""

    entry: Entry
    starts_at: datetime
    ends_at: datetime
    #: The first day of one that is given in whole days, and the day after its last.
    first_day: date | None = None
    end_day: date | None = None


def occurrences(entries: Sequence[Entry], zone: str, window: Window) -> tuple[list[Occurrence], list[Refused]]:
    """Return what takes place within the window, earliest first, and the entries whose repetition is refused.

    Cancelled ones are left out. One that stands for a single occurrence of another (RECURRENCE-ID) takes its place;
    with RANGE=THISANDFUTURE the later ones follow it in time and length.
    """
    here = ZoneInfo(zone)
    families: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        families[entry.uid or f"free-busy {entry.number} {entry.starts}"].append(entry)
    found: list[Occurrence] = []
    refused: list[Refused] = []
    budget = MOST_STEPS_OF_A_FILE
    for family in families.values():
        changed = {moment_of(entry.instead_of, here): entry for entry in family if entry.instead_of is not None}
        for entry in changed.values():
            found.append(_at(entry, entry.starts, here))
            found += [_at(entry, period.starts, here, period.ends) for period in entry.more]
        for master in (entry for entry in family if entry.instead_of is None):
            try:
                budget -= _steps(master, window)
                if budget >= 0:
                    found += list(_of_master(master, changed, here, window))
            except OverflowError:
                refused.append(Refused(master.number, "It repeats beyond any calendar."))
            except NotAllowed as refusal:
                refused.append(Refused(master.number, str(refusal)))
            if budget < 0:
                message = "The repetitions of this file are too many. Export a shorter time from your calendar."
                raise NotAllowed(message, field="file")
    kept = [
        one
        for one in found
        if not one.entry.is_cancelled and one.starts_at < window.ends_at and one.ends_at > window.starts_at
    ]
    return sorted(kept, key=lambda one: (one.starts_at, one.ends_at, one.entry.number)), refused


def _of_master(master: Entry, changed: dict[datetime, Entry], here: ZoneInfo, window: Window) -> Iterator[Occurrence]:
    left_out = {moment_of(day, here) for day in master.but_not if isinstance(day, datetime)}
    # some programs leave out, or change, the one of a day by naming the day
    days_left_out = {day for day in master.but_not if not isinstance(day, datetime)}
    if not master.is_whole_day:
        days_left_out |= {day for entry in changed.values() if (day := entry.instead_of) and type(day) is date}
    if any(entry.and_following and entry.is_whole_day != master.is_whole_day for entry in changed.values()):
        raise NotAllowed("It is given in hours and its later changes in days, or the other way round.")
    following = sorted((at, entry) for at, entry in changed.items() if entry.and_following)
    begun: set[datetime] = set()
    for starts, ends in _times(master, here, window):
        at = moment_of(starts, here)
        on = starts.date() if isinstance(starts, datetime) else starts
        if at in left_out or on in days_left_out or at in changed or at in begun:
            continue
        begun.add(at)
        newest = next((entry for since, entry in reversed(following) if since <= at), None)
        if newest is None or newest.instead_of is None:
            yield _at(master, starts, here, ends)
        elif not newest.is_cancelled:
            yield _at(newest, starts + between(newest.instead_of, newest.starts), here)


def _times(master: Entry, here: ZoneInfo, window: Window) -> Iterator[tuple[Day, Day | None]]:
    # a period that has an end of its own comes first: of two that begin together it says more
    for period in master.more:
        yield period.starts, period.ends
    yield master.starts, None
    if master.rule:
        for starts in _repeated(master, here, window):
            yield starts, None


def _repeated(master: Entry, here: ZoneInfo, window: Window) -> Iterator[Day]:
    """Yield the beginnings that the rule gives, by the clocks of the entry's zone: 10:00 stays 10:00."""
    from dateutil.rrule import rrulestr  # noqa: PLC0415 - comes with icalendar, which few workers need

    is_timed = isinstance(master.starts, datetime)
    zone = master.starts.tzinfo if isinstance(master.starts, datetime) else here
    lasts = moment_of(master.ends, here) - moment_of(master.starts, here)
    earliest = _wall(window.starts_at, zone) - lasts - timedelta(days=1)
    last = _wall(window.ends_at, zone)
    if master.until is not None:
        last = min(last, _last(master.until, zone))
    parts = _parts(master.rule)
    try:
        count = int(parts.pop("COUNT", MOST_STEPS))
        rule = rrulestr(_text(parts), dtstart=_wall(master.starts, zone)).replace(until=last)
        kept = 0
        for number, moment in enumerate(islice(rule, min(count, MOST_STEPS))):
            if moment < earliest:
                continue
            kept += 1
            if kept > MOST_OCCURRENCES or number == MOST_STEPS - 1:
                raise NotAllowed(_TOO_OFTEN)
            yield moment.replace(tzinfo=zone) if is_timed else moment.date()
    except (ValueError, TypeError, OverflowError) as error:
        raise NotAllowed("Its rule of repetition cannot be read.") from error


def _steps(master: Entry, window: Window) -> int:
    """Return how many steps the rule takes to the end of the window. Raises ``NotAllowed`` for too many."""
    if not master.rule:
        return 1
    parts = _parts(master.rule)
    step = _STEPS.get(parts.get("FREQ", ""))
    times = len(parts.get("BYHOUR", "0").split(",")) * len(parts.get("BYMINUTE", "0").split(","))
    if step is None or times > MOST_TIMES_A_DAY or len(parts.get("BYSECOND", "0").split(",")) > 1:
        raise NotAllowed(_TOO_OFTEN)
    every = int(parts.get("INTERVAL", "1")) if parts.get("INTERVAL", "1").isdigit() else 1
    first = _wall(master.starts, None if master.is_whole_day else UTC)
    last = window.ends_at.replace(tzinfo=None)
    if master.until is not None:
        last = min(last, _last(master.until, UTC))
    steps = max(0, (last - first) // step) // max(1, every) + 1
    if steps > MOST_STEPS:
        raise NotAllowed(_TOO_OFTEN)
    return steps


def _parts(rule: str) -> dict[str, str]:
    return dict(part.partition("=")[::2] for part in rule.upper().split(";") if part)


def _text(parts: dict[str, str]) -> str:
    return ";".join(f"{name}={value}" for name, value in parts.items())


def _wall(day: Day, zone: tzinfo | None) -> datetime:
    """Return what the clocks of the zone show then, without the zone."""
    if not isinstance(day, datetime):
        return datetime.combine(day, time())
    return day.astimezone(zone).replace(tzinfo=None)


def _last(until: Day, zone: tzinfo | None) -> datetime:
    """Return the last beginning that a rule allows: a day counts to its end, a time without zone is the entry's own."""
    if not isinstance(until, datetime):
        return datetime.combine(until, time.max)
    return until if until.tzinfo is None else _wall(until, zone)


def _at(entry: Entry, starts: Day, here: ZoneInfo, ends: Day | None = None) -> Occurrence:
    """Return the occurrence that begins then, as long as its entry unless it has an end of its own."""
    if not isinstance(starts, datetime):
        days = between(starts, ends) if ends is not None else between(entry.starts, entry.ends)
        end = starts + max(days, timedelta(days=1))
        return Occurrence(entry, moment_of(starts, here), moment_of(end, here), starts, end)
    begins = moment_of(starts, here)
    if ends is not None:
        return Occurrence(entry, begins, moment_of(ends, here))
    return Occurrence(entry, begins, begins + (moment_of(entry.ends, here) - moment_of(entry.starts, here)))
