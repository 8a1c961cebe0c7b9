"""What may be planned, and when a planned batch may start. Values in, a sentence out."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum

from lms.refusals import NotAllowed

#: Nobody plans a run that takes longer.
LONGEST = timedelta(days=60)


class State(StrEnum):
    """Where a planned batch stands. Once it has started it is a batch like any other."""

    PLANNED = "planned"
    STARTED = "started"
    CANCELLED = "cancelled"


class Unit(StrEnum):
    """What work is counted in where batches say too little."""

    CRITICAL_STEPS = "critical_steps"
    HOURS = "hours"


def check_times(starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    """Raise ``NotAllowed`` for a run that is over, ends before it begins, or lasts longer than any."""
    if ends_at <= starts_at:
        raise NotAllowed("The run ends before it begins.", field="ends_at")
    if starts_at < now:
        raise NotAllowed("This moment is over. Record a batch that has started among the batches.", field="starts_at")
    if ends_at - starts_at > LONGEST:
        raise NotAllowed(f"Plan a run of at most {LONGEST.days} days.", field="ends_at")


def check_still_planned(number: str, state: str) -> None:
    """Raise ``NotAllowed`` for a planned batch that has started or was cancelled."""
    if state != State.PLANNED:
        message = f"{number} has started already." if state == State.STARTED else f"{number} was cancelled."
        raise NotAllowed(message)


def check_works(name: str, state: str) -> None:
    """Raise ``NotAllowed`` unless a site or team works: neither onboarding, paused, suspended nor ceased."""
    if state != "active":
        reasons = {"onboarding": "is onboarding: its gates come first", "ceased": "has ceased"}
        message = f"{name} {reasons.get(state, f'is {state}')}. No batch starts there and no roster is accepted."
        raise NotAllowed(message)


def check_exposure(month: date, count: int, today: date) -> None:
    """Raise ``NotAllowed`` for a month that has not begun, or a count that is none."""
    if month > today:
        raise NotAllowed("This month has not begun.", field="month")
    if not 0 <= count <= 10_000_000:
        raise NotAllowed("Give a whole number, 0 or more.", field="count")
