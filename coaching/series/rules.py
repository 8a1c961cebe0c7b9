"""When a standing appointment takes place. Pure: days, minutes and zones in, days, moments or a refusal out.

A series keeps the time on the clock of the operator's wall, whatever that clock does in spring and autumn.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from coaching.scheduling.rules import Slots, Span, wall_moment
from lms.refusals import NotAllowed

#: Weeks between two reviews of a series, at most: a new starter weekly, somebody qualified every four to six.
MOST_WEEKS = 12
#: A review of a series is planned this many days before, so that its operator can move it and write first.
LEAD = timedelta(days=28)
#: If its time is taken, the next free slot within so many days is taken instead.
GRACE = timedelta(days=14)


def check_series(*, every_weeks: int, weekday: int, minute: int, first_on: date, today: date) -> None:
    """Raise ``NotAllowed`` for a rhythm that is none, or a first day that is over or another weekday."""
    if not 1 <= every_weeks <= MOST_WEEKS:
        raise NotAllowed(f"Meet every 1 to {MOST_WEEKS} weeks.", field="every_weeks")
    if not 0 <= minute < 24 * 60 or minute % 15:
        raise NotAllowed("Begin on a quarter hour, such as 10:00.", field="at")
    if first_on <= today:
        raise NotAllowed("The first day must be still to come.", field="first_on")
    if first_on.weekday() != weekday:
        raise NotAllowed("The first day is another day of the week. Choose one of that weekday.", field="first_on")


def days_between(first_on: date, every_weeks: int, begin: date, end: date) -> Iterator[date]:
    """Return the days of a series from a day until another, both included."""
    step = timedelta(weeks=every_weeks)
    day = first_on + max(0, -(-(begin - first_on).days // step.days)) * step
    while day <= end:
        yield day
        day += step


def next_to_plan(first_on: date, every_weeks: int, planned: set[date], today: date) -> date | None:
    """Return the next day of a series that is near enough to be planned and was not planned yet."""
    days = days_between(first_on, every_weeks, today + timedelta(days=1), today + LEAD)
    return next((day for day in days if day not in planned), None)


def clock_words(day: date, minute: int, zone: str) -> str:
    """Return what the night of a change of clocks does to a time of day: ``"missing"``, ``"twice"`` or nothing."""
    info = ZoneInfo(zone)
    wanted = datetime(day.year, day.month, day.day, tzinfo=info) + timedelta(minutes=minute)
    shown = wall_moment(day, minute, zone).astimezone(info)
    if shown.replace(tzinfo=None) != wanted.replace(tzinfo=None):
        return "missing"
    if wanted.replace(fold=1).utcoffset() != wanted.utcoffset():
        return "twice"
    return ""


def slot_for(slots: Slots, wanted: datetime) -> Span | None:
    """Return the slot at the wanted moment if it is free, or else the first free one after it; None if there is none."""
    if wanted in slots:
        return Span(wanted, wanted + slots.lasts)
    return next((slot for slot in slots if slot.starts_at > wanted), None)
