"""Are sites comparable? Two one-sided tests on the log rate ratio against a margin that was declared beforehand.

"Not significantly different" is no evidence of likeness: few events find nothing. A site is comparable only when both a
rate higher by the margin and one lower by it are refuted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, exp, log

import numpy as np
from numpy.typing import ArrayLike

from behavior_metrics.stats import quantiles
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.intervals import Estimate, rate_ratio
from behavior_metrics.stats.refusing import counts, exposures, finite, same_length

TOST_MODEL = "two one-sided t tests on the log rate ratio (Schuirmann 1987)"


class Verdict(StrEnum):
    """What may be said of two rates: alike within the margin, apart, or neither yet."""

    COMPARABLE = "comparable"
    DIFFERENT = "different"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class Equivalence:
    """Rate ratio with its interval of level 1 - 2 alpha, the larger p of the two tests, and the verdict.

    COMPARABLE exactly when the interval lies between 1/margin and margin; DIFFERENT when not, and the interval of level
    1 - alpha leaves out 1.
    """

    ratio: Estimate
    margin: float
    p: float
    verdict: Verdict


def equivalence(
    events: int, exposure: float, other_events: int, other_exposure: float, *, margin: float, alpha: float = 0.05
) -> Equivalence:
    """Compare two rates (events over exposure in one unit): the first over the second, exact and conditional.

    Given all events, the first's are binomial with share r E1 / (r E1 + E2); tested at r = margin (P(X <= x)) and at
    r = 1/margin (P(X >= x)). Source: Schuirmann (1987), Przyborowski and Wilenski (1940); R
    `poisson.test(c(x1, x2), c(E1, E2), r = margin, alternative = "less")` and `r = 1 / margin, "greater"`.

    Raises:
        NoEstimate: a margin of 1 or less, no event on either side, no exposure, counts that are no counts.
    """
    _check(margin, alpha)
    seen, area = counts([events, other_events]), exposures([exposure, other_exposure])
    if not seen.any():
        raise NoEstimate("Not estimable because neither side had an event, so that their ratio is unknown.")
    first, total = int(seen[0]), int(seen.sum())
    above, below = (r * area[0] / (r * area[0] + area[1]) for r in (margin, 1 / margin))
    not_higher = quantiles.binomial_up_to(first, total, float(above))
    not_lower = quantiles.binomial_up_to(total - first, total, 1 - float(below))
    p = max(not_higher, not_lower)
    inner, outer = (
        rate_ratio(int(seen[1]), float(area[1]), first, float(area[0]), level=level).estimate
        for level in (1 - 2 * alpha, 1 - alpha)
    )
    return Equivalence(inner, margin, p, _verdict(p, outer, alpha))


def equivalence_of_estimate(
    log_ratio: float, se: float, df: float, n: int, *, margin: float, alpha: float = 0.05
) -> Equivalence:
    """Compare by an estimate that allows for other things: log rate ratio, its standard error and degrees of freedom.

    t = (log margin ± log_ratio) / se on `df` (sites - 1 for a site-clustered error); `n` rows or sites behind it.
    Source: Schuirmann (1987); R `pt(-t, df)` of either side.

    Raises:
        NoEstimate: a margin of 1 or less, an estimate that is no number, an error or degrees of freedom of nought.
    """
    _check(margin, alpha)
    finite([log_ratio, se], "the estimate")
    if not (se > 0 and df > 0):
        raise NoEstimate("Not estimable because the estimate has no standard error.")
    p = max(quantiles.student_below(df, -(log(margin) + side * log_ratio) / se) for side in (1, -1))

    def within(level: float) -> Estimate:
        reach = quantiles.student(df, (1 + level) / 2) * se
        return Estimate(exp(log_ratio), exp(log_ratio - reach), exp(log_ratio + reach), n, TOST_MODEL, level)

    return Equivalence(within(1 - 2 * alpha), margin, p, _verdict(p, within(1 - alpha), alpha))


def sites_against_network(
    sites: Sequence[str], events: ArrayLike, exposure: ArrayLike, *, margin: float, alpha: float = 0.05
) -> dict[str, Equivalence]:
    """Compare each site with all the others together; the network is comparable when every site is.

    Each test keeps its alpha, as the claim for the network needs all of them (intersection-union, Berger 1982).
    Source and formula as `equivalence`.

    Raises:
        NoEstimate: one site, no event anywhere, a site named twice, or as `equivalence`.
    """
    _check(margin, alpha)
    seen, area = counts(events), exposures(exposure)
    same_length(sites=sites, events=seen, exposure=area)
    if len(set(sites)) != len(sites) or len(sites) < 2:
        raise NoEstimate("Not estimable because comparing needs two sites or more, each once.")
    if not seen.any():
        raise NoEstimate("Not estimable because no site had an event.")
    others, rest = np.sum(seen) - seen, np.sum(area) - area
    return {
        site: equivalence(int(seen[at]), float(area[at]), int(others[at]), float(rest[at]), margin=margin, alpha=alpha)
        for at, site in enumerate(sites)
    }


def events_for_equivalence(margin: float, *, power: float = 0.8, alpha: float = 0.05) -> int:
    """How many events each of two equal sides needs to be found comparable, if their rates are the same.

    2 (z(1 - alpha) + z((1 + power) / 2))² / log(margin)², from the variance 2/n of a log ratio; margin 1.5 takes 105.
    Source: Chow, Shao and Wang (2008), sample size of equivalence.
    """
    _check(margin, alpha)
    distance = quantiles.normal(1 - alpha) + quantiles.normal((1 + power) / 2)
    return ceil(2 * (distance / log(margin)) ** 2)


def _check(margin: float, alpha: float) -> None:
    if not 1 < margin < float("inf"):
        raise NoEstimate("Not estimable because the margin must be declared as a rate ratio above 1.")
    if not 0 < alpha < 0.5:
        raise NoEstimate("Not estimable because alpha lies between 0 and one half.")


def _verdict(p: float, outer: Estimate, alpha: float) -> Verdict:
    if p < alpha:
        return Verdict.COMPARABLE
    return Verdict.CANNOT_TELL if outer.low <= 1 <= outer.high else Verdict.DIFFERENT
