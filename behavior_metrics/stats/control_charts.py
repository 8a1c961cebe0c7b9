"""Is this period like the ones before? Control limits for rates, gaps between rare events, and sites side by side."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

# Mean absolute difference of two standard normals (d2 for ranges of two).
_D2 = 1.128
_FEWEST_FOR_SPREAD = 2


@dataclass(frozen=True, slots=True)
class RateLimits:
    """u chart: centre line and 3-sigma limits per period, plain and widened by `sigma_z` for overdispersion (Laney)."""

    centre: float
    low: Floats
    high: Floats
    sigma_z: float
    low_prime: Floats
    high_prime: Floats


@dataclass(frozen=True, slots=True)
class GapLimits:
    """g chart: mean event-free gap and its upper limit. The lower is 0, so it can show improvement alone."""

    mean: float
    high: float


@dataclass(frozen=True, slots=True)
class Funnel:
    """Sites against expectation: overdispersion `phi`, variance between sites `tau2`, and z after allowing for it."""

    phi: float
    tau2: float
    z: Floats


def rate_limits(events: ArrayLike, exposure: ArrayLike) -> RateLimits:
    """Shewhart's u chart and its u' twin for events (n) over exposure (n, above nought; leave out periods without).

    Three-sigma limits; sigma_z from moving ranges of the z-scores, after Laney (2002). Lower limits stop at 0.
    """
    count, area = np.asarray(events, float), np.asarray(exposure, float)
    centre = float(count.sum() / area.sum())
    sigma = np.sqrt(centre / area)
    z = np.divide(count / area - centre, sigma, out=np.zeros_like(area), where=sigma > 0)
    sigma_z = float(np.mean(np.abs(np.diff(z))) / _D2) if z.size >= _FEWEST_FOR_SPREAD else 1.0
    low, low_prime = (np.maximum(centre - 3 * k * sigma, 0) for k in (1, sigma_z))
    return RateLimits(centre, low, centre + 3 * sigma, sigma_z, low_prime, centre + 3 * sigma_z * sigma)


def gap_limits(gaps: ArrayLike) -> GapLimits:
    """Limits of a g chart: event-free units (batches) between events, 0 or more each.

    Benneyan (2001), support from 0; `qcc` 3.0 counts from 1 and gives other limits.
    """
    mean = float(np.mean(np.asarray(gaps, float)))
    return GapLimits(mean, mean + 3 * (mean * (mean + 1)) ** 0.5)


def cusum(events: ArrayLike, exposure: ArrayLike, usual: float, raised: float) -> Floats:
    """Evidence (log-likelihood) that the rate moved from `usual` to `raised`, restarting at 0 (Page 1954)."""
    count, area = np.asarray(events, float), np.asarray(exposure, float)
    walk = np.cumsum(count * np.log(raised / usual) - area * (raised - usual))
    return np.asarray(walk - np.minimum(np.minimum.accumulate(walk), 0))


def funnel(observed: ArrayLike, expected: ArrayLike, method: Literal["CQC", "SHMI"] = "CQC") -> Funnel:
    """Spiegelhalter (2005) with additive overdispersion; R `FunnelPlotR`.

    CQC: square roots, extreme tenths drawn in (winsorised). SHMI: logs, the tenth of sites at either end left out;
    -inf for a site without events.
    """
    seen, usual = np.asarray(observed, float), np.asarray(expected, float)
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
    phi = float(np.mean(kept**2))
    weight = 1 / error[used] ** 2
    surplus = used.size * phi - (used.size - 1)
    tau2 = max(0.0, float(surplus / (weight.sum() - (weight**2).sum() / weight.sum())))
    return Funnel(phi, tau2, distance / np.sqrt(error**2 + tau2))
