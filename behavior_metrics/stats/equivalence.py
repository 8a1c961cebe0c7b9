"""Are two rates alike enough? Equivalence by two one-sided tests, exact, with a margin declared beforehand.

"No difference found" is not "alike": few events find no difference anywhere. Here alike has to be shown.
"""

from dataclasses import dataclass
from math import ceil, inf, isfinite, log

from behavior_metrics.stats import quantiles
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.intervals import Estimate, rate_ratio

#: Each one-sided test at 5 %, which is the 90 % interval of the ratio lying within the margin.
LEVEL = 0.90
TOST = "two one-sided exact conditional tests on the ratio of rates, 5 % each (Schuirmann 1987)"


@dataclass(frozen=True, slots=True)
class Equivalence:
    """Rate a over rate b with its 90 % interval, and whether that lies within 1/margin to margin.

    ``p`` is the larger of the two one-sided p-values: small, the rates differ by less than the margin.
    ``differs`` says that the whole interval lies outside of it; neither is "cannot tell".
    """

    ratio: Estimate
    margin: float
    p: float
    equivalent: bool
    differs: bool


def equivalent(events_a: int, exposure_a: float, events_b: int, exposure_b: float, margin: float) -> Equivalence:
    """Test whether two Poisson rates differ by less than a factor, on the log scale alike in both directions.

    Parameters: events (counts, 0 or more), exposures (batches, above nought and finite), margin (a factor above 1, such as
    1.5). Given all events, those of a are binomial with share E_a r / (E_a r + E_b) at a ratio r. H0: r >= margin is refused
    when so few or fewer are unlikely at r = margin; H0: r <= 1/margin when so many or more are at r = 1/margin; both at 5 %.

    Returns the ratio with its exact 90 % interval, the larger p and the answer. Raises ``NoEstimate`` without events,
    without exposure, or for a margin that is none.

    Source: Schuirmann (1987); Przyborowski and Wilenski (1940) for the conditional test. R: ``max(poisson.test(c(a, b),
    c(Ea, Eb), r = margin, alternative = "less")$p.value, poisson.test(c(a, b), c(Ea, Eb), r = 1 / margin,
    alternative = "greater")$p.value)``.
    """
    if not isfinite(margin) or margin <= 1:
        raise NoEstimate("Not estimable because the margin has to be a factor above 1, such as 1.5.")
    if min(events_a, events_b) < 0:
        raise NoEstimate("Not estimable because a count of events is below nought.")
    if not all(isfinite(area) and area > 0 for area in (exposure_a, exposure_b)):
        raise NoEstimate("Not estimable because one of the two has no batches to count from.")
    total = events_a + events_b
    if total == 0:
        raise NoEstimate("Not estimable because neither of the two had an event.")
    ratio = rate_ratio(events_b, exposure_b, events_a, exposure_a, level=LEVEL).estimate
    p_below = quantiles.binomial_up_to(events_a, total, _share(exposure_a * margin, exposure_b))
    # so many of a or more is so few of b or fewer
    p_above = quantiles.binomial_up_to(events_b, total, _share(exposure_b * margin, exposure_a))
    p = max(p_below, p_above)
    outside = ratio.low > margin or ratio.high < 1 / margin
    return Equivalence(ratio, margin, p, p < (1 - LEVEL) / 2, outside)


def events_for_equivalence(margin: float, *, power: float = 0.8, alpha: float = 0.05) -> int:
    """How many events each of two equal sides needs to be found comparable, if their rates are the same.

    2 (z(1 - alpha) + z((1 + power) / 2))² / log(margin)², from the variance 2/n of a log ratio; margin 1.5 takes 105.
    Source: Chow, Shao and Wang (2008), sample size of equivalence.
    """
    if not 1 < margin < inf:
        raise NoEstimate("Not estimable because the margin has to be a factor above 1, such as 1.5.")
    distance = quantiles.normal(1 - alpha) + quantiles.normal((1 + power) / 2)
    return ceil(2 * (distance / log(margin)) ** 2)


def _share(one: float, other: float) -> float:
    return one / (one + other)
