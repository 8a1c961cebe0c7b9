"""How far ahead a follow-up is looked for, and whether a review helped. Pure: days and counts in, a verdict out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

#: Days from the agreed one in which a common free time is looked for.
SEARCHED_DAYS = 14


class Effect(StrEnum):
    """Whether a review helped. An association in time, never a proof of cause."""

    EFFECTIVE = "effective"
    NOT_EFFECTIVE = "not_effective"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class Declared:
    """What was declared at closing: so many batches or so many days without the same deviation, until a last day."""

    batches: int | None
    days: int | None
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class Since:
    """What was counted since: batches started at the site, and the day on which the same deviation came first, if it did."""

    batches: int
    came_back_on: date | None


def effect_of(declared: Declared, since: Since, today: date) -> Effect:
    """Return the verdict. Coming back within the days decides at once; days without a single batch show nothing."""
    if since.came_back_on is not None and since.came_back_on <= declared.last_day:
        return Effect.NOT_EFFECTIVE
    if declared.batches is not None and since.batches >= declared.batches:
        return Effect.EFFECTIVE
    if declared.days is not None and today > declared.last_day and since.batches:
        return Effect.EFFECTIVE
    return Effect.CANNOT_TELL
