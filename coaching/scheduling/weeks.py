"""Free slots as a week to look at: days side by side, each slot with the clocks of both. Pure: slots and zones in, rows out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from coaching.scheduling.rules import Slots


@dataclass(frozen=True, slots=True)
class Choice:
    """A slot to choose: its time on the reader's clock, and on the others' where it differs."""

    starts_at: datetime
    clock: str
    #: Such as ``14:00``; empty if the other clock shows the same.
    other_clock: str
    #: Days by which the other's date is ahead of or behind the reader's.
    other_days: int


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the week with its free slots, earliest first."""

    day: date
    choices: list[Choice]


@dataclass(frozen=True, slots=True)
class Week:
    """A week of free slots, and where there are others."""

    monday: date
    days: list[Day]
    #: Mondays of the nearest weeks before and after with a free slot.
    before: date | None
    after: date | None
    #: Slots in all weeks.
    in_all: int

    @property
    def is_empty(self) -> bool:
        """Whether no slot is free in this week."""
        return not any(day.choices for day in self.days)


def monday_of(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def week_of(slots: Slots, *, asked: date | None, zone: str, other_zone: str, today: date) -> Week:
    """Return the week that was asked for, or else the first with a free slot; without any, the week of today.

    Monday to Friday are always there, Saturday and Sunday if a slot is free on one of them.
    """
    here, there = ZoneInfo(zone), ZoneInfo(other_zone)
    mondays: set[date] = set()
    by_day: dict[date, list[datetime]] = {}
    for slot in slots:
        day = slot.starts_at.astimezone(here).date()
        mondays.add(monday_of(day))
        by_day.setdefault(day, []).append(slot.starts_at)
    monday = monday_of(asked or min(mondays, default=today))
    shown = [monday + timedelta(days=n) for n in range(7)]
    days = [
        Day(day, list(_choices(by_day.get(day, ()), here, there)))
        for day in shown
        if day.weekday() < 5 or day in by_day
    ]
    return Week(
        monday,
        days,
        max((one for one in mondays if one < monday), default=None),
        min((one for one in mondays if one > monday), default=None),
        len(slots),
    )


def _choices(moments: Iterable[datetime], here: ZoneInfo, there: ZoneInfo) -> Iterable[Choice]:
    for moment in moments:
        own, other = moment.astimezone(here), moment.astimezone(there)
        differs = own.utcoffset() != other.utcoffset()
        yield Choice(
            moment,
            f"{own:%H:%M}",
            f"{other:%H:%M}" if differs else "",
            (other.date() - own.date()).days,
        )
