"""Negative binomial regression (NB2) with a log offset: counts that vary more than chance alone would have them.

Var(y) = mu + alpha mu^2; alpha 0 is Poisson, and where the data ask for no more the answer is the Poisson fit itself.
Agrees with R `MASS::glm.nb` (alpha = 1/theta).
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import erfc, sqrt

import numpy as np
from numpy.typing import ArrayLike

from behavior_metrics.stats.counts import Floats, checked
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.poisson import PoissonFit, fit_poisson, inverse_information

NEGATIVE_BINOMIAL = "negative binomial regression (NB2), standard errors with alpha held at its estimate"

# log alpha is looked for from here to there; below it NB and Poisson cannot be told apart, above it no mean exists.
_SMALLEST, _LARGEST = -14.0, 7.0
_MAX_STEPS = 100
_STEP_TOLERANCE = 1e-12
_LARGEST_EXPONENT = 50.0


@dataclass(frozen=True, slots=True)
class NegativeBinomialFit:
    """Coefficients on the log scale (p), alpha, fitted means (n), covariance (p x p), log-likelihoods and the data.

    `covariance` is the inverse expected information with alpha held at its estimate, as R `summary(glm.nb)` reports it:
    coefficients and alpha are asymptotically uncorrelated, so that only terms of smaller order are left out. (The full
    observed Hessian, as statsmodels has it, differs in the second or third digit.) `se_alpha` is from the observed
    information of alpha, nan where alpha is 0.
    """

    coef: Floats
    alpha: float
    mean: Floats
    covariance: Floats
    y: Floats
    x: Floats
    loglik: float
    loglik_poisson: float
    se_alpha: float

    @property
    def weight(self) -> Floats:
        """Working weights (n): mu / (1 + alpha mu)."""
        return np.asarray(self.mean / (1 + self.alpha * self.mean))

    @property
    def residual(self) -> Floats:
        """Score residuals (n): (y - mu) / (1 + alpha mu)."""
        return np.asarray((self.y - self.mean) / (1 + self.alpha * self.mean))

    @property
    def se(self) -> Floats:
        """Model standard errors: right only when rows are independent."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def lr_poisson(self) -> float:
        """Likelihood ratio statistic of alpha = 0, nought where Poisson fits as well."""
        return max(0.0, 2 * (self.loglik - self.loglik_poisson))

    @property
    def p_poisson(self) -> float:
        """P of alpha = 0: half chi-square on 1 df, for alpha lies on its boundary (Self and Liang 1987); 1 at nought."""
        return erfc(sqrt(self.lr_poisson / 2)) / 2 if self.lr_poisson > 0 else 1.0

    @property
    def zero_chance(self) -> Floats:
        """Chance of no event in each row (n): (1 + alpha mu)^(-1/alpha), exp(-mu) at alpha 0."""
        if self.alpha == 0:
            return np.exp(-self.mean)
        return np.exp(-np.log1p(self.alpha * self.mean) / self.alpha)


def fit_negative_binomial(y: ArrayLike, x: ArrayLike, offset: ArrayLike | None = None) -> NegativeBinomialFit:
    """Joint maximum likelihood of coefficients and alpha.

    `y` counts (n), `x` design with its own intercept (n x p), `offset` log of exposure (n). The likelihood maximised
    over the coefficients is searched over log alpha, then its derivative is solved for nought. Where no alpha does
    better than 0 (under-dispersed or plainly Poisson counts) the Poisson fit is returned with alpha 0.
    Raises NoEstimate as `fit_poisson` does, and when counts are so uneven that alpha has no finite maximum.
    Source: Lawless (1987); R `MASS::glm.nb`.
    """
    counts, design, shift = checked(y, x, offset)
    plain = fit_poisson(counts, design, shift)
    profile = _Profile(counts, design, shift, plain)
    best = profile.best()
    if best is None:
        return NegativeBinomialFit(
            plain.coef, 0.0, plain.mean, plain.covariance, counts, design, plain.loglik, plain.loglik, np.nan
        )
    coef, mean = profile.coefficients(best)
    covariance = inverse_information(design, mean / (1 + best * mean))
    se_alpha = 1 / sqrt(-_slope_of_score(counts, mean, best))
    likelihood = profile.loglik(best)
    return NegativeBinomialFit(coef, best, mean, covariance, counts, design, likelihood, plain.loglik, se_alpha)


class _Profile:
    """The likelihood as a function of alpha alone, the coefficients being at their best for it."""

    def __init__(self, y: Floats, x: Floats, shift: Floats, plain: PoissonFit) -> None:
        self.y, self.x, self.shift, self.plain = y, x, shift, plain
        self._coef = plain.coef

    def coefficients(self, alpha: float) -> tuple[Floats, Floats]:
        """Coefficients (p) and means (n) at this alpha, from the last ones found."""
        self._coef = _fit_given(alpha, self._coef, self.y, self.x, self.shift)
        return self._coef, np.exp(np.clip(self.shift + self.x @ self._coef, -_LARGEST_EXPONENT, _LARGEST_EXPONENT))

    def loglik(self, alpha: float) -> float:
        """Log-likelihood with all constants, as R `logLik`."""
        from scipy.special import gammaln  # noqa: PLC0415 - loaded on first use, as all of scipy

        _, mean = self.coefficients(alpha)
        return float(np.sum(_terms(self.y, mean, alpha)) - gammaln(self.y + 1).sum())

    def score(self, log_alpha: float) -> float:
        """Derivative of the profile with respect to alpha (its zero is that of the joint likelihood)."""
        alpha = float(np.exp(log_alpha))
        _, mean = self.coefficients(alpha)
        return _score(self.y, mean, alpha)

    def best(self) -> float | None:
        """The alpha of the highest likelihood; None where none does better than 0."""
        from scipy.optimize import brentq  # noqa: PLC0415 - as above

        grid = np.arange(_SMALLEST, _LARGEST + 1)
        heights = np.array([self.loglik(float(np.exp(step))) for step in grid])
        top = int(np.argmax(heights))
        if heights[top] <= self.plain.loglik + 1e-9 * abs(self.plain.loglik) or top == 0:
            return None
        if top == len(grid) - 1:
            raise NoEstimate("Not estimable because the counts are too uneven for any negative binomial.")
        low, high = float(grid[top - 1]), float(grid[top + 1])
        self._coef = self.plain.coef
        score: Callable[[float], float] = self.score
        if score(low) <= 0 or score(high) >= 0:
            raise NoEstimate("Not estimable because the likelihood has no single maximum over the dispersion.")
        return float(np.exp(brentq(score, low, high, xtol=1e-12)))


def _fit_given(alpha: float, coef: Floats, y: Floats, x: Floats, shift: Floats) -> Floats:
    """Fisher scoring with halved steps at a fixed alpha."""

    def height(at: Floats) -> float:
        linear = np.clip(shift + x @ at, -_LARGEST_EXPONENT, _LARGEST_EXPONENT)
        return float(y @ linear - (y + 1 / alpha) @ np.log1p(alpha * np.exp(linear)))

    now = height(coef)
    for _ in range(_MAX_STEPS):
        mean = np.exp(np.clip(shift + x @ coef, -_LARGEST_EXPONENT, _LARGEST_EXPONENT))
        over = 1 + alpha * mean
        step = np.linalg.lstsq(x.T @ ((mean / over)[:, None] * x), x.T @ ((y - mean) / over), rcond=None)[0]
        for _ in range(_MAX_STEPS):
            after = height(coef + step)
            if after >= now - abs(now) * _STEP_TOLERANCE:
                break
            step = step / 2
        coef, now = coef + step, after
        if np.max(np.abs(step) / (np.abs(coef) + 1)) < _STEP_TOLERANCE**0.75:
            return coef
    raise NoEstimate("Not estimable because the likelihood did not settle on a maximum.")


def _terms(y: Floats, mean: Floats, alpha: float) -> Floats:
    """Log-likelihood of each row but for -log y!.

    log Gamma(y + 1/alpha) - log Gamma(1/alpha) + y log alpha is the sum of log(1 + alpha j) over j < y, which keeps its
    digits however small alpha is.
    """
    steps = np.concatenate([[0.0], np.cumsum(np.log1p(alpha * np.arange(int(y.max()))))])
    return np.asarray(steps[y.astype(np.intp)] + y * np.log(mean) - (y + 1 / alpha) * np.log1p(alpha * mean))


def _score(y: Floats, mean: Floats, alpha: float) -> float:
    """First derivative of the log-likelihood with respect to alpha, at fixed means."""
    j = np.arange(int(y.max()))
    steps = np.concatenate([[0.0], np.cumsum(j / (1 + alpha * j))])[y.astype(np.intp)]
    over = 1 + alpha * mean
    return float(np.sum(steps + np.log(over) / alpha**2 - (y + 1 / alpha) * mean / over))


def _slope_of_score(y: Floats, mean: Floats, alpha: float) -> float:
    """Second derivative with respect to alpha, at fixed means; below nought at a maximum."""
    j = np.arange(int(y.max()))
    steps = np.concatenate([[0.0], np.cumsum((j / (1 + alpha * j)) ** 2)])[y.astype(np.intp)]
    over = 1 + alpha * mean
    curve = -2 * np.log(over) / alpha**3 + 2 * mean / (alpha**2 * over) + (y + 1 / alpha) * (mean / over) ** 2
    return float(np.sum(curve - steps))
