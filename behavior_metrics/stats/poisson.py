"""Poisson regression with a log offset, and covariance that respects clusters.

Few clusters are the rule here (8 to 30 sites), where the plain sandwich is too narrow; the corrected forms are given
with t(G-1) quantiles. Agrees with R `glm(family = poisson)`, `sandwich::vcovCL` and `clubSandwich::vcovCR("CR3")`.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from behavior_metrics.stats.counts import FittedCounts, Members, checked, members
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.refusing import Floats

Sandwich = Literal["plain", "g", "hc1", "cr3"]

_MAX_STEPS = 100
_STEP_TOLERANCE = 1e-12
_LARGEST_EXPONENT = 50.0
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
    def weight(self) -> Floats:
        """Working weights (n): the fitted means."""
        return self.mean

    @property
    def residual(self) -> Floats:
        """Score residuals (n): observed less fitted."""
        return self.y - self.mean

    @property
    def loglik(self) -> float:
        """Log-likelihood with all constants, as R `logLik`."""
        from scipy.special import gammaln  # noqa: PLC0415 - loaded on first use, as all of scipy

        return float(self.y @ np.log(self.mean) - self.mean.sum() - gammaln(self.y + 1).sum())

    @property
    def se(self) -> Floats:
        """Model standard errors: right only when rows are independent and not overdispersed."""
        return np.sqrt(np.diag(self.covariance))


def fit_poisson(y: ArrayLike, x: ArrayLike, offset: ArrayLike | None = None) -> PoissonFit:
    """Maximum likelihood of log E(y) = offset + x b by Newton steps (iteratively reweighted least squares).

    `y` counts (n), `x` design with its own intercept (n x p), `offset` log of exposure (n).
    Raises NoEstimate as `counts.checked` does, and when a coefficient runs off to infinity.
    """
    counts, design, shift = checked(y, x, offset)
    start = np.log(counts + 0.5) - shift
    coef = np.asarray(np.linalg.lstsq(design, start, rcond=None)[0], float)
    likelihood = -np.inf
    for _ in range(_MAX_STEPS):
        coef, likelihood, moved = _newton_step(coef, likelihood, counts, design, shift)
        if moved < _STEP_TOLERANCE:
            break
    else:
        raise NoEstimate("Not estimable because the likelihood did not settle on a maximum.")
    mean = np.exp(np.clip(shift + design @ coef, -_LARGEST_EXPONENT, _LARGEST_EXPONENT))
    return PoissonFit(coef, mean, inverse_information(design, mean), counts, design)


def inverse_information(x: Floats, weight: Floats) -> Floats:
    """Inverse of x' weight x (p x p), the model covariance of a log-linear model.

    Raises NoEstimate where some effect carries next to no information: all its events are in one level.
    """
    information = x.T @ (weight[:, None] * x)
    scale = np.sqrt(np.diag(x.T @ x))
    if np.linalg.cond(information / np.outer(scale, scale)) > _MOST_UNEVEN:
        raise NoEstimate(
            "Not estimable because some group has no events (or all of them), so its effect has no finite estimate."
        )
    return np.asarray(np.linalg.inv(information), np.float64)


def clustered_covariance(fit: FittedCounts, cluster: ArrayLike, kind: Sandwich = "plain") -> Floats:
    """Sandwich covariance (p x p) with scores added up within clusters; for Poisson and negative binomial alike.

    plain: no correction (Liang and Zeger 1986; R `vcovCL(type = "HC0", cadjust = FALSE)`).
    g: plain times G/(G-1). hc1: plain times G/(G-1) (n-1)/(n-p) (R `vcovCL(type = "HC1")`).
    cr3: each cluster's score is corrected for its own leverage, close to the jackknife (R `vcovCR("CR3")`).
    Raises NoEstimate with fewer than two clusters.
    """
    member = members(cluster, rows=fit.x.shape[0])
    scores = summed(member, fit.residual[:, None] * fit.x)
    if kind == "cr3":
        return leave_out_covariance(cluster_information(fit.x, fit.weight, member), scores)
    n, p = fit.x.shape
    plain = fit.covariance @ (scores.T @ scores) @ fit.covariance
    if kind == "plain":
        return np.asarray(plain)
    few_groups = len(scores) / (len(scores) - 1)
    return np.asarray(plain * (few_groups if kind == "g" else few_groups * (n - 1) / (n - p)))


def summed(member: Members, rows: Floats) -> Floats:
    """Rows (n x k) added up within groups (G x k)."""
    return np.column_stack([np.bincount(member, column) for column in rows.T])


def cluster_information(x: Floats, weight: Floats, member: Members) -> Floats:
    """Information that each cluster holds (G x p x p)."""
    order = np.argsort(member, kind="stable")
    ends = np.cumsum(np.bincount(member))[:-1]
    parts = zip(np.split(x[order], ends), np.split(weight[order], ends), strict=True)
    return np.array([part.T @ (share[:, None] * part) for part, share in parts])


def leave_out_covariance(information: Floats, scores: Floats) -> Floats:
    """Sum over clusters of the squared move of the coefficients, to first order, when that cluster is left out.

    `information` per cluster (G x p x p), `scores` per cluster (G x p). It is CR3 for independent working rows and
    Mancl and DeRouen (2001) for correlated ones: D'V^-1 (I - H)^-1 e = M (M - M_g)^-1 U_g. A cluster that alone carries
    a site effect makes the remaining information singular; its own score in that direction is nought, so the
    pseudo-inverse leaves that effect where it is.
    """
    rest = information.sum(axis=0) - information
    steps = np.einsum("gij,gj->gi", np.linalg.pinv(rest, rcond=1e-11, hermitian=True), scores)
    return np.asarray(steps.T @ steps)


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
