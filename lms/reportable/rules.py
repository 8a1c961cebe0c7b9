"""Rules of reporting to authorities: to what a duty applies, and when its report is due. Values in, values out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from lms.deviations.rules import end_of_day, working_days_later
from lms.deviations.taxonomy import KINDS, SEVERITIES
from lms.refusals import NotAllowed

MOST_DAYS = 365


class DayKind(StrEnum):
    """Which days are counted."""

    CALENDAR = "calendar"
    WORKING = "working"


class StartsFrom(StrEnum):
    """The moment from which the days are counted."""

    OCCURRED = "occurred"
    DETECTED = "detected"
    TRIAGED = "triaged"


@dataclass(frozen=True, slots=True)
class Duty:
    """A duty to report as it is written down."""

    authority: str
    what: str
    source: str
    days: int
    day_kind: str
    starts_from: str
    kinds: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()


#: What a network can take over to begin with. Whether a product falls under a clause is QA's word, deviation by deviation.
STANDARD = (
    Duty(
        "FDA (CBER)",
        "Biological product deviation of a distributed product",
        "21 CFR 600.14",
        45,
        DayKind.CALENDAR,
        StartsFrom.DETECTED,
    ),
    Duty(
        "FDA (CBER)",
        "HCT/P deviation of distributed cells or tissue",
        "21 CFR 1271.350(b)",
        45,
        DayKind.CALENDAR,
        StartsFrom.DETECTED,
    ),
    Duty(
        "QP and treating physician",
        "Notice of a critical deviation on the same day",
        "Network procedure",
        0,
        DayKind.CALENDAR,
        StartsFrom.TRIAGED,
        severities=("critical",),
    ),
)


def check_duty(duty: Duty) -> None:
    """Raise ``NotAllowed`` for a duty that says not to whom or what, or whose days or codes are none."""
    if not duty.authority.strip():
        raise NotAllowed("Say to whom it is reported.", field="authority")
    if not duty.what.strip():
        raise NotAllowed("Say what is reported.", field="what")
    if not 0 <= duty.days <= MOST_DAYS:
        message = f"Give 0 to {MOST_DAYS} days; 0 is the same day."
        raise NotAllowed(message, field="days")
    if duty.day_kind not in set(DayKind):
        raise NotAllowed("Choose which days are counted.", field="day_kind")
    if duty.starts_from not in set(StartsFrom):
        raise NotAllowed("Choose the moment from which they are counted.", field="starts_from")
    if set(duty.kinds) - set(KINDS):
        raise NotAllowed("Choose kinds from the list.", field="kinds")
    if set(duty.severities) - set(SEVERITIES):
        raise NotAllowed("Choose severities from the list.", field="severities")


def applies(kinds: str, severities: str, kind: str, severity: str) -> bool:
    """Whether a duty is to be looked at for a deviation of that kind and severity; an empty list takes all."""
    return (not kinds or kind in kinds.split()) and (not severities or severity in severities.split())


@dataclass(frozen=True, slots=True)
class Moments:
    """From which a duty may count; what is not known is None."""

    occurred_at: datetime
    detected_at: datetime | None
    triaged_at: datetime | None


def start_of(starts_from: str, moments: Moments) -> datetime:
    """Return the moment from which the days count. Raises ``NotAllowed`` before triage, if they count from it.

    Where nobody noted when it was found, the days count from when it happened: never later than they should.
    """
    if starts_from == StartsFrom.OCCURRED:
        return moments.occurred_at
    if starts_from == StartsFrom.DETECTED:
        return moments.detected_at or moments.occurred_at
    if moments.triaged_at is None:
        raise NotAllowed("Its days count from triage. Triage it first.")
    return moments.triaged_at


def due_at(start: datetime, days: int, day_kind: str, zone: str, free: Collection[date]) -> datetime:
    """Return the end of the last day at the site on which the report is in time."""
    if day_kind == DayKind.WORKING:
        return end_of_day(working_days_later(start, days, zone, free).astimezone(ZoneInfo(zone)).date(), zone)
    return end_of_day(start.astimezone(ZoneInfo(zone)).date() + timedelta(days=days), zone)


def check_submission(submitted_on: date, reference: str, decided_on: date, today: date) -> None:
    """Raise ``NotAllowed`` for a report of the future, of before the decision, or without a reference."""
    if submitted_on > today:
        raise NotAllowed("This day lies in the future. Note it once the report is made.", field="submitted_on")
    if submitted_on < decided_on - timedelta(days=MOST_DAYS):
        raise NotAllowed("This day is more than a year before the decision. Check the year.", field="submitted_on")
    if not reference.strip():
        raise NotAllowed("Give the number under which the authority knows it.", field="reference")
