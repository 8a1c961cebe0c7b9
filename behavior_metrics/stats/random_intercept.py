"""Poisson regression with a random intercept per cluster, by adaptive Gauss-Hermite quadrature.

The rate ratio is that within a cluster (conditional), where GEE's is that of the network on average. One node is
Laplace's approximation; 15 are as good as exact for counts. Agrees with R `lme4::glmer(family = poisson, nAGQ = )`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from behavior_metrics.stats.counts import Members, checked, members
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.poisson import PoissonFit, clustered_covariance, fit_poisson, summed
from behavior_metrics.stats.refusing import Floats

RANDOM_INTERCEPT = "Poisson regression with a random intercept, adaptive Gauss-Hermite quadrature, t(clusters - 1)"
PRECISE = 15

_MODE_STEPS = 100
_MODE_TOLERANCE = 1e-12
_LARGEST_EXPONENT = 50.0
_NEWTON_STEPS = 25
# Twice the log-likelihood still to be gained: 1e-9 is a thirty-thousandth of a standard error away.
_NEWTON_TOLERANCE = 1e-9
_DIFFERENCE = 2e-3
_LOG_SD = (-12.0, 4.0)


@dataclass(frozen=True, slots=True)
class RandomInterceptFit:
    """Coefficients (p), their covariance (p x p), the standard deviation of log rates between clusters, likelihood.

    `covariance` is the block of the inverse Hessian of coefficients and deviation together, as glmer reports it.
    `sd` 0: clusters differ no more than chance would have them, and the rest is the Poisson fit.
    """

    coef: Floats
    covariance: Floats
    sd: float
    loglik: float
    clusters: int

    @property
    def se(self) -> Floats:
        """Model standard errors: right when clusters differ by their level alone."""
        return np.sqrt(np.diag(self.covariance))


def fit_random_intercept(
    y: ArrayLike, x: ArrayLike, offset: ArrayLike | None, cluster: ArrayLike, *, nodes: int = PRECISE
) -> RandomInterceptFit:
    """Maximise the sum over clusters of log of the integral of prod Poisson(y; exp(offset + x b + sd u)) phi(u) du.

    `y` counts (n), `x` design with its own intercept (n x p), `offset` log of exposure (n) or None, `cluster` labels
    (n), `nodes` of the quadrature, centred and scaled at each cluster's mode. `loglik` has all constants (glmer's at
    nAGQ > 1 has not). Raises NoEstimate as `fit_poisson` does, with fewer than two clusters, and without a maximum.
    Source: Pinheiro and Bates (1995); Liu and Pierce (1994).
    """
    counts, design, shift = checked(y, x, offset)
    member = members(cluster, rows=counts.size)
    plain = fit_poisson(counts, design, shift)
    surplus = summed(member, np.column_stack([plain.residual, plain.mean]))
    if float(np.sum(surplus[:, 0] ** 2 - surplus[:, 1])) <= 0:  # the slope of the likelihood in the variance, at nought
        return RandomInterceptFit(plain.coef, plain.covariance, 0.0, plain.loglik, len(surplus))
    variance = float(np.sum(surplus[:, 0] ** 2 - surplus[:, 1]) / np.sum(surplus[:, 1] ** 2))
    marginal = _Marginal(counts, design, shift, member, nodes)
    return _maximise(marginal, plain, member, max(variance, 1e-4) ** 0.5)


class _Marginal:
    """The marginal log-likelihood; of the data it needs each cluster's count and, at each step, its summed mean."""

    def __init__(self, y: Floats, x: Floats, shift: Floats, member: Members, nodes: int) -> None:
        from scipy.special import gammaln  # noqa: PLC0415 - loaded on first use, as all of scipy

        self.y, self.x, self.shift, self.member = y, x, shift, member
        self.total = np.bincount(member, y)
        self.constant = float(gammaln(y + 1).sum()) + 0.5 * np.log(2 * np.pi) * self.total.size
        self.node, weight = np.polynomial.hermite.hermgauss(nodes)
        self.log_weight = np.log(weight) + self.node**2

    def __call__(self, coef: Floats, sd: float) -> float:
        linear = np.clip(self.shift + self.x @ coef, -_LARGEST_EXPONENT, _LARGEST_EXPONENT)
        mean = np.asarray(np.bincount(self.member, np.exp(linear)), float)
        mode, width = self._modes(mean, sd)
        u = mode[:, None] + np.sqrt(2) * width[:, None] * self.node
        height = self._log_density(u, mean[:, None], sd) + self.log_weight
        top = height.max(axis=1)
        integral = top + np.log(np.exp(height - top[:, None]).sum(axis=1)) + np.log(np.sqrt(2) * width)
        return float(self.y @ linear + integral.sum() - self.constant)

    def _log_density(self, u: Floats, mean: Floats, sd: float) -> Floats:
        effect = np.clip(sd * u, -_LARGEST_EXPONENT, _LARGEST_EXPONENT)
        return np.asarray(self.total[:, None] * effect - mean * np.exp(effect) - u**2 / 2)

    def _modes(self, mean: Floats, sd: float) -> tuple[Floats, Floats]:
        """Where each cluster's integrand is highest, and its width there (one over the root of the curvature)."""
        # Newton from above the root of a concave slope goes down to it without overshooting.
        u = np.maximum(np.log((self.total + 0.5) / mean) / sd, 0.0)
        for _ in range(_MODE_STEPS):
            rate = mean * np.exp(np.clip(sd * u, -_LARGEST_EXPONENT, _LARGEST_EXPONENT))
            step = (sd * (self.total - rate) - u) / (sd**2 * rate + 1)
            u = u + step
            if np.max(np.abs(step)) < _MODE_TOLERANCE:
                break
        rate = mean * np.exp(np.clip(sd * u, -_LARGEST_EXPONENT, _LARGEST_EXPONENT))
        return u, 1 / np.sqrt(sd**2 * rate + 1)


def _maximise(marginal: _Marginal, plain: PoissonFit, cluster: Members, sd: float) -> RandomInterceptFit:
    """Quasi-Newton from the Poisson fit, then Newton on differences taken in units of the errors found so far."""
    from scipy.optimize import minimize  # noqa: PLC0415 - loaded on first use, as all of scipy

    p = len(plain.coef)
    at = np.append(plain.coef, np.log(sd))
    unit = np.eye(p + 1)
    unit[:p, :p] = np.linalg.cholesky(plain.covariance + clustered_covariance(plain, cluster))

    def minus(moved: Floats) -> float:
        return -marginal(moved[:p], float(np.exp(np.clip(moved[p], *_LOG_SD))))

    def from_start(z: Floats, start: Floats = at, unit: Floats = unit) -> float:
        return minus(start + unit @ z)

    at = at + unit @ minimize(from_start, np.zeros(p + 1), method="BFGS", options={"gtol": 1e-4}).x
    for _ in range(_NEWTON_STEPS):
        slope, curvature = _derivatives(minus, at, unit)
        if np.linalg.eigvalsh(curvature)[0] <= 0:
            raise NoEstimate("Not estimable because the likelihood has no single maximum over the clusters' spread.")
        step = np.linalg.solve(curvature, slope)
        at = at - unit @ step
        unit = unit @ np.linalg.inv(np.linalg.cholesky(curvature)).T
        if slope @ step < _NEWTON_TOLERANCE:
            break
    else:
        raise NoEstimate("Not estimable because the likelihood did not settle on a maximum.")
    covariance = np.asarray((unit @ unit.T)[:p, :p])
    return RandomInterceptFit(at[:p], covariance, float(np.exp(at[p])), -minus(at), marginal.total.size)


def _derivatives(height: Callable[[Floats], float], at: Floats, unit: Floats) -> tuple[Floats, Floats]:
    """Gradient and Hessian along the columns of `unit`, by central differences."""
    k = at.size
    step = unit.T * _DIFFERENCE
    here = height(at)
    up, down = np.array([height(at + e) for e in step]), np.array([height(at - e) for e in step])
    hessian = np.diag((up + down - 2 * here) / _DIFFERENCE**2)
    for i in range(k):
        for j in range(i):
            both = height(at + step[i] + step[j]) + height(at - step[i] - step[j])
            mixed = (both - up[i] - up[j] - down[i] - down[j] + 2 * here) / (2 * _DIFFERENCE**2)
            hessian[i, j] = hessian[j, i] = mixed
    return (up - down) / (2 * _DIFFERENCE), hessian
