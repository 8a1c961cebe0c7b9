"""Negative binomial regression (NB2) with a log offset: counts that vary more than chance alone would have them.

Var(y) = mu + alpha mu^2; alpha 0 is Poisson, and where the data ask for no more the answer is the Poisson fit itself.
Agrees with R `MASS::glm.nb` (alpha = 1/theta).
"""

from dataclasses import dataclass
from math import erfc, sqrt

import numpy as np
from numpy.typing import ArrayLike

from behavior_metrics.stats.counts import Members, checked
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.levels import Score, centred, fit_poisson_with_levels, fit_with_levels
from behavior_metrics.stats.poisson import PoissonFit, fit_poisson, inverse_information
from behavior_metrics.stats.refusing import Floats

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


def fit_negative_binomial(
    y: ArrayLike, x: ArrayLike, offset: ArrayLike | None = None, *, group: Members | None = None
) -> NegativeBinomialFit:
    """Joint maximum likelihood of coefficients and alpha.

    `y` counts (n), `x` design with its own intercept (n x p), `offset` log of exposure (n). The derivative in
    alpha of the likelihood maximised over the coefficients is solved for nought, from the moment estimate on. Where it
    falls from alpha 0 on (counts that vary no more than chance) the Poisson fit is returned with alpha 0.
    With a `group` (0 … G-1 per row) each has a level of its own and `x` has no intercept; the fit's `x` are then the centred
    columns of `levels.fit_poisson_with_levels`.
    Raises NoEstimate as `fit_poisson` does, and when counts are so uneven that alpha has no finite maximum.
    Source: Lawless (1987); R `MASS::glm.nb`.
    """
    if group is None:
        counts, effects, shift = checked(y, x, offset)
        plain, level = fit_poisson(counts, effects, shift), None
    else:
        plain, level = fit_poisson_with_levels(y, x, group, offset)
        counts, effects = plain.y, np.asarray(x, float)
        shift = np.zeros(counts.size) if offset is None else np.asarray(offset, float)
    profile = _Profile(counts, effects, shift, plain, group, level)
    best = profile.best()
    if best is None:
        return NegativeBinomialFit(
            plain.coef, 0.0, plain.mean, plain.covariance, counts, plain.x, plain.loglik, plain.loglik, np.nan
        )
    coef, mean = profile.coefficients(best)
    weight = mean / (1 + best * mean)
    design = effects if group is None else centred(effects, weight, group)
    covariance = inverse_information(design, weight)
    se_alpha = 1 / sqrt(-_slope_of_score(counts, mean, best))
    likelihood = profile.loglik(best)
    return NegativeBinomialFit(coef, best, mean, covariance, counts, design, likelihood, plain.loglik, se_alpha)


class _Profile:
    """The likelihood as a function of alpha alone, the coefficients being at their best for it."""

    def __init__(
        self, y: Floats, x: Floats, shift: Floats, plain: PoissonFit, group: Members | None, level: Floats | None
    ) -> None:
        self.y, self.x, self.shift, self.plain, self.group = y, x, shift, plain, group
        self._coef, self._level = plain.coef, level

    def coefficients(self, alpha: float) -> tuple[Floats, Floats]:
        """Coefficients (p) and means (n) at this alpha, from the last ones found."""
        if self.group is None or self._level is None:
            self._coef = _fit_given(alpha, self._coef, self.y, self.x, self.shift)
            linear = self.shift + self.x @ self._coef
        else:
            self._coef, self._level = fit_with_levels(
                lambda at: _score_at(alpha, self.y, self.shift + at), self.x, self.group, self._coef, self._level
            )
            linear = self.shift + self.x @ self._coef + self._level[self.group]
        return self._coef, np.exp(np.clip(linear, -_LARGEST_EXPONENT, _LARGEST_EXPONENT))

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
        """The alpha of the highest likelihood; None where it falls from alpha 0 on, so that Poisson does as well."""
        from scipy.optimize import brentq  # noqa: PLC0415 - as above

        squares = (self.y - self.plain.mean) ** 2
        if float(np.sum(squares - self.y)) <= 0:  # twice the slope of the likelihood in alpha, at nought
            return None
        moment = float(np.sum(squares - self.y) / np.sum(self.plain.mean**2))
        low = high = min(max(float(np.log(moment)), _SMALLEST + 1), _LARGEST - 1)
        while self.score(low) <= 0:
            low -= 1
            if low < _SMALLEST:
                return None
        while self.score(high) >= 0:
            high += 1
            if high > _LARGEST:
                raise NoEstimate("Not estimable because the counts are too uneven for any negative binomial.")
        return float(np.exp(brentq(self.score, low, high, xtol=1e-12)))


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


def _score_at(alpha: float, y: Floats, linear: Floats) -> Score:
    """Height, slope and expected information of each row at a linear predictor, alpha being fixed."""
    predicted = np.clip(linear, -_LARGEST_EXPONENT, _LARGEST_EXPONENT)
    mean = np.exp(predicted)
    over = 1 + alpha * mean
    return Score(float(y @ predicted - (y + 1 / alpha) @ np.log1p(alpha * mean)), (y - mean) / over, mean / over)


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
