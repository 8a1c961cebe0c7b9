"""Does one thing lie behind the items? One-factor confirmatory analysis, and what changed between two instruments.

Maximum likelihood under normal answers (Jöreskog 1967), as R `lavaan::cfa(std.lv = TRUE)`; the fit itself is
`lms.stats.scales.one_factor`, which the survey's release uses for omega.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, sqrt

import numpy as np
from numpy.typing import ArrayLike

from behavior_metrics.stats import quantiles
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.intervals import Estimate
from behavior_metrics.stats.refusing import Floats, finite, same_length
from lms.stats import scales

OMEGA_DELTA = "omega with a delta-method interval on the logit scale (Raykov 2002)"
LOADING_CHANGE = "difference of one-factor loadings with a normal interval (expected information)"
MEAN_CHANGE = "difference of means with Welch's interval"

_FEWEST_ITEMS = 3


@dataclass(frozen=True, slots=True)
class FactorFit:
    """Loadings and own variances per item (answers' units, factor variance 1), omega, and how well one factor fits.

    `chisq` on `df` with its `p`; `cfi` and `tli` near 1, `rmsea` (with 90 % limits) and `srmr` near 0 mean a good fit.
    Three items fit any covariances (df 0): chisq 0 tells nothing then, and p is None.
    """

    loadings: Floats
    loading_se: Floats
    residuals: Floats
    omega: Estimate
    chisq: float
    df: int
    p: float | None
    cfi: float
    tli: float
    rmsea: Estimate
    srmr: float


@dataclass(frozen=True, slots=True)
class Answers:
    """Complete, reverse-keyed answers (persons x items) to one version of an instrument, and its items' names."""

    version: str
    items: tuple[str, ...]
    values: Floats


@dataclass(frozen=True, slots=True)
class ItemChange:
    """Later version minus earlier, for an item that both hold: mean (scale points) and loading (answers' units)."""

    item: str
    mean: Estimate
    loading: Estimate


def one_version(versions: Sequence[str]) -> str:
    """Return the one version that all answers were given to.

    Raises:
        NoEstimate: more than one: versions are never pooled, as a change of words would be read as one of climate.
    """
    different = sorted(set(versions))
    if len(different) != 1:
        named = ", ".join(different) or "no version at all"
        raise NoEstimate(f"Not estimable because versions of an instrument are never pooled; these are {named}.")
    return different[0]


def fit_one_factor(answers: ArrayLike, *, level: float = 0.95) -> FactorFit:
    """Fit one factor to persons x items, complete and reverse-keyed.

    chisq = n F with F = log|Σ| - log|S| + tr(S Σ⁻¹) - J, variances with divisor n; CFI and TLI against independent items;
    RMSEA = sqrt(max(0, chisq - df) / (df n)); SRMR over all J(J+1)/2 moments, in units of the observed deviations.
    omega = (Σ loading)² / ((Σ loading)² + Σ residual). R `lavaan::cfa`, `lavaan::fitMeasures`.

    Raises:
        NoEstimate: fewer than 3 items, no more persons than free parameters, an item in which nobody differs, items that
            repeat each other, items without anything in common, no settled maximum, or an own variance that runs to
            nought (Heywood case).
    """
    x = finite(answers, "an answer")
    fit = _fitted(x)
    n, items = x.shape
    df = items * (items - 3) // 2
    covariance = np.cov(x, rowvar=False, bias=True)
    implied = np.outer(fit.loadings, fit.loadings) + np.diag(fit.residuals)
    spread = np.sqrt(np.diag(covariance))
    off = ((covariance - implied) / np.outer(spread, spread))[np.tril_indices(items)]
    chisq = n * fit.misfit if df else 0.0
    base, base_df = -n * float(np.linalg.slogdet(np.corrcoef(x, rowvar=False))[1]), items * (items - 1) / 2
    over, base_over = max(chisq - df, 0.0), max(base - base_df, chisq - df, 0.0)
    information = _covariance(fit, n)
    return FactorFit(
        fit.loadings,
        np.sqrt(np.diag(information)[:items]),
        fit.residuals,
        _omega(fit, information, n, level),
        chisq,
        df,
        _chi_above(chisq, df) if df else None,
        1 - over / base_over if base_over else 1.0,
        (base / base_df - chisq / df) / (base / base_df - 1) if df else 1.0,
        _rmsea(chisq, df, n),
        sqrt(float(np.mean(off**2))),
    )


def measurement_change(earlier: Answers, later: Answers, *, level: float = 0.95) -> tuple[ItemChange, ...]:
    """What changed per item from one version to the next, over the items that both hold; the answers are never pooled.

    Means with Welch's interval; loadings with factor variance 1 in each version, so that a change of all loadings
    together is one of how much persons differ, and a change of one is a change of that item. Source: Meredith (1993) for
    the question, Welch (1947); R `t.test(later, earlier)`, `lavaan::cfa` per group. Persons may stand in both versions:
    the intervals take them for different ones, and are then too wide rather than too narrow.

    Raises:
        NoEstimate: one and the same version, no three common items, or as `fit_one_factor` in either version.
    """
    if earlier.version == later.version:
        raise NoEstimate(f"Not estimable because both sets of answers belong to version {earlier.version}.")
    both = [item for item in earlier.items if item in later.items]
    before, after = _columns(earlier, both), _columns(later, both)
    first, second = fit_one_factor(before), fit_one_factor(after)
    z = quantiles.normal((1 + level) / 2)
    changes = []
    for index, item in enumerate(both):
        moved = float(second.loadings[index] - first.loadings[index])
        reach = z * sqrt(float(first.loading_se[index] ** 2 + second.loading_se[index] ** 2))
        loading = Estimate(moved, moved - reach, moved + reach, len(before) + len(after), LOADING_CHANGE, level)
        changes.append(ItemChange(item, _welch(before[:, index], after[:, index], level), loading))
    return tuple(changes)


def _columns(answers: Answers, items: list[str]) -> Floats:
    same_length(items=answers.items, columns=np.asarray(answers.values).T)
    return finite(answers.values, "an answer")[:, [answers.items.index(item) for item in items]]


def _fitted(x: Floats) -> scales.OneFactor:
    if x.ndim != 2 or x.shape[1] < _FEWEST_ITEMS:
        raise NoEstimate("Not estimable because one factor needs at least 3 items.")
    if x.shape[0] <= 2 * x.shape[1]:
        raise NoEstimate(f"Not estimable because {x.shape[1]} items need more than {2 * x.shape[1]} complete answers.")
    if not x.std(axis=0).all():
        raise NoEstimate("Not estimable because in some item nobody differs.")
    if np.linalg.matrix_rank(np.corrcoef(x, rowvar=False), tol=1e-8) < x.shape[1]:
        raise NoEstimate("Not estimable because one item repeats the others.")
    fit = scales.one_factor(x)
    if fit is None:
        raise NoEstimate("Not estimable because the one-factor fit did not settle on a maximum.")
    if fit.at_bound:
        raise NoEstimate("Not estimable because an item would have no variance of its own (a Heywood case).")
    if not np.any(fit.loadings):
        raise NoEstimate("Not estimable because the items have nothing in common.")
    return fit


def _covariance(fit: scales.OneFactor, n: int) -> Floats:
    """Covariance of loadings and own variances (2J x 2J): inverse of the expected information.

    Entry (a, b) of the information is n/2 tr(Σ⁻¹ ∂Σ/∂a Σ⁻¹ ∂Σ/∂b), with ∂Σ/∂λ_i = e_i λ' + λ e_i' and ∂Σ/∂θ_i = e_i e_i'.
    """
    inverse = np.linalg.inv(np.outer(fit.loadings, fit.loadings) + np.diag(fit.residuals))
    carried = inverse @ fit.loadings
    loadings = n * (inverse * float(fit.loadings @ carried) + np.outer(carried, carried))
    residuals = n / 2 * inverse**2
    # Row: loading i; column: own variance j.
    mixed = n * inverse * carried[None, :]
    information = np.block([[loadings, mixed], [mixed.T, residuals]])
    if np.linalg.cond(information) > 1 / np.finfo(float).eps:
        raise NoEstimate("Not estimable because the items have too little in common to tell loadings apart.")
    return np.asarray(np.linalg.inv(information))


def _omega(fit: scales.OneFactor, covariance: Floats, n: int, level: float) -> Estimate:
    total, own, items = float(fit.loadings.sum()), float(fit.residuals.sum()), fit.loadings.size
    # logit(omega) = 2 log Σλ - log Σθ; no other scale keeps the limits between 0 and 1.
    slope = np.concatenate([np.full(items, 2 / total), np.full(items, -1 / own)])
    reach = quantiles.normal((1 + level) / 2) * sqrt(float(slope @ covariance @ slope))
    middle = 2 * log(total) - log(own)
    low, high = (1 / (1 + np.exp(-end)) for end in (middle - reach, middle + reach))
    return Estimate(fit.omega, float(low), float(high), n, OMEGA_DELTA, level)


def _rmsea(chisq: float, df: int, n: int) -> Estimate:
    """RMSEA with 90 % limits from the noncentral chi-square (Steiger 1990)."""
    from scipy.optimize import brentq  # noqa: PLC0415 - loaded on first use, as all of scipy
    from scipy.stats import chi2, ncx2  # noqa: PLC0415 - the same

    method = "RMSEA with limits from the noncentral chi-square (Steiger 1990)"
    if not df:
        return Estimate(0.0, 0.0, 0.0, n, method, 0.90)

    def noncentrality(below: float) -> float:
        if chi2.cdf(chisq, df) <= below:
            return 0.0
        most = 4 * chisq + 100
        return float(brentq(lambda value: ncx2.cdf(chisq, df, value) - below, 1e-9, most, xtol=1e-10))

    low, high = (sqrt(noncentrality(below) / (df * n)) for below in (0.95, 0.05))
    return Estimate(sqrt(max(chisq - df, 0.0) / (df * n)), low, high, n, method, 0.90)


def _chi_above(chisq: float, df: int) -> float:
    from scipy.stats import chi2  # noqa: PLC0415 - loaded on first use, as all of scipy

    return float(chi2.sf(chisq, df))


def _welch(before: Floats, after: Floats, level: float) -> Estimate:
    parts = before.var(ddof=1) / len(before), after.var(ddof=1) / len(after)
    df = sum(parts) ** 2 / (parts[0] ** 2 / (len(before) - 1) + parts[1] ** 2 / (len(after) - 1))
    reach = quantiles.student(float(df), (1 + level) / 2) * sqrt(float(sum(parts)))
    moved = float(after.mean() - before.mean())
    return Estimate(moved, moved - reach, moved + reach, len(before) + len(after), MEAN_CHANGE, level)
