"""What is summed: facets, and quarters as whole numbers counted since the year 0."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum


class Facet(StrEnum):
    """By what a site's quarter is taken apart; ``code`` of a count is then a value of it."""

    ALL = "all"
    TEAM = "team"
    STEP = "process_step"
    CATEGORY = "category"
    CAUSE = "root_cause_class"
    SEVERITY = "severity"
    CHANNEL = "detection_channel"
    PRODUCT = "product"
    #: Of batches alone: months since the year 0, as a site's days have it.
    MONTH = "month"
    #: Whole hours from what happened to its record.
    DELAY = "delay"


#: Hours after which a record's delay is told no more exactly: a week.
LONGEST_DELAY = 168
#: No site's clock is further from UTC than this.
_FURTHEST = timedelta(hours=14)


def quarter_of(day: date) -> int:
    """Return the quarter in which a day falls."""
    return day.year * 4 + (day.month - 1) // 3


def first_day(quarter: int) -> date:
    """Return a quarter's first day."""
    return date(quarter // 4, quarter % 4 * 3 + 1, 1)


def quarters_around(moments: Iterable[datetime]) -> set[int]:
    """Return the quarters that moments may fall into, wherever on earth: one each, but two near a quarter's end."""
    return {quarter_of((at + shift).date()) for at in moments for shift in (-_FURTHEST, _FURTHEST)}
