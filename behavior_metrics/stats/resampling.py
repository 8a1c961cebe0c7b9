"""Doubt without a formula: sites drawn again with replacement, and sites' histories exchanged among each other.

Both take a site as one piece, since quarters and teams of one site are not independent of each other.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import permutations
from math import factorial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.intervals import Estimate
from behavior_metrics.stats.refusing import Floats, same_length

CLUSTER_BOOTSTRAP = "percentile interval of 1,000 draws of whole sites (Efron and Tibshirani 1993)"

REPLICATES = 1_000
PERMUTATIONS = 10_000
#: Of 1,000 draws so many may leave the figure undefined before its interval would be one of the others alone.
MOST_UNDEFINED = 0.05
FEWEST_SITES = 5


@dataclass(frozen=True, slots=True)
class Bootstrapped:
    """A figure with the percentile interval and standard error of redrawn sites; `undefined` draws had no figure."""

    estimate: Estimate
    se: float
    undefined: int


@dataclass(frozen=True, slots=True)
class Permuted:
    """Spearman's rho of changes within sites, and its two-sided p when sites' histories are exchanged.

    `exact` when every order of the sites was tried, which few sites allow; `smallest_p` is the least p that so many
    orders can give.
    """

    rho: float
    p: float
    sites: int
    tried: int
    exact: bool
    smallest_p: float


def cluster_bootstrap(
    statistic: Callable[[Floats], NDArray[np.float64]],
    clusters: int,
    *,
    seed: int,
    replicates: int = REPLICATES,
    level: float = 0.95,
) -> Bootstrapped:
    """Redraw whole sites with replacement and take the statistic of all draws at once.

    `statistic` is given how often each site was drawn (replicates x clusters) and returns one figure per row, mostly
    from sums per site: `lambda times: (times @ events) / (times @ batches)`; a statistic of rows indexes
    `times[:, site_of_row]`. The figure itself is the statistic of every site once. `seed` makes the draws repeatable.
    Below some 20 sites percentile limits are too narrow: the interval of t(sites - 1) stands beside them.
    Source: Efron and Tibshirani (1993), Field and Welsh (2007); R `boot::boot(sites, …)` with `boot.ci(type = "perc")`.

    Raises:
        NoEstimate: one site, a figure that is undefined for the sites as they are, for more than 5 % of the draws, or the
            same in all of them.
    """
    times = draws(clusters, replicates, seed)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(statistic(np.ones((1, clusters)))[0])
        drawn = np.asarray(statistic(times), float)
    if not np.isfinite(value):
        raise NoEstimate("Not estimable because the figure is undefined for these sites.")
    defined = drawn[np.isfinite(drawn)]
    undefined = replicates - defined.size
    if undefined > MOST_UNDEFINED * replicates:
        raise NoEstimate(
            f"Not estimable because {undefined:,} of {replicates:,} draws of sites leave the figure undefined."
        )
    if defined.min() == defined.max():
        raise NoEstimate("Not estimable because the figure is the same whichever sites are drawn.")
    tail = (1 - level) / 2
    low, high = np.quantile(defined, [tail, 1 - tail])
    estimate = Estimate(value, float(low), float(high), clusters, CLUSTER_BOOTSTRAP, level)
    return Bootstrapped(estimate, float(defined.std(ddof=1)), undefined)


def draws(clusters: int, replicates: int, seed: int) -> Floats:
    """How often each cluster is drawn (replicates x clusters).

    From the raw numbers of the generator: these alone numpy keeps from version to version, and a signed study is made
    anew to 1e-9. That some clusters are likelier by one in 2^59 is of no account. Raises NoEstimate for a single cluster.
    Source: Efron and Tibshirani (1993).
    """
    if clusters < 2:
        raise NoEstimate("Not estimable because one site cannot be redrawn: it has no others beside it.")
    raw = np.random.PCG64(seed).random_raw(replicates * clusters).reshape(replicates, clusters)
    place = (raw % np.uint64(clusters)).astype(np.intp) + clusters * np.arange(replicates)[:, None]
    return np.bincount(place.ravel(), minlength=replicates * clusters).reshape(replicates, clusters).astype(float)


def spearman_of_changes(climate: ArrayLike, outcome: ArrayLike, *, seed: int, tries: int = PERMUTATIONS) -> Permuted:
    """Spearman's rho between changes of climate and of outcome within sites, and its p by exchanging whole sites.

    `climate` and `outcome` are sites x quarters, already at the declared lag. A permutation gives one site's history of
    climate to another, whole: what follows from quarter to quarter, and what all sites share in a quarter, stays as it
    is. p = (1 + as extreme) / (1 + tried), or the plain share when every order of up to 7 sites is tried.
    Source: Spearman (1904); Winkler et al. (2015) for whole blocks; R `cor(diff(x), diff(y), method = "spearman")`.
    Sites with a quarter missing are left out.

    Raises:
        NoEstimate: different shapes, fewer than 5 complete sites or 2 quarters, or changes that are all the same.
    """
    x, y = np.asarray(climate, float), np.asarray(outcome, float)
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] < 2 or y.shape[1] < 2:
        raise NoEstimate("Not estimable because changes need sites in rows and at least two quarters in columns.")
    same_length(climate=x, outcome=y)
    same_length(quarters_of_climate=x.T, quarters_of_outcome=y.T)
    whole = np.isfinite(x).all(axis=1) & np.isfinite(y).all(axis=1)
    sites = int(whole.sum())
    if sites < FEWEST_SITES:
        raise NoEstimate(
            f"Not estimable because exchanging sites needs {FEWEST_SITES} complete ones; there are {sites}."
        )
    left, right = (_ranked(np.diff(part[whole], axis=1)) for part in (x, y))
    # Entry (a, b): what site a's climate and site b's outcome add to the correlation, were they one site's.
    pairs = left @ right.T
    exact = factorial(sites) <= tries
    orders = _orders(sites, tries, seed, exact=exact)
    drawn = pairs[orders, np.arange(sites)].sum(axis=1)
    rho = float(np.trace(pairs))
    extreme = int((np.abs(drawn) >= abs(rho) - 1e-12).sum())
    tried = len(orders)
    p, least = (extreme / tried, 1 / tried) if exact else ((1 + extreme) / (1 + tried), 1 / (1 + tried))
    return Permuted(rho, p, sites, tried, exact, least)


def _orders(sites: int, tries: int, seed: int, *, exact: bool) -> NDArray[np.intp]:
    if exact:
        return np.array(list(permutations(range(sites))), dtype=np.intp)
    chance = np.random.default_rng(seed)
    return np.asarray(np.argsort(chance.random((tries, sites)), axis=1))


def _ranked(changes: Floats) -> Floats:
    """Midranks over all sites and quarters, centred and of length one, in the shape of the changes."""
    flat = changes.ravel()
    _, member, size = np.unique(flat, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(size) - (size - 1) / 2)[member]
    centred = ranks - ranks.mean()
    length = float(np.linalg.norm(centred))
    if length == 0:
        raise NoEstimate("Not estimable because nothing changed, or everything by the same.")
    return np.asarray((centred / length).reshape(changes.shape))
