"""How long until it happens again, and how often by then: curves over time since the index deviation."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from behavior_metrics.stats import quantiles

_LEVEL_TAIL = 0.975

Floats = NDArray[np.float64]


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
    """Mean number of events per unit under observation at each event time, and its robust variance."""

    time: Floats
    at_risk: NDArray[np.intp]
    mean: Floats
    variance: Floats


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
    begin, end, events = (np.asarray(a, float) for a in (start, stop, count))
    _, member = np.unique(np.asarray(unit), return_inverse=True)
    at = np.unique(end[events > 0])
    at_risk = np.searchsorted(np.sort(begin), at) - np.searchsorted(np.sort(end), at)
    totals = np.bincount(np.searchsorted(at, end[events > 0]), events[events > 0], minlength=at.size)
    mean = np.cumsum(totals / at_risk)
    # Each unit's own events less those expected of it while observed, per unit at risk, added up over time.
    residual = np.zeros((int(member.max()) + 1, at.size + 1))
    position = np.searchsorted(at, end[events > 0])
    np.add.at(residual, (member[events > 0], position), events[events > 0] / at_risk[position])
    observed = np.zeros_like(residual)
    np.add.at(observed, (member, np.searchsorted(at, begin, side="right")), 1)
    np.add.at(observed, (member, np.searchsorted(at, end, side="right")), -1)
    expected = np.cumsum(observed, axis=1)[:, :-1] * (totals / at_risk**2)
    deviation = np.cumsum(residual[:, :-1] - expected, axis=1)
    return MeanCountCurve(at, at_risk, mean, np.sum(deviation**2, axis=0))
