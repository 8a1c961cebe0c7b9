"""What the clocks of a zone do around an appointment, for the VTIMEZONE of an invitation (RFC 5545 §3.6.5). Pure."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from zoneinfo import ZoneInfo

_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
#: A rule is written only if it holds in this many years from the year before the appointment on.
_YEARS_LOOKED_AT = 6


@dataclass(frozen=True, slots=True)
class Observance:
    """From when on a zone keeps which time."""

    #: The wall clock before the change, or a day long ago for a zone that never changes.
    begins: datetime
    before: timedelta
    after: timedelta
    name: str
    #: Month, number of the weekday in it (-1: the last) and the weekday of a change that comes each year; None: once.
    yearly: tuple[int, int, str] | None = None

    @property
    def is_summer(self) -> bool:
        """Whether the clocks go forward."""
        return self.after > self.before


@lru_cache(256)
def observances(zone: str, first_year: int, last_year: int) -> tuple[Observance, ...]:
    """Return what a calendar must know of a zone for appointments of these years, earliest first.

    A zone whose clocks change twice a year on a weekday of a month is given by two yearly rules, which every calendar
    understands; any other one change after the other, as they are; one that never changes by its one offset.
    """
    place = ZoneInfo(zone)
    years = max(last_year - first_year + 3, _YEARS_LOOKED_AT)
    changes = _changes(place, first_year - 1, first_year - 1 + years)
    if not changes:
        now = datetime(first_year, 1, 1, tzinfo=place)
        offset = now.utcoffset() or timedelta()
        return (Observance(datetime(1970, 1, 1), offset, offset, _name(now)),)  # noqa: DTZ001 - a wall clock
    ruled = _as_rules(changes, years)
    if ruled:
        return ruled
    before = changes[0]
    standing = Observance(datetime(1970, 1, 1), before.before, before.before, _name_before(place, before))  # noqa: DTZ001
    return (standing, *(change for change in changes if change.begins.year <= last_year + 1))


def comes_twice(moment: datetime, zone: str) -> bool:
    """Whether the clocks of the zone show this time of day twice, as in the night when they go back."""
    wall = moment.astimezone(ZoneInfo(zone))
    return wall.replace(fold=0).utcoffset() != wall.replace(fold=1).utcoffset()


def _changes(place: ZoneInfo, first_year: int, end_year: int) -> list[Observance]:
    """Return every change of clocks from the beginning of one year to the beginning of another."""
    found: list[Observance] = []
    low = datetime(first_year, 1, 1, tzinfo=UTC)
    while low.year < end_year:
        high = low + timedelta(days=1)
        before, after = _offset(low, place), _offset(high, place)
        if before != after:
            begins, ends = low, high
            while ends - begins > timedelta(seconds=1):
                middle = (begins + (ends - begins) / 2).replace(microsecond=0)
                begins, ends = (middle, ends) if _offset(middle, place) == before else (begins, middle)
            wall = (ends + before).replace(tzinfo=None)
            found.append(Observance(wall, before, after, _name(ends.astimezone(place))))
        low = high
    return found


def _as_rules(changes: Sequence[Observance], years: int) -> tuple[Observance, ...]:
    """Return the changes as yearly rules, or nothing if they follow none."""
    ruled: list[Observance] = []

    def kind(change: Observance) -> tuple[timedelta, timedelta, str]:
        return change.before, change.after, change.name

    for _, same in groupby(sorted(changes, key=lambda change: (kind(change), change.begins)), key=kind):
        group = list(same)
        rule = _rule([change.begins for change in group])
        if len(group) != years or rule is None:
            return ()
        first = group[0]
        ruled.append(Observance(first.begins, first.before, first.after, first.name, rule))
    return tuple(sorted(ruled, key=lambda observance: observance.begins))


def _rule(moments: Sequence[datetime]) -> tuple[int, int, str] | None:
    """Return the weekday of a month on which all these moments fall, one a year at the same time, or None."""
    months = {moment.month for moment in moments}
    weekdays = {moment.weekday() for moment in moments}
    if len(months) != 1 or len(weekdays) != 1 or len({moment.time() for moment in moments}) != 1:
        return None
    weekday = _WEEKDAYS[weekdays.pop()]
    if all(moment.day > monthrange(moment.year, moment.month)[1] - 7 for moment in moments):
        return months.pop(), -1, weekday
    numbers = {(moment.day - 1) // 7 + 1 for moment in moments}
    return (months.pop(), numbers.pop(), weekday) if len(numbers) == 1 else None


def _offset(moment: datetime, place: ZoneInfo) -> timedelta:
    return moment.astimezone(place).utcoffset() or timedelta()


def _name(moment: datetime) -> str:
    return moment.tzname() or "UTC"


def _name_before(place: ZoneInfo, change: Observance) -> str:
    return _name((change.begins - change.before - timedelta(seconds=1)).replace(tzinfo=UTC).astimezone(place))
