"""Intervals for the counts of a small network: rates, shares and the ratio of two rates.

Counts here are small (nought in 60 batches, 2 of 6 commitments), so limits are exact or, for a raw share, Wilson's;
none is a value plus or minus two standard errors.
"""

from dataclasses import dataclass
from math import isfinite

from behavior_metrics.stats import quantiles

POISSON_EXACT = "exact Poisson interval (Garwood 1936)"
WILSON = "score interval (Wilson 1927)"
BETA = "equal-tailed Beta interval"
RATIO_EXACT = "exact conditional interval of a rate ratio (Clopper and Pearson 1934 on the share of events)"


#: Exposure from here on is taken for a slip of the hand; give it in larger units (batches, not seconds).
LARGEST_EXPOSURE = 1e9


class NoEstimate(ValueError):
    """These data give no figure, and why: nothing to count from, no finite maximum, one effect not told from another."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number that never travels without its doubt.

    `value`, `low` and `high` share one unit; `n` is what carries the information (events of a rate, trials of a share,
    cells of an association); `method` names the interval as it is quoted; `level` is its nominal coverage.
    """

    value: float
    low: float
    high: float
    n: int
    method: str
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class RateRatio:
    """Later rate over earlier rate, with the one-sided exact p of "no lower than before" (small p: lower)."""

    estimate: Estimate
    p_lower: float


def rate_interval(events: int, exposure: float, *, per: float = 100.0, level: float = 0.95) -> Estimate:
    """Events per `per` units of exposure (batches, hours) with the exact Poisson interval.

    Source: Garwood (1936); R `poisson.test(x, T)$conf.int`. 0 events in 60 batches give 0 to 6.15 per 100.
    Raises NoEstimate for exposure that is missing, nought (no batches made is "no exposure", never a rate of nought) or a
    thousand million and more, and for a broken count.
    """
    _check_rate(events, exposure)
    tail = (1 - level) / 2
    scale = per / exposure
    low = quantiles.gamma(events, tail) if events else 0.0
    high = quantiles.gamma(events + 1, 1 - tail)
    return Estimate(events * scale, low * scale, high * scale, events, POISSON_EXACT, level)


def share_wilson(x: int, n: int, *, level: float = 0.95) -> Estimate:
    """Share x of n, from 0 to 1, with Wilson's score interval.

    Source: Wilson (1927); R `prop.test(x, n, correct = FALSE)`. 2 of 6 give .10 to .70.
    """
    _check_share(x, n)
    z = quantiles.normal((1 + level) / 2)
    p = x / n
    denominator = 1 + z * z / n
    centre = (p + z * z / (2 * n)) / denominator
    half = z * (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5 / denominator
    # At 0 and n the limit is exactly the end of the scale; arithmetic would leave 1e-17 of dust.
    low = 0.0 if x == 0 else centre - half
    high = 1.0 if x == n else centre + half
    return Estimate(p, low, high, n, WILSON, level)


def share_beta(x: int, n: int, *, prior_share: float = 0.5, prior_weight: float = 1.0, level: float = 0.95) -> Estimate:
    """Share x of n drawn towards `prior_share` as if `prior_weight` more trials had shown it; Beta interval.

    The default is Jeffreys' prior. With the network's rate and a weight of 10 it is the shrunken share of the
    follow-through index. `n` may be 0: the answer is then the prior alone, as wide as it is.

    Source: own definition; R `qbeta`.
    """
    if not 0 < prior_share < 1 or prior_weight <= 0:
        raise ValueError("A Beta prior needs a share strictly between 0 and 1 and a weight above nought.")
    if not 0 <= x <= n:
        raise ValueError(f"A share needs 0 <= x <= n, not {x} of {n}.")
    a = x + prior_weight * prior_share
    b = n - x + prior_weight * (1 - prior_share)
    tail = (1 - level) / 2
    return Estimate(a / (a + b), quantiles.beta(a, b, tail), quantiles.beta(a, b, 1 - tail), n, BETA, level)


def rate_ratio(
    before_events: int, before_exposure: float, after_events: int, after_exposure: float, *, level: float = 0.95
) -> RateRatio:
    """Rate after over rate before, conditional on the total: given all events, those after are binomial.

    Source: Clopper and Pearson (1934) on the share; R `poisson.test(c(after, before), c(T2, T1))`.
    9 in 52 then 3 in 41 batches: ratio .42, one-sided p .15. Without any event the ratio is unknown (nan, 0 to inf).
    Raises NoEstimate as `rate_interval` does.
    """
    _check_rate(before_events, before_exposure)
    _check_rate(after_events, after_exposure)
    total = before_events + after_events
    if total == 0:
        return RateRatio(Estimate(float("nan"), 0.0, float("inf"), 0, RATIO_EXACT, level), 1.0)
    tail = (1 - level) / 2
    odds_to_ratio = before_exposure / after_exposure
    share_low = quantiles.beta(after_events, before_events + 1, tail) if after_events else 0.0
    share_high = quantiles.beta(after_events + 1, before_events, 1 - tail) if before_events else 1.0
    value = after_events / before_events * odds_to_ratio if before_events else float("inf")
    high = share_high / (1 - share_high) * odds_to_ratio if share_high < 1 else float("inf")
    low = share_low / (1 - share_low) * odds_to_ratio
    null_share = after_exposure / (before_exposure + after_exposure)
    return RateRatio(
        Estimate(value, low, high, total, RATIO_EXACT, level), quantiles.binomial_up_to(after_events, total, null_share)
    )


def _check_share(x: int, n: int) -> None:
    if n <= 0 or not 0 <= x <= n:
        raise ValueError(f"A share needs 0 <= x <= n with n above nought, not {x} of {n}.")


def _check_rate(events: float, exposure: float) -> None:
    if not isfinite(exposure) or not 0 < exposure < LARGEST_EXPOSURE:
        raise NoEstimate(
            "Not estimable because the exposure is missing, nought, or so large that it is taken for a slip."
        )
    if not isfinite(events) or events < 0 or events != int(events):
        raise NoEstimate("Not estimable because a count of events is missing, negative or not a whole number.")
