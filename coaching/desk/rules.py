"""The coach's week: which days it has, how full it may be, and what is next with each person. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from lms.refusals import NotAllowed

_WEEK = re.compile(r"(\d{4})-W(\d\d)")


class Step(StrEnum):
    """What is next in a review."""

    FIND_TIME = "find_time"
    MEET = "meet"
    SIGN = "sign"
    OPERATOR_SIGNS = "operator_signs"
    COMMITMENT = "commitment"
    FOLLOW_UP = "follow_up"


@dataclass(frozen=True, slots=True)
class Next:
    """The next thing with somebody, and by when; None where no day is set."""

    step: Step
    by: date | None


@dataclass(frozen=True, slots=True)
class Load:
    """How full a week is, or how full it may be: reviews in it, on its fullest day, and people at once."""

    week: int
    day: int
    people: int

    def is_over(self, taken: Load) -> bool:
        """Whether any of the three is above what the coach takes."""
        return self.week > taken.week or self.day > taken.day or self.people > taken.people


def week_of(text: str, today: date) -> tuple[date, ...]:
    """Return Monday to Sunday of a week written ``2026-W48``, or of today's. Raises ``NotAllowed`` for what is no week."""
    monday = today - timedelta(days=today.weekday())
    if text:
        found = _WEEK.fullmatch(text)
        try:
            monday = date.fromisocalendar(int(found[1]), int(found[2]), 1) if found else date.max
        except ValueError:
            monday = date.max
        if monday == date.max:
            raise NotAllowed("This address names no week; write it like 2026-W48, or go back to this week.")
    return tuple(monday + timedelta(days=step) for step in range(7))


def name_of(monday: date) -> str:
    """Return a week as it stands in an address, ``2026-W48``."""
    year, number, _day = monday.isocalendar()
    return f"{year}-W{number:02d}"


def load(days: Iterable[date], week: Sequence[date], people: int) -> Load:
    """Return how full a week is, from the days of the reviews that stand in it."""
    here = Counter(day for day in days if day in week)
    return Load(here.total(), max(here.values(), default=0), people)


def next_step(
    *,
    state: str,
    meets_on: date | None,
    signed_by_operator: bool,
    commitment_due: date | None,
    follow_up_on: date | None,
) -> Next:
    """Return what is next in a review that goes on or waits for its follow-up."""
    if state == "accepted" or (state == "scheduled" and meets_on is None):
        return Next(Step.FIND_TIME, None)
    if state == "scheduled":
        return Next(Step.MEET, meets_on)
    if state == "held":
        return Next(Step.SIGN if signed_by_operator else Step.OPERATOR_SIGNS, None)
    if commitment_due is not None and (follow_up_on is None or commitment_due < follow_up_on):
        return Next(Step.COMMITMENT, commitment_due)
    return Next(Step.FOLLOW_UP, follow_up_on)


def soonest(steps: Iterable[Next]) -> Next:
    """Return the one to see to first: what has no day waits already, then the earliest day."""
    return min(steps, key=lambda one: (one.by is not None, one.by or date.min))
