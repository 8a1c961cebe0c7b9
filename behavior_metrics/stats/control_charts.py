"""Is this period like the ones before? Control limits for rates, gaps between rare events, and sites side by side."""

from dataclasses import dataclass
from math import ceil, log, log1p
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from behavior_metrics.stats import quantiles
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.refusing import Floats, counts, exposures, same_length

# Mean absolute difference of two standard normals (d2 for ranges of two).
_D2 = 1.128
_FEWEST_FOR_SPREAD = 2
# What three standard deviations leave out on either side of a normal.
_BEYOND_THREE_SIGMA = 0.00135


@dataclass(frozen=True, slots=True)
class RateLimits:
    """u or p chart: centre line, 3-sigma limits per period, plain and scaled by `sigma_z` for overdispersion (Laney)."""

    centre: float
    low: Floats
    high: Floats
    sigma_z: float
    low_prime: Floats
    high_prime: Floats


@dataclass(frozen=True, slots=True)
class GapLimits:
    """g chart: mean event-free gap and its upper 3-sigma limit, whose lower is 0 and so can show improvement alone.

    `probable_low` and `probable_high` leave .135 % of gaps outside on either side. `zero_run` gaps of nought on end are
    rarer than that as well: the sign that events came closer together. `zero_runs` are the places (0 first) where that
    many or more have come.
    """

    mean: float
    high: float
    probable_low: int
    probable_high: int
    zero_run: int
    zero_runs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Funnel:
    """Sites against expectation: overdispersion `phi`, variance between sites `tau2`, and z after allowing for it."""

    phi: float
    tau2: float
    z: Floats


def rate_limits(events: ArrayLike, exposure: ArrayLike) -> RateLimits:
    """Shewhart's u chart and its u' twin for events (n) over exposure (n, above nought; leave out periods without).

    ū ± 3 sqrt(ū / n_i); sigma_z from moving ranges of the z-scores, after Laney (2002); below 1 it narrows the limits.
    Lower limits stop at 0.

    Raises:
        NoEstimate: no event at all, counts that are no counts, no exposure or one beyond reason, columns of
            different length.
    """
    count, area = counts(events), exposures(exposure)
    same_length(events=count, exposure=area)
    if not count.any():
        raise NoEstimate(
            "Not estimable because no event occurred in any period: show the exact upper limit of the rate."
        )
    centre = float(count.sum() / area.sum())
    return _laney(count / area, np.sqrt(centre / area), centre, np.inf)


def share_limits(events: ArrayLike, of: ArrayLike) -> RateLimits:
    """p chart and its p' twin: events (n) out of `of` (n, whole and above nought), as records right the first time.

    p̄ ± 3 sqrt(p̄ (1 - p̄) / n_i), Laney's sigma_z as for `rate_limits`; limits stop at 0 and 1. Source: Shewhart (1931),
    Laney (2002); R `qicharts2::qic(chart = "pp")`.

    Raises:
        NoEstimate: as `rate_limits`, everything or nothing in every period, and more events than they are out of.
    """
    count, size = counts(events), counts(exposures(of, "the number they are out of"), "the number they are out of")
    same_length(events=count, of=size)
    if (count > size).any():
        raise NoEstimate("Not estimable because some period has more events than there were records.")
    centre = float(count.sum() / size.sum())
    if centre in {0.0, 1.0}:
        raise NoEstimate("Not estimable because the share is the same end of its scale in every period.")
    return _laney(count / size, np.sqrt(centre * (1 - centre) / size), centre, 1.0)


def gap_limits(gaps: ArrayLike) -> GapLimits:
    """Limits of a g chart: event-free units (batches) between events, 0 or more each.

    ḡ + 3 sqrt(ḡ (ḡ + 1)); quantiles of the geometric distribution with p = 1 / (ḡ + 1), as R `qgeom`; k gaps of nought on
    end have probability p^k. Benneyan (2001), support from 0; `qcc` 3.0 counts from 1 and gives other limits.

    Raises:
        NoEstimate: no gap, gaps below nought or in parts of a unit, or nothing but gaps of nought.
    """
    between = counts(gaps, "the gap between events")
    mean = float(between.mean())
    if mean == 0:
        raise NoEstimate("Not estimable because every gap is nought: a chart of rates shows so many events.")
    rate = 1 / (mean + 1)
    low, high = (ceil(log1p(-p) / log1p(-rate) - 1) for p in (_BEYOND_THREE_SIGMA, 1 - _BEYOND_THREE_SIGMA))
    run = ceil(log(_BEYOND_THREE_SIGMA) / log(rate))
    length, places = 0, []
    for place, gap in enumerate(between):
        length = 0 if gap else length + 1
        if length >= run:
            places.append(place)
    return GapLimits(mean, mean + 3 * (mean * (mean + 1)) ** 0.5, max(low, 0), high, run, tuple(places))


def cusum(events: ArrayLike, exposure: ArrayLike, usual: float, raised: float) -> Floats:
    """Evidence (log-likelihood) that the rate moved from `usual` to `raised`, restarting at 0.

    S = max(0, S + y log(raised / usual) - n (raised - usual)), for events y over exposure n. Source: Page (1954); with
    exposure that varies, Mei, Han and Tsui (2011).

    Raises:
        NoEstimate: as `rate_limits`, and rates that are not above nought or are equal.
    """
    count, area = counts(events), exposures(exposure)
    same_length(events=count, exposure=area)
    if not (usual > 0 and raised > 0 and usual != raised):
        raise NoEstimate("Not estimable because a drift needs two different rates above nought.")
    walk = np.cumsum(count * np.log(raised / usual) - area * (raised - usual))
    return np.asarray(walk - np.minimum(np.minimum.accumulate(walk), 0))


def funnel(observed: ArrayLike, expected: ArrayLike, method: Literal["CQC", "SHMI"] = "CQC") -> Funnel:
    """Spiegelhalter (2005) with additive overdispersion; R `FunnelPlotR`.

    CQC: square roots, extreme tenths drawn in (winsorised). SHMI: logs, the tenth of sites at either end left out;
    -inf for a site without events.

    Raises:
        NoEstimate: fewer than two sites, counts that are no counts, nothing expected, columns of different length, or on
            the log scale more than a tenth of sites without events.
    """
    seen, usual = counts(observed), exposures(expected, "the expected count")
    same_length(observed=seen, expected=usual)
    if seen.size < _FEWEST_FOR_SPREAD:
        raise NoEstimate("Not estimable because one site has no others to lie among.")
    with np.errstate(divide="ignore"):
        distance = np.sqrt(seen / usual) - 1 if method == "CQC" else np.log(seen / usual)
    error = 1 / np.sqrt(usual) / (2 if method == "CQC" else 1)
    z = distance / error
    if method == "CQC":
        used = np.arange(z.size)
        kept = np.clip(z, *np.quantile(z, [0.1, 0.9]))
    else:
        tenth = z.size // 10
        used = np.argsort(z)[tenth : z.size - tenth]
        kept = z[used]
        if not np.isfinite(kept).all():
            raise NoEstimate("Not estimable on the log scale because more than a tenth of the sites had no event.")
    phi = float(np.mean(kept**2))
    weight = 1 / error[used] ** 2
    surplus = used.size * phi - (used.size - 1)
    tau2 = max(0.0, float(surplus / (weight.sum() - (weight**2).sum() / weight.sum())))
    return Funnel(phi, tau2, distance / np.sqrt(error**2 + tau2))


def funnel_limits(expected: ArrayLike, *, level: float = 0.95) -> tuple[Floats, Floats]:
    """Exact Poisson limits (low, high) of observed over expected, by the expected count of each site.

    qgamma(tail, E) / E, as R; funnels are drawn at .95 and .998. Source: Spiegelhalter (2005).

    Raises:
        NoEstimate: nothing expected at some site.
    """
    usual = exposures(expected, "the expected count")
    tail = (1 - level) / 2
    low, high = (
        np.array([quantiles.gamma(e + more, p) for e in usual]) / usual for more, p in ((0, tail), (1, 1 - tail))
    )
    return low, high


def _laney(share: Floats, sigma: Floats, centre: float, most: float) -> RateLimits:
    z = np.divide(share - centre, sigma, out=np.zeros_like(sigma), where=sigma > 0)
    sigma_z = float(np.mean(np.abs(np.diff(z))) / _D2) if z.size >= _FEWEST_FOR_SPREAD else 1.0
    low, low_prime = (np.maximum(centre - 3 * k * sigma, 0) for k in (1, sigma_z))
    high, high_prime = (np.minimum(centre + 3 * k * sigma, most) for k in (1, sigma_z))
    return RateLimits(centre, low, high, sigma_z, low_prime, high_prime)
