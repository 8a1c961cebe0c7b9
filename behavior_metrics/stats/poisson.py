"""Poisson regression with a log offset, and covariance that respects clusters.

Few clusters are the rule here (8 to 30 sites), where the plain sandwich is too narrow; the corrected forms are given
with t(G-1) quantiles. Agrees with R `glm(family = poisson)`, `sandwich::vcovCL` and `clubSandwich::vcovCR("CR3")`.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from behavior_metrics.stats.findings import NoEstimate

Floats: TypeAlias = NDArray[np.float64]
Sandwich = Literal["plain", "g", "hc1", "cr3"]

_MAX_STEPS = 100
_STEP_TOLERANCE = 1e-12
_LARGEST_EXPONENT = 50.0
_RANK_TOLERANCE = 1e-9
# Information so uneven means fitted rates of nought: that effect ran off to minus infinity.
_MOST_UNEVEN = 1e10


@dataclass(frozen=True, slots=True)
class PoissonFit:
    """Coefficients on the log scale (p), fitted means (n), model covariance (p x p) and the data they came from."""

    coef: Floats
    mean: Floats
    covariance: Floats
    y: Floats
    x: Floats

    @property
    def se(self) -> Floats:
        """Model standard errors: right only when rows are independent and not overdispersed."""
        return np.sqrt(np.diag(self.covariance))


def fit_poisson(y: ArrayLike, x: ArrayLike, offset: ArrayLike | None = None) -> PoissonFit:
    """Maximum likelihood of log E(y) = offset + x b by Newton steps (iteratively reweighted least squares).

    `y` counts (n), `x` design with its own intercept (n x p), `offset` log of exposure (n).
    Raises NoEstimate when columns repeat each other or a coefficient runs off to infinity.
    """
    counts = np.asarray(y, float)
    design = np.asarray(x, float)
    shift = np.zeros_like(counts) if offset is None else np.asarray(offset, float)
    if np.linalg.matrix_rank(design, tol=_RANK_TOLERANCE * np.abs(design).max() * design.shape[0]) < design.shape[1]:
        raise NoEstimate("Two of the effects repeat each other in these data, so neither can be estimated.")
    start = np.log(counts + 0.5) - shift
    coef = np.linalg.lstsq(design, start, rcond=None)[0]
    likelihood = -np.inf
    for _ in range(_MAX_STEPS):
        coef, likelihood, moved = _newton_step(coef, likelihood, counts, design, shift)
        if moved < _STEP_TOLERANCE:
            break
    else:
        raise NoEstimate("The estimate did not settle on a maximum.")
    mean = np.exp(shift + design @ coef)
    information = design.T @ (mean[:, None] * design)
    scale = np.sqrt(np.diag(design.T @ design))
    if np.linalg.cond(information / np.outer(scale, scale)) > _MOST_UNEVEN:
        raise NoEstimate("Some group has no events, so its effect has no finite estimate.")
    return PoissonFit(coef, mean, np.linalg.inv(information), counts, design)


def clustered_covariance(fit: PoissonFit, cluster: ArrayLike, kind: Sandwich = "plain") -> Floats:
    """Sandwich covariance (p x p) with scores added up within clusters.

    plain: no correction (Liang and Zeger 1986; R `vcovCL(type = "HC0", cadjust = FALSE)`).
    g: plain times G/(G-1). hc1: plain times G/(G-1) (n-1)/(n-p) (R `vcovCL(type = "HC1")`).
    cr3: each cluster's score is corrected for its own leverage, close to the jackknife (R `vcovCR("CR3")`).
    """
    _, member = np.unique(np.asarray(cluster), return_inverse=True)
    groups = int(member.max()) + 1
    residual_scores = (fit.y - fit.mean)[:, None] * fit.x
    scores = np.zeros((groups, fit.x.shape[1]))
    np.add.at(scores, member, residual_scores)
    if kind == "cr3":
        steps = np.array([_leave_out_step(fit, member == g, scores[g]) for g in range(groups)])
        return np.asarray(steps.T @ steps)
    n, p = fit.x.shape
    plain = fit.covariance @ (scores.T @ scores) @ fit.covariance
    if kind == "plain":
        return np.asarray(plain)
    few_groups = groups / (groups - 1)
    return np.asarray(plain * (few_groups if kind == "g" else few_groups * (n - 1) / (n - p)))


def _newton_step(coef: Floats, likelihood: float, y: Floats, x: Floats, shift: Floats) -> tuple[Floats, float, float]:
    linear = np.clip(shift + x @ coef, -_LARGEST_EXPONENT, _LARGEST_EXPONENT)
    mean = np.exp(linear)
    step = np.linalg.lstsq(x.T @ (mean[:, None] * x), x.T @ (y - mean), rcond=None)[0]
    before = max(likelihood, float(y @ linear - mean.sum()))
    for _ in range(_MAX_STEPS):
        linear = np.clip(shift + x @ (coef + step), -_LARGEST_EXPONENT, _LARGEST_EXPONENT)
        after = float(y @ linear - np.exp(linear).sum())
        if after >= before - abs(before) * _STEP_TOLERANCE:
            break
        step = step / 2
    return coef + step, after, float(np.max(np.abs(step) / (np.abs(coef) + 1)))


def _leave_out_step(fit: PoissonFit, rows: NDArray[np.bool_], score: Floats) -> Floats:
    """Move of the coefficients, to first order, when one cluster is left out.

    A cluster that alone carries a site effect makes the remaining information singular; its own score in that
    direction is nought, so the pseudo-inverse leaves that effect where it is.
    """
    kept = ~rows
    information = fit.x[kept].T @ (fit.mean[kept, None] * fit.x[kept])
    return np.asarray(np.linalg.pinv(information, rcond=1e-11, hermitian=True) @ score)
