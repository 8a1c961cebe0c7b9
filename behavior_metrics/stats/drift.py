"""Small shifts that three-sigma limits miss: EWMA, thresholds of a CUSUM from how often it may cry wolf, and run rules.

A threshold is chosen by its average run length (ARL): how many periods pass, when nothing changed, before it is crossed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from math import ceil, comb, lgamma, log, log2, sqrt

import numpy as np
from numpy.typing import ArrayLike

from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.refusing import Floats, counts, exposures, finite, same_length

#: A false alarm once in 370 periods is what three-sigma limits give.
USUAL_ARL = 370.0

_NODES = 80
_CELLS = 200
_FEWEST_FOR_RUNS = 10
_RARE = 0.05
_MOST_EXPECTED = 1e5


@dataclass(frozen=True, slots=True)
class Ewma:
    """Weighted mean of z-scores per period, its limit either way, and the periods (0 first) beyond it."""

    value: Floats
    limit: Floats
    signals: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Runs:
    """Runs about the median: points beside it, the longest run and the crossings, each with the limit of chance."""

    median: float
    useful: int
    longest: int
    longest_limit: int
    crossings: int
    fewest_crossings: int

    @property
    def signal(self) -> bool:
        """The series moved: a run longer than its limit, or fewer crossings than chance brings."""
        return self.longest > self.longest_limit or self.crossings < self.fewest_crossings


def ewma(events: ArrayLike, exposure: ArrayLike, usual: float, *, weight: float = 0.2, width: float = 2.859) -> Ewma:
    """EWMA of z = (y - usual n) / sqrt(usual n), with its exact limit that opens over time.

    E_i = weight z_i + (1 - weight) E_(i-1) from 0, limit width sqrt(weight / (2 - weight) (1 - (1 - weight)^(2i))). The
    default width has an ARL of 370 at weight .2 (`ewma_arl`). Source: Roberts (1959); Lucas and Saccucci (1990); R
    `spc::xewma.crit`.

    Raises:
        NoEstimate: counts or exposure that are none, a usual rate not above nought, a weight outside (0, 1], no width.
    """
    count, area = counts(events), exposures(exposure)
    same_length(events=count, exposure=area)
    if not usual > 0:
        raise NoEstimate("Not estimable because the usual rate must lie above nought.")
    if not (0 < weight <= 1 and width > 0):
        raise NoEstimate("Not estimable because the weight must lie above 0 and not above 1, and the width above 0.")
    z = (count - usual * area) / np.sqrt(usual * area)
    steps = accumulate(z.tolist(), lambda before, now: weight * now + (1 - weight) * before, initial=0.0)
    value = np.array(list(steps)[1:])
    grown = 1 - (1 - weight) ** (2 * np.arange(1, z.size + 1))
    limit = width * np.sqrt(weight / (2 - weight) * grown)
    return Ewma(value, limit, tuple(int(place) for place in np.flatnonzero(np.abs(value) > limit)))


def cusum_arl(threshold: float, *, reference: float = 0.5) -> float:
    """Average run length, with nothing changed, of the one-sided CUSUM S = max(0, S + z - reference) of standard normals.

    Page's integral equation by Gauss-Legendre nodes. Reference .5: 335 at 4, 931 at 5. Source: Page (1954), Crosier
    (1986); R `spc::xcusum.arl(k, h, 0)`.

    Raises:
        NoEstimate: a threshold or reference that is not above nought.
    """
    if not (threshold > 0 and reference > 0):
        raise NoEstimate("Not estimable because threshold and reference must lie above nought.")
    nodes, weights = _gauss_legendre(0.0, threshold)
    start = np.concatenate([[0.0], nodes])
    to_zero = _normal_below(reference - start)
    onward = _normal_density(nodes[None, :] + reference - start[:, None]) * weights
    return _solved(np.column_stack([to_zero, onward]))


def ewma_arl(width: float, *, weight: float = 0.2) -> float:
    """Average run length, with nothing changed, of a two-sided EWMA of standard normals with its final limits.

    .2 and 2.859 give 370; limits that open over time cry a little earlier. Source: Crowder (1987); R `spc::xewma.arl`.

    Raises:
        NoEstimate: a width not above nought, a weight outside (0, 1].
    """
    if not (0 < weight <= 1 and width > 0):
        raise NoEstimate("Not estimable because the weight must lie above 0 and not above 1, and the width above 0.")
    reach = width * sqrt(weight / (2 - weight))
    nodes, weights = _gauss_legendre(-reach, reach)
    start = np.concatenate([[0.0], nodes])
    onward = _normal_density((nodes[None, :] - (1 - weight) * start[:, None]) / weight) / weight * weights
    return _solved(np.column_stack([np.zeros(start.size), onward]))


def cusum_threshold(arl: float = USUAL_ARL, *, reference: float = 0.5) -> float:
    """Threshold of the one-sided normal CUSUM that has this average run length: 4.0955 for 370 at reference .5.

    Source and refusals as `cusum_arl`; R `spc::xcusum.crit(k, L0)`.
    """
    return _where_reached(lambda threshold: cusum_arl(threshold, reference=reference), arl)


def poisson_cusum_arl(
    threshold: float, usual: float, raised: float, exposure: float, *, now: float | None = None
) -> float:
    """Average run length of `control_charts.cusum` with this much exposure in every period, at the rate `now`.

    At the usual rate, which is meant without `now`, it is the time to a false alarm; at the raised one, to the true one.

    Brook and Evans (1972): a Markov chain over 200 cells of the evidence (log-likelihood). With exposure that varies,
    take its mean; the answer is then an approximation.

    Raises:
        NoEstimate: rates that are not above nought or where `raised` is not the larger, no exposure, no threshold, more
            than 100,000 events expected in a period.
    """
    area = float(exposures(exposure))
    if not (0 < usual < raised and threshold > 0):
        raise NoEstimate("Not estimable because a raised rate lies above the usual one, and a threshold above nought.")
    running = usual if now is None else now
    if not running > 0:
        raise NoEstimate("Not estimable because the rate that is run at must lie above nought.")
    if max(usual, running) * area > _MOST_EXPECTED:
        raise NoEstimate("Not estimable because so many events are expected in a period; take shorter periods.")
    jump, toll = log(raised / usual), area * (raised - usual)
    edges = np.linspace(0, threshold, _CELLS + 1)
    start = np.concatenate([[0.0], (edges[:-1] + edges[1:]) / 2])
    # Most events that still keep the evidence at or below each edge; none keep it there where that is negative.
    most = np.floor((edges[None, :] - start[:, None] + toll) / jump + 1e-9)
    chances = _poisson_up_to(int(most.max()), running * area)
    below = np.where(most >= 0, chances[np.maximum(most, 0).astype(np.intp)], 0.0)
    return _solved(np.column_stack([below[:, 0], np.diff(below, axis=1)]))


def poisson_cusum_threshold(usual: float, raised: float, exposure: float, arl: float = USUAL_ARL) -> float:
    """Threshold (log-likelihood) at which `control_charts.cusum` cries wolf once in `arl` periods of this exposure.

    Source: Brook and Evans (1972); refusals as `poisson_cusum_arl`. Counts jump, and so does the ARL: the least
    threshold not below it.
    """
    return _where_reached(lambda threshold: poisson_cusum_arl(threshold, usual, raised, exposure), arl)


def runs(values: ArrayLike) -> Runs:
    """Anhøj's two rules about the median: points that lie on it are left out.

    The longest run may have round(log2(n) + 3) points, and crossings may not be fewer than the 5 % quantile of
    binomial(n - 1, 1/2). Source: Anhøj and Olesen (2014); R `qicharts2::qic`, `qbinom(.05, n - 1, .5)`.

    Raises:
        NoEstimate: a value that is missing, or fewer than 10 points beside the median.
    """
    given = finite(values, "the series")
    median = float(np.median(given))
    above = (given > median)[given != median]
    n = above.size
    if n < _FEWEST_FOR_RUNS:
        raise NoEstimate(f"Not estimable because runs need {_FEWEST_FOR_RUNS} points beside the median; there are {n}.")
    turns = np.flatnonzero(above[1:] != above[:-1])
    lengths = np.diff(np.concatenate([[-1], turns, [n - 1]]))
    return Runs(median, n, int(lengths.max()), round(log2(n) + 3), int(turns.size), _binomial_quantile(n - 1))


def _gauss_legendre(low: float, high: float) -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    half = (high - low) / 2
    return low + half * (nodes + 1), half * weights


def _solved(moves: Floats) -> float:
    """Mean number of steps from the first state (column 0) until the chain of these moves between states ends."""
    states = len(moves)
    return float(np.linalg.solve(np.eye(states) - moves, np.ones(states))[0])


def _where_reached(arl_at: Callable[[float], float], arl: float) -> float:
    """Least threshold whose run length reaches `arl`, by bisection of a run length that grows with it."""
    if not 1 < arl < 1e6:
        raise NoEstimate("Not estimable because an average run length must lie between 1 and a million periods.")
    low, high = 0.0, 1.0
    while arl_at(high) < arl:
        low, high = high, 2 * high
    while high - low > 1e-7 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if arl_at(middle) < arl else (low, middle)
    return high


def _normal_below(z: Floats) -> Floats:
    from scipy.special import ndtr  # noqa: PLC0415 - loaded on first use, as all of scipy

    return np.asarray(ndtr(z), np.float64)


def _normal_density(z: Floats) -> Floats:
    return np.asarray(np.exp(-z * z / 2) / sqrt(2 * np.pi))


def _poisson_up_to(most: int, mean: float) -> Floats:
    """Probability of 0, 1, ... `most` or fewer events where `mean` are expected; without scipy, as pages need it."""
    log_chance = np.array([k * log(mean) - mean - lgamma(k + 1) for k in range(max(most, 0) + 1)])
    return np.asarray(np.minimum(np.cumsum(np.exp(log_chance)), 1.0))


def _binomial_quantile(n: int) -> int:
    """Least k with P(X <= k) >= 5 % for n throws of a coin."""
    needed = ceil(_RARE * 2**n)
    below = 0
    for k in range(n + 1):
        below += comb(n, k)
        if below >= needed:
            return k
    return n
