"""Who is at risk when: rows (start, stop] made ready so that every sum over a risk set costs one pass.

Distinct event times are found once, within each stratum; a row becomes two whole numbers, the first event time after its
start and the first after its stop. A sum over everybody at risk at each event time is then one running sum. An interval is
open at its start: whoever comes in on a day is at risk from the next event on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from behavior_metrics.stats.counts import members
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.refusing import Floats, finite

Places = NDArray[np.intp]

#: Days whose range is at most so many times the events are looked up in a table, other times searched for.
_DAYS_PER_EVENT = 4


@contextmanager
def computable() -> Iterator[None]:
    """Turn what leaves nothing to compute with into a refusal: a division by nought, an overflow, a singular matrix."""
    try:
        with np.errstate(over="raise", divide="raise", invalid="raise"):
            yield
    except (FloatingPointError, np.linalg.LinAlgError):
        raise NoEstimate("Not estimable because these rows leave nothing to compute with.") from None


@dataclass(frozen=True, slots=True)
class RiskSets:
    """Rows against event times (n rows, k event times over all strata, d events)."""

    #: n: the rows' own times.
    start: Floats
    stop: Floats
    #: n: index of the first event time at which a row is at risk, and of the first at which it no longer is.
    enters: Places
    leaves: Places
    #: d: the rows that ended in an event, and the event time of each.
    dying: Places
    at: Places
    #: k: day of each event time, events at it, and the stratum it belongs to.
    time: Floats
    deaths: Places
    stratum: Places

    def total(self, weight: Floats) -> Floats:
        """Return the sum of a weight (n) over everybody at risk at each event time (k)."""
        k = len(self.time)
        change = np.bincount(self.enters, weight, k + 1) - np.bincount(self.leaves, weight, k + 1)
        return np.asarray(np.cumsum(change)[:k])

    def total_of_events(self, weight: Floats) -> Floats:
        """Return the sum of a weight (n) over those whose event it is at each event time (k)."""
        return np.asarray(np.bincount(self.at, weight[self.dying], len(self.time)), float)

    def over_time(self, value: Floats) -> Floats:
        """Return for each row (n) the sum of a value (k) over the event times at which it is at risk."""
        running = np.concatenate([[0.0], np.cumsum(value)])
        return np.asarray(running[self.leaves] - running[self.enters])


def risk_sets(start: ArrayLike, stop: ArrayLike, event: ArrayLike, strata: ArrayLike | None = None) -> RiskSets:
    """Return the risk sets of n rows (start, stop], `event` 1 where a row ends in one.

    Raises NoEstimate for times that are not known, an interval that does not end after it starts, an event that is neither
    0 nor 1, or no event at all.
    """
    ends = finite(stop, "stop")
    begins, happened = finite(start, "start", rows=ends.size), finite(event, "event", rows=ends.size)
    if (ends <= begins).any():
        raise NoEstimate("Not estimable because an interval does not end after it starts.")
    if not np.isin(happened, (0, 1)).all():
        raise NoEstimate("Not estimable because a row has more than one event: split it, or count events per exposure.")
    if not happened.any():
        raise NoEstimate("Not estimable because there is no event.")
    level = np.zeros(len(ends), np.intp) if strata is None else members(strata, "stratum", at_least=1, rows=ends.size)
    enters, leaves = (np.empty(len(ends), np.intp) for _ in range(2))
    times: list[Floats] = []
    first = 0
    for one in range(int(level.max()) + 1):
        rows = slice(None) if strata is None else np.flatnonzero(level == one)
        here, (enters[rows], leaves[rows]) = ordinals(ends[rows][happened[rows] > 0], begins[rows], ends[rows])
        enters[rows] += first
        leaves[rows] += first
        first += len(here)
        times.append(here)
    at = leaves - 1  # a row that ends in an event leaves with that event
    time, stratum = np.concatenate(times), np.repeat(np.arange(len(times)), [len(here) for here in times])
    dying = np.flatnonzero(happened)
    return RiskSets(
        begins, ends, enters, leaves, dying, at[dying], time, np.bincount(at[dying], minlength=len(time)), stratum
    )


def ordinals(events: Floats, *edges: Floats) -> tuple[Floats, list[Places]]:
    """Return the distinct event times (k), and for each value of the edges how many of these are no later.

    Whole days, which deviations are dated by, are looked up in a table of the days; other times are searched for.
    """
    if not (events.size and _by_day(events, edges)):
        time = np.unique(events)
        return time, [np.searchsorted(time, edge, side="right") for edge in edges]
    first, last = events.min(), events.max()
    there = np.bincount((events - first).astype(np.intp)) > 0
    no_later = np.concatenate([[0], np.cumsum(there)])
    return np.flatnonzero(there) + first, [
        no_later[(np.clip(edge, first - 1, last) - first).astype(np.intp) + 1] for edge in edges
    ]


def _by_day(events: Floats, edges: tuple[Floats, ...]) -> bool:
    few = np.ptp(events) <= _DAYS_PER_EVENT * events.size
    return bool(few and all((edge == np.floor(edge)).all() for edge in (events, *edges)))
