"""Psychometrics of one scale, as bare numbers: the one place for them. Pure.

The survey's release (in coaching) rounds and publishes them, the statistics of behaviour metrics put intervals round
them. scipy is loaded on first use alone, so that neither costs a web worker anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Least share of an item's variance that is its own, as in R's factanal.
LEAST_UNIQUE: Final = 0.005
_TINY: Final = 1e-12

#: Variance of answers that lean slightly to one end (James, Demaree & Wolf 1984; LeBreton & Senter 2008, table 2), by
#: number of options; no other number of them is printed there that the product uses.
SLIGHT_SKEW: Final = {5: 1.34, 7: 2.90}


@dataclass(frozen=True, slots=True)
class OneFactor:
    """Maximum likelihood of one common factor of variance 1.

    ``loadings`` and ``residuals`` (own variances) per item in units of the answers, variances with divisor n;
    ``misfit`` is the least value of the fitting function, n times which is chi-square; ``at_bound`` says that an item
    has no variance of its own left (a Heywood case).
    """

    loadings: Floats
    residuals: Floats
    misfit: float
    at_bound: bool

    @property
    def omega(self) -> float:
        """McDonald's omega: (Σ loading)² / ((Σ loading)² + Σ residual variance)."""
        shared = float(self.loadings.sum()) ** 2
        return shared / (shared + float(self.residuals.sum()))


@dataclass(frozen=True, slots=True)
class OneWay:
    """One-way analysis of variance of scores in groups: mean squares, their degrees of freedom and the mean size."""

    between: float
    within: float
    df: tuple[int, int]
    size: float

    @property
    def icc1(self) -> float:
        """Share of variance that lies between groups; k is the mean size, as in R's ``multilevel::ICC1``."""
        return (self.between - self.within) / (self.between + (self.size - 1) * self.within)

    @property
    def icc2(self) -> float:
        """Reliability of a group's mean, as R's ``multilevel::ICC2``; 0 where group means do not differ."""
        return (self.between - self.within) / self.between if self.between else 0.0

    @property
    def p(self) -> float:
        """Chance of so large an F if groups did not differ."""
        from scipy.stats import f  # noqa: PLC0415 - loaded on first use, as all of scipy

        return float(f.sf(self.between / self.within, *self.df))


def alpha(items: Floats) -> float:
    """Cronbach's alpha of a persons x items array: J/(J-1) (1 - Σ item variances / variance of the sum).

    Source: Cronbach (1951); R `psych::alpha`.
    """
    count = items.shape[1]
    return float(count / (count - 1) * (1 - items.var(axis=0, ddof=1).sum() / items.sum(axis=1).var(ddof=1)))


def one_factor(items: Floats) -> OneFactor | None:
    """Fit one common factor to the covariances of a persons x items array by maximum likelihood.

    Jöreskog (1967), with loadings profiled out so that L-BFGS searches the own variances alone; R's ``factanal`` and
    ``lavaan::cfa``. Returns None where an item did not vary or the fit did not come to an end.
    """
    from scipy.optimize import minimize  # noqa: PLC0415 - loaded on first use, as all of scipy

    deviations = items.std(axis=0)
    if not deviations.all():
        return None
    correlations = np.corrcoef(items, rowvar=False)

    def loadings(unique: Floats) -> tuple[Floats, Floats]:
        scaled = correlations / np.sqrt(np.outer(unique, unique))
        values, vectors = np.linalg.eigh(scaled)
        own = np.maximum(values[:-1], _TINY)  # two items that always agree leave no variance between them
        return np.sqrt(unique) * vectors[:, -1] * np.sqrt(max(values[-1] - 1, 0)), own

    def misfit(unique: Floats) -> float:
        rest = loadings(unique)[1]
        return float((rest - np.log(rest) - 1).sum())

    def slope(unique: Floats) -> Floats:
        common = loadings(unique)[0]
        return np.asarray((common**2 + unique - 1) / unique**2)

    start = np.full(items.shape[1], 0.5)
    found = minimize(misfit, start, jac=slope, method="L-BFGS-B", bounds=[(LEAST_UNIQUE, 1)] * len(start), tol=1e-12)
    if not found.success:
        return None
    unique = np.asarray(found.x, np.float64)
    common = loadings(unique)[0] * deviations
    upright = common if common.sum() >= 0 else -common
    return OneFactor(upright, unique * deviations**2, misfit(unique), bool(unique.min() <= LEAST_UNIQUE * 1.01))


def one_way(groups: Sequence[Floats]) -> OneWay:
    """Analyse the variance of scores in two groups or more.

    Source: Shrout and Fleiss (1979); Bliese (2000).
    """
    sizes = np.array([len(group) for group in groups])
    means = np.array([group.mean() for group in groups])
    grand = np.concatenate(groups).mean()
    freedom = len(groups) - 1, int(sizes.sum() - len(groups))
    between = float((sizes * (means - grand) ** 2).sum() / freedom[0])
    within = float(sum(((group - group.mean()) ** 2).sum() for group in groups) / freedom[1])
    return OneWay(between, within, freedom, float(sizes.mean()))


def uniform_variance(options: int) -> float:
    """Variance of answers given at random to ``options`` options: (A² - 1)/12.

    Source: James, Demaree and Wolf (1984).
    """
    return (options**2 - 1) / 12


def rwg(items: Floats, null: float) -> float:
    """Agreement r_wg(j) of one team's persons x items array against answers of variance ``null``.

    J (1 - s²/σ²) / (J (1 - s²/σ²) + s²/σ²); 0 where they differ more than the null, as in R's ``multilevel::rwg.j``
    (James, Demaree & Wolf 1984).
    """
    share = float(items.var(axis=0, ddof=1).mean()) / null
    if share > 1:
        return 0.0
    agreed = int(items.shape[1]) * (1 - share)
    return agreed / (agreed + share)
