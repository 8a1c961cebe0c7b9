"""What is rare, and what lies between two rare events."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise

#: A category is rare while it recurs about once in a quarter or less; with fewer than so many events nothing is drawn.
MOST_IN_A_QUARTER, FEWEST_EVENTS = 1, 4


def rare(recurrences: Mapping[str, int], quarters: int) -> list[str]:
    """Return the codes that recurred often enough to draw a g chart, and too rarely for any other."""
    return [code for code, events in recurrences.items() if FEWEST_EVENTS <= events <= MOST_IN_A_QUARTER * quarters]


def gaps(events: Sequence[date], batches: Mapping[date, int]) -> tuple[list[int], int]:
    """Return the batches started between each event and the next, and those since the last one.

    Events in the order of their days; a batch of an event's day counts before that event.
    """
    days = sorted(batches)
    made = [0]
    for day in days:
        made.append(made[-1] + batches[day])
    reached = [made[bisect_right(days, day)] for day in events]
    return [after - before for before, after in pairwise(reached)], made[-1] - reached[-1]
