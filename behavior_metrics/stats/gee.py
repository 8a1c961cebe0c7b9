"""Poisson regression averaged over the network, when rows of one cluster are alike (generalised estimating equations).

Exchangeable working correlation; the sandwich is right even where that guess is wrong. With few clusters the plain
sandwich is too narrow, so intervals take the bias-corrected one of Mancl and DeRouen (2001) with t(G-1).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from behavior_metrics.stats.counts import Members, checked, members
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.poisson import fit_poisson, leave_out_covariance, summed
from behavior_metrics.stats.refusing import Floats

GEE = "Poisson GEE, exchangeable, bias-corrected sandwich (Mancl and DeRouen 2001), t(clusters - 1)"

_MAX_STEPS = 200
_STEP_TOLERANCE = 1e-10
_LARGEST_EXPONENT = 50.0


@dataclass(frozen=True, slots=True)
class GeeFit:
    """Coefficients (p), the correlation of two rows of one cluster, scale (Pearson chi-square over n), two sandwiches.

    `covariance` is the plain sandwich (Liang and Zeger 1986), `corrected` that of Mancl and DeRouen; `clusters` is G.
    """

    coef: Floats
    correlation: float
    scale: float
    covariance: Floats
    corrected: Floats
    clusters: int

    @property
    def se(self) -> Floats:
        """Standard errors of the plain sandwich: too small below some forty clusters."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def se_corrected(self) -> Floats:
        """Bias-corrected standard errors, for t(G-1)."""
        return np.sqrt(np.diag(self.corrected))


@dataclass(frozen=True, slots=True)
class _Equations:
    """One step's scores (G x p) and information (G x p x p) per cluster, both free of the scale."""

    scores: Floats
    information: Floats


def fit_gee(y: ArrayLike, x: ArrayLike, offset: ArrayLike | None, cluster: ArrayLike) -> GeeFit:
    """Solve sum_g D_g' V_g^-1 (y_g - mu_g) = 0 with V = scale A^1/2 R(rho) A^1/2, R exchangeable.

    `y` counts (n), `x` design with its own intercept (n x p), `offset` log of exposure (n) or None, `cluster` labels
    (n). Scale and correlation by moments of Pearson residuals, without correction for p, as R `geepack::geeglm`,
    with which all agree to 1e-9. Raises NoEstimate as `fit_poisson` does, with fewer than
    two clusters, and when no positive definite correlation fits.
    Source: Liang and Zeger (1986); Mancl and DeRouen (2001).
    """
    counts, design, shift = checked(y, x, offset)
    member = members(cluster, rows=counts.size)
    coef = fit_poisson(counts, design, shift).coef
    for _ in range(_MAX_STEPS):
        mean = np.exp(np.clip(shift + design @ coef, -_LARGEST_EXPONENT, _LARGEST_EXPONENT))
        scale, correlation = _moments((counts - mean) / np.sqrt(mean), member)
        parts = _equations(counts, mean, design, member, correlation)
        step = np.linalg.lstsq(parts.information.sum(axis=0), parts.scores.sum(axis=0), rcond=None)[0]
        coef = coef + step
        if np.max(np.abs(step) / (np.abs(coef) + 1)) < _STEP_TOLERANCE:
            break
    else:
        raise NoEstimate("Not estimable because the estimating equations did not settle.")
    bread = np.linalg.pinv(parts.information.sum(axis=0), hermitian=True)
    plain = bread @ (parts.scores.T @ parts.scores) @ bread
    corrected = leave_out_covariance(parts.information, parts.scores)
    return GeeFit(coef, correlation, scale, np.asarray(plain), corrected, int(member.max()) + 1)


def _moments(pearson: Floats, member: Members) -> tuple[float, float]:
    """Scale and correlation of two rows of one cluster."""
    size = np.bincount(member)
    squares, sums = np.bincount(member, pearson**2), np.bincount(member, pearson)
    scale = float(squares.sum() / pearson.size)
    pairs = float(np.sum(size * (size - 1)))
    if pairs == 0:
        return scale, 0.0  # one row per cluster: nothing to be alike with
    correlation = float(np.sum(sums**2 - squares)) / pairs / scale
    if not -1 / (int(size.max()) - 1) < correlation < 1:
        raise NoEstimate("Not estimable because rows of one cluster differ more than any common correlation allows.")
    return scale, correlation


def _equations(y: Floats, mean: Floats, x: Floats, member: Members, correlation: float) -> _Equations:
    """Scores and information with R^-1 = (I - c 11') / (1 - rho), c = rho / (1 + (m - 1) rho)."""
    root = np.sqrt(mean)
    scaled, pearson = root[:, None] * x, (y - mean) / root
    size = np.bincount(member)
    shared = correlation / (1 + (size - 1) * correlation)
    sums, residual_sums = summed(member, scaled), np.bincount(member, pearson)
    order = np.argsort(member, kind="stable")
    own = np.array([part.T @ part for part in np.split(scaled[order], np.cumsum(size)[:-1])])
    common = shared[:, None, None] * np.einsum("gi,gj->gij", sums, sums)
    scores = summed(member, scaled * pearson[:, None]) - (shared * residual_sums)[:, None] * sums
    return _Equations(scores / (1 - correlation), (own - common) / (1 - correlation))
