"""How long until it happens again, and how often by then: curves over time since the index deviation."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from behavior_metrics.stats import quantiles
from behavior_metrics.stats.counts import members
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.refusing import Floats, finite
from behavior_metrics.stats.risk_sets import ordinals

_LEVEL_TAIL = 0.975


@dataclass(frozen=True, slots=True)
class SurvivalCurve:
    """Share without the event at each event time, with Greenwood's error and log-log 95 % limits.

    Error and limits are nan where the share is 0.
    """

    time: Floats
    at_risk: NDArray[np.intp]
    share: Floats
    se: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class MeanCountCurve:
    """Mean number of events per unit under observation at each event time, and its variance.

    `variance` is the robust one; `poisson_variance` would hold if a unit's events did not hang together.
    """

    time: Floats
    at_risk: NDArray[np.intp]
    mean: Floats
    variance: Floats
    poisson_variance: Floats

    def limits(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Return low and high limits at each time, on the log scale so that neither falls below nought."""
        reach = np.exp(quantiles.normal((1 + level) / 2) * np.sqrt(self.variance) / self.mean)
        return self.mean / reach, self.mean * reach


def time_to_first(time: ArrayLike, event: ArrayLike) -> SurvivalCurve:
    """Kaplan and Meier (1958): `time` observed (n), `event` 1 where it ended in one, 0 where observation stopped.

    R `survfit(Surv(time, event) ~ 1, conf.type = "log-log")`.
    """
    seen = np.asarray(time, float)
    happened = np.asarray(event) > 0
    at, deaths = np.unique(seen[happened], return_counts=True)
    at_risk = seen.size - np.searchsorted(np.sort(seen), at)
    share = np.cumprod(1 - deaths / at_risk)
    some = share > 0  # at 0 nobody is left, and no limit is defined
    left = at_risk[some] - deaths[some]
    spread = np.sqrt(np.cumsum(deaths[some] / (at_risk[some] * left)))
    reach = np.exp(quantiles.normal(_LEVEL_TAIL) * spread / np.log(share[some]))
    se, low, high = (np.full(share.shape, np.nan) for _ in range(3))
    se[some], low[some], high[some] = share[some] * spread, share[some] ** (1 / reach), share[some] ** reach
    return SurvivalCurve(at, at_risk, np.asarray(share, np.float64), se, low, high)


def mean_cumulative_count(unit: ArrayLike, start: ArrayLike, stop: ArrayLike, count: ArrayLike) -> MeanCountCurve:
    """Mean cumulative number of events with the robust variance of Lawless and Nadeau (1995).

    Rows are (start, stop] spells of a `unit` with `count` events at stop; units may join late and have gaps, and two
    events on one day are one row of count 2. R `survfit(Surv(start, stop, event) ~ 1, id = unit)` and `reda::mcf`.
    """
    end = finite(stop, "stop")
    begin, events = finite(start, "start", rows=end.size), finite(count, "count", rows=end.size)
    member = members(unit, "unit", at_least=1, rows=end.size)
    order = _in_order(member, begin)
    _check_spells(begin, end, events, member, order)
    at, (enters, leaves) = ordinals(end[events > 0], begin, end)
    at_risk = np.cumsum(np.bincount(enters, minlength=at.size + 1) - np.bincount(leaves, minlength=at.size + 1))[:-1]
    happened = np.flatnonzero(events)
    when, own = leaves[happened] - 1, events[happened]
    totals = np.bincount(when, own, at.size)
    share = totals / at_risk
    # What is expected of one unit at each time, per unit at risk, and its running sum before each time.
    expected = share / at_risk
    before = np.concatenate([[0.0], np.cumsum(expected)])
    # A unit's deviation D: own events less expected ones, per unit at risk, added up while it is observed. While a spell
    # lasts, D falls along `before` alone, so D before a time is a constant of the spell less `before` at that time; and
    # the sum of D squared grows at each time by 2 D dD + dD squared. Nothing of the size units x times is made.
    moves = before[enters] - before[leaves]
    moves[happened] += own / at_risk[when]
    constant = _sum_of_earlier(moves, member, order) + before[enters]
    running = np.cumsum(np.bincount(enters, constant, at.size + 1) - np.bincount(leaves, constant, at.size + 1))[:-1]
    of_all = running - before[:-1] * at_risk
    of_those = np.bincount(when, (constant[happened] - before[when]) * own, at.size) / at_risk
    squares = np.bincount(when, own**2, at.size) / at_risk**2 - share**2 / at_risk
    variance = np.maximum(
        np.cumsum(squares + 2 * (of_those - expected * of_all)), 0.0
    )  # of one unit it is 0, not -1e-17
    return MeanCountCurve(at, at_risk, np.cumsum(share), variance, np.cumsum(expected))


def _in_order(member: NDArray[np.intp], begin: Floats) -> NDArray[np.intp]:
    """Return the order of spells by unit and time; those that come so, as most files do, are not sorted again."""
    step = np.diff(member)
    if ((step > 0) | ((step == 0) & (np.diff(begin) >= 0))).all():
        return np.arange(member.size)
    return np.lexsort((begin, member))


def _sum_of_earlier(value: Floats, member: NDArray[np.intp], order: NDArray[np.intp]) -> Floats:
    """Return for each spell the sum of a value over the earlier spells of its unit; `order` is by unit and time."""
    running = np.cumsum(value[order]) - value[order]
    first = np.flatnonzero(np.diff(member[order], prepend=-1))
    earlier = np.empty_like(value)
    earlier[order] = running - np.repeat(running[first], np.diff(first, append=value.size))
    return earlier


def _check_spells(
    begin: Floats, end: Floats, events: Floats, member: NDArray[np.intp], order: NDArray[np.intp]
) -> None:
    if (end <= begin).any():
        raise NoEstimate("Not estimable because a spell does not end after it starts.")
    if (events < 0).any() or (events % 1).any():
        raise NoEstimate("Not estimable because a count is not a whole number of events.")
    if not events.any():
        raise NoEstimate("Not estimable because no spell ends in an event.")
    same = member[order][1:] == member[order][:-1]
    if (same & (begin[order][1:] < end[order][:-1])).any():
        raise NoEstimate("Not estimable because a unit is observed twice at one time.")
