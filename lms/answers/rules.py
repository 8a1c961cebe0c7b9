"""When QA answers a reporter, and when QA is reminded of it. Values in, values out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from lms.deviations.rules import ANSWER_WORKING_DAYS, working_days_later

#: QA is reminded this many working days after the report: one day is left.
REMIND_AFTER_WORKING_DAYS = 1


@dataclass(frozen=True, slots=True)
class Moments:
    """When the answer is due, and from when on QA is reminded of it."""

    due_at: datetime
    remind_at: datetime


def moments(recorded_at: datetime, zone: str, free: Collection[date] = frozenset()) -> Moments:
    """Return the moments of a report, counted in the working days of its site; ``free`` are the site's holidays."""
    return Moments(
        working_days_later(recorded_at, ANSWER_WORKING_DAYS, zone, free),
        working_days_later(recorded_at, REMIND_AFTER_WORKING_DAYS, zone, free),
    )
