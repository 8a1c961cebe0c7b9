"""Guards against the reporting paradox: more records may mean more candour, and fewer may mean silence.

Deviations that somebody raised and those that were found anyway are never added up here: no function returns their sum
as a rate. Twenty and 28 of 100 true errors become 42 and 10 of 70: records rise by 8 % while errors fall by 30 %.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import exp, log, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from behavior_metrics.stats import quantiles
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.intervals import Estimate, RateRatio, rate_interval, rate_ratio, share_wilson
from behavior_metrics.stats.poisson import fit_poisson
from behavior_metrics.stats.refusing import Floats, counts, exposures, finite, same_length

CHAPMAN = "Chapman (1951) with the log-normal interval of what nobody saw (Chao 1987)"
MEDIAN_EXACT = "median with the exact interval of order statistics (sign test)"

#: A share of self-reports that moved by more points than these has changed what a count of records means.
MOST_POINTS = 10.0
_FEWEST_FOR_MEDIAN = 6
_DUST, _STEP_TOLERANCE, _MOST_STEPS, _FURTHEST = 1e-9, 1e-10, 100, 500.0


@dataclass(frozen=True, slots=True)
class Detected:
    """Deviations of a period that somebody raised, those found independently, and the exposure (batches)."""

    self_reported: int
    independent: int
    exposure: float


@dataclass(frozen=True, slots=True)
class Rates:
    """The two rates per 100 of exposure, always beside each other; there is no total on purpose."""

    self_reported: Estimate
    independent: Estimate


class Reporting(StrEnum):
    """Which way reporting moved between two periods."""

    ROSE = "rose"
    FELL = "fell"
    STEADY = "steady"


@dataclass(frozen=True, slots=True)
class Shift:
    """Share of self-reports before and after (0 to 1), by how many points it moved, and the ratio of either rate.

    `independent` is the one to read for errors; where `reporting` is not STEADY, `self_reported` speaks of candour.
    """

    before: Estimate
    after: Estimate
    points: float
    reporting: Reporting
    self_reported: RateRatio
    independent: RateRatio


@dataclass(frozen=True, slots=True)
class Captured:
    """How many deviations there were, from two independent looks: estimate, standard error, and how many were seen."""

    estimate: Estimate
    se: float
    seen: int


@dataclass(frozen=True, slots=True)
class Directions:
    """Log rate ratio per point of `x`, all sites thrown together and within sites, and whether they point apart."""

    pooled: float
    within: float

    @property
    def reverses(self) -> bool:
        """Pooling turns the direction that holds within sites (Simpson's paradox): only `within` may be shown."""
        return self.pooled * self.within < 0


def rates_apart(period: Detected, *, level: float = 0.95) -> Rates:
    """Both rates per 100 of exposure with exact intervals (Garwood 1936).

    Raises:
        NoEstimate: no exposure, or counts that are no counts.
    """
    raised, found, exposure = _checked(period)
    return Rates(rate_interval(raised, exposure, level=level), rate_interval(found, exposure, level=level))


def reporting_shift(before: Detected, after: Detected, *, most_points: float = MOST_POINTS) -> Shift:
    """Did reporting move between two periods? It did when the share of self-reports moved by more than 10 points.

    Shares with Wilson's interval, ratios after over before, exact. Source: Wilson (1927); R `prop.test(correct = FALSE)`,
    `poisson.test`.

    Raises:
        NoEstimate: no exposure, counts that are no counts, or a period without any deviation, whose share is unknown.
    """
    (raised, found, area), (later_raised, later_found, later_area) = _checked(before), _checked(after)
    if not raised + found or not later_raised + later_found:
        raise NoEstimate("Not estimable because a period without any deviation has no share of self-reports.")
    first, second = share_wilson(raised, raised + found), share_wilson(later_raised, later_raised + later_found)
    points = 100 * (second.value - first.value)
    # Ten points are ten points, whatever a division leaves behind the comma.
    moved = abs(points) > most_points + 1e-9
    direction = Reporting.STEADY if not moved else Reporting.ROSE if points > 0 else Reporting.FELL
    return Shift(
        first,
        second,
        points,
        direction,
        rate_ratio(raised, area, later_raised, later_area),
        rate_ratio(found, area, later_found, later_area),
    )


def capture_recapture(self_reported: int, audit_found: int, both: int, *, level: float = 0.95) -> Captured:
    """How many deviations there truly were in audited batches: N = (n1 + 1)(n2 + 1) / (m + 1) - 1.

    `self_reported` n1 and `audit_found` n2 of the same batches, `both` m. Variance (n1 + 1)(n2 + 1)(n1 - m)(n2 - m) /
    ((m + 1)² (m + 2)) (Seber 1982). 14, 11 and 7 give 21.5 (standard error 3.0) where 18 were seen. Where one look saw
    all that the other did, the upper limit comes from the exact share of what it saw (Clopper and Pearson 1934). The two
    looks must not know of each other; if they do, the true number is larger. Source: Chapman (1951), Chao (1987).

    Raises:
        NoEstimate: more in both than in either, nothing found by both, or counts that are no counts.
    """
    n1, n2, m = (int(count) for count in counts([self_reported, audit_found, both]))
    if m > min(n1, n2):
        raise NoEstimate(f"Not estimable because {m} found both ways is more than one way found.")
    if m == 0:
        raise NoEstimate("Not estimable because no deviation was found both ways; audit more batches.")
    total = (n1 + 1) * (n2 + 1) / (m + 1) - 1
    variance = (n1 + 1) * (n2 + 1) * (n1 - m) * (n2 - m) / ((m + 1) ** 2 * (m + 2))
    seen = n1 + n2 - m
    if variance:
        unseen = total - seen
        stretch = exp(quantiles.normal((1 + level) / 2) * sqrt(log(1 + variance / unseen**2)))
        low, high = seen + unseen / stretch, seen + unseen * stretch
    else:
        low, high = float(seen), seen / quantiles.beta(m, 1, (1 - level) / 2)
    return Captured(Estimate(total, low, high, seen, CHAPMAN, level), sqrt(variance), seen)


def raise_delay(hours: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Median hours from occurrence to record, with the exact interval of two order statistics.

    The limits are the k-th smallest and k-th largest, k the largest with P(Bin(n, 1/2) < k) <= (1 - level)/2. Source:
    Conover (1999), 3.2; R `DescTools::MedianCI(method = "exact")`.

    Raises:
        NoEstimate: a delay below nought or missing, or fewer than 6, which have no interval at 95 %.
    """
    delays = np.sort(finite(hours, "the delay"))
    if delays[0] < 0:
        raise NoEstimate("Not estimable because some deviation was recorded before it occurred.")
    n, tail = delays.size, (1 - level) / 2
    if n < _FEWEST_FOR_MEDIAN or quantiles.binomial_up_to(0, n, 0.5) > tail:
        raise NoEstimate(f"Not estimable because {n} delays are too few for an interval of their median.")
    below, k = 0, n // 2 + 1  # P(Bin < k) grows with k: halved, since a network has a hundred thousand delays
    while k - below > 1:
        middle = (below + k) // 2
        below, k = (below, middle) if quantiles.binomial_up_to(middle, n, 0.5) > tail else (middle, k)
    return Estimate(float(np.median(delays)), float(delays[k - 1]), float(delays[n - k]), n, MEDIAN_EXACT, level)


def simpson_guard(events: ArrayLike, exposure: ArrayLike, x: ArrayLike, site: Sequence[str]) -> Directions:
    """Compare the direction over all rows with the direction within sites, by Poisson regression with log exposure.

    `events` and `exposure` per row, `x` what they are set against (climate, or 0 before and 1 after), `site` of the row.
    Within sites each has its own level. Source: Simpson (1951), Robinson (1950); R `glm(y ~ x + factor(site), poisson,
    offset = log(exposure))` with and without the site.

    Raises:
        NoEstimate: one site, `x` that does not vary within any, counts or exposure that are none, or no finite estimate.
    """
    y, area, given = counts(events), exposures(exposure), finite(x, "what the events are set against")
    same_length(events=y, exposure=area, x=given, site=site)
    names, member = np.unique(np.asarray(site).astype(str), return_inverse=True)
    if names.size < 2:
        raise NoEstimate("Not estimable because one site cannot be held against others.")
    if not y.any():
        raise NoEstimate("Not estimable because there is no event at all.")
    middle = given - given.mean()
    pooled = fit_poisson(y, np.column_stack([middle, np.ones(y.size)]), np.log(area))
    return Directions(float(pooled.coef[0]), _slope_within(y, area, middle, member))


def _slope_within(y: Floats, area: Floats, x: Floats, member: NDArray[np.intp]) -> float:
    """Slope with a level per site: the levels are profiled out, so that 500 sites cost no more than their rows.

    Given each site's total, events fall on its rows as multinomial with weights exposure exp(b x): the same maximum.
    """
    total = np.bincount(member, y)
    least, most = np.full(total.size, np.inf), np.full(total.size, -np.inf)
    np.minimum.at(least, member, x)
    np.maximum.at(most, member, x)
    told = total > 0  # a site without events fits any level, however low, and tells nothing of a direction within it
    seen, ends = float(y @ x), (float(total[told] @ least[told]), float(total[told] @ most[told]))
    if not ends[0] + _DUST < seen < ends[1] - _DUST:
        raise NoEstimate("Not estimable because within sites it does not vary, or events lie at one end of it alone.")

    def weights(slope: float) -> Floats:
        return np.asarray(area * np.exp(np.clip(slope * x, -_FURTHEST, _FURTHEST)))

    def height(slope: float) -> float:
        return slope * seen - float(total[told] @ np.log(np.bincount(member, weights(slope))[told]))

    slope, now = 0.0, height(0.0)
    for _ in range(_MOST_STEPS):
        weight = weights(slope)
        weight = weight / np.bincount(member, weight)[member]
        mean = np.bincount(member, weight * x)
        curve = float(total @ np.bincount(member, weight * (x - mean[member]) ** 2))
        step = (seen - float(total @ mean)) / curve
        while (after := height(slope + step)) < now - abs(now) * _STEP_TOLERANCE:
            step /= 2
        slope, now = slope + step, after
        if abs(step) < _STEP_TOLERANCE * (abs(slope) + 1):
            return slope
    raise NoEstimate("Not estimable because the likelihood did not settle on a maximum.")


def _checked(period: Detected) -> tuple[int, int, float]:
    raised, found = (int(count) for count in counts([period.self_reported, period.independent]))
    return raised, found, float(exposures(period.exposure))
