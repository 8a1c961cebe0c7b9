"""Did the rate step or bend when coaching began? Segmented regression of one series (interrupted time series).

Errors are those of Newey and West, for months that follow each other are alike. A series has no comparison: whatever
else began that month is in the answer, and so is the way back to the usual after a bad run, which is looked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from behavior_metrics.stats.count_checks import CountChecks, check_counts
from behavior_metrics.stats.counts import FittedCounts, log_exposure
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.negative_binomial import NegativeBinomialFit, fit_negative_binomial
from behavior_metrics.stats.poisson import PoissonFit, fit_poisson
from behavior_metrics.stats.rate_findings import RUN_BEFORE, BeforeStart, Effect, Refusal, effect_of
from behavior_metrics.stats.refusing import Floats

SeriesFamily = Literal["quasi_poisson", "negative_binomial"]

FEWEST_PER_SIDE = 12
_NOTHING_LEFT = 1e-12
STEP = "step at the start"
_ERRORS = "Newey-West errors, never below model errors times the root of the dispersion, t(n - p)"
METHODS: Mapping[SeriesFamily, str] = {
    "quasi_poisson": f"segmented Poisson regression, {_ERRORS}",
    "negative_binomial": f"segmented negative binomial regression, {_ERRORS}",
}


@dataclass(frozen=True, slots=True)
class Residuals:
    """Whether what is left still hangs together: Durbin-Watson (2: not) and Ljung-Box with its p on `lags` df."""

    durbin_watson: float
    ljung_box: float
    lags: int
    p: float

    @property
    def answer(self) -> str:
        """What may be said."""
        figures = f"Durbin-Watson {self.durbin_watson:.2f}, Ljung-Box p {self.p:.2g} over {self.lags} lags"
        if self.p < 0.05:
            return f"Neighbouring periods are still alike ({figures}); the errors allow for it up to their lag."
        return f"Nothing is left that hangs together over time ({figures})."


@dataclass(frozen=True, slots=True)
class InterruptedSeries:
    """Rate ratios: the `step` at the start, the `bend` (change of the slope per period) and the `trend` before.

    `before_start` is a Refusal where the periods right before it cannot be told from the rest. `lags` of the errors.
    """

    step: Effect
    bend: Effect
    trend: Effect
    periods_before: int
    periods_after: int
    lags: int
    residuals: Residuals
    checks: CountChecks
    before_start: BeforeStart | Refusal


def interrupted_series(
    events: ArrayLike,
    exposure: ArrayLike,
    time: ArrayLike,
    start: int,
    *,
    season: int = 12,
    harmonics: int = 1,
    family: SeriesFamily = "quasi_poisson",
    lags: int | None = None,
) -> InterruptedSeries:
    """Fit log E(y) = log exposure + b0 + b1 t + b2 post + b3 (t - start) post + harmonics.

    `events` (n) and `exposure` (n, above nought) per period; `time` (n) the period's number in rising order, gaps
    allowed; `start` the first period with coaching. `season` periods make a year, with `harmonics` pairs of sine and
    cosine; `lags` of the errors, by default 4 (n/100)^(2/9) (Newey and West 1994). Raises NoEstimate below 12 periods
    on either side, for more waves than a season can tell, and as `fit_poisson` does.
    Source: Bernal, Cummins and Gasparrini (2017); R `sandwich::NeweyWest`.
    """
    y, shift, when = np.asarray(events, float), log_exposure(exposure), _times(time)
    if not y.shape == shift.shape == when.shape:
        raise NoEstimate("Not estimable because events, exposure and time differ in their number of periods.")
    _check_sides(when, start)
    if not 0 <= 2 * harmonics < season:
        raise NoEstimate(f"Not estimable because {season} periods a year cannot tell {harmonics} pairs of waves.")
    reach = int(4 * (when.size / 100) ** (2 / 9)) if lags is None else lags
    if not 0 <= reach < when.size:
        raise NoEstimate("Not estimable because the lag of the errors is not shorter than the series.")
    model = _Segments(y, shift, when, start, season, harmonics, family, reach)
    fit, (step, bend, trend) = model.fitted()
    return InterruptedSeries(
        step,
        bend,
        trend,
        int(np.sum(when < start)),
        int(np.sum(when >= start)),
        reach,
        residuals_over_time((y - fit.mean) / np.sqrt(fit.mean), season),
        check_counts(y, fit.x, shift),
        _before_start(model),
    )


def newey_west(fit: FittedCounts, time: ArrayLike, lags: int, *, adjusted: bool = True) -> Floats:
    """Covariance (p x p) for rows in order of `time` (n, whole numbers) whose scores are alike up to `lags` apart.

    Bartlett weights 1 - l / (lags + 1) on pairs l periods apart, so that a gap is counted as long as it is; no
    prewhitening; times n / (n - p) where `adjusted`. R `NeweyWest(lag =, prewhite = FALSE, adjust =)`.
    Source: Newey and West (1987).
    """
    when, scores = np.asarray(time), fit.residual[:, None] * fit.x
    meat = scores.T @ scores
    for lag in range(1, lags + 1):
        _, later, earlier = np.intersect1d(when, when + lag, assume_unique=True, return_indices=True)
        cross = scores[later].T @ scores[earlier]
        meat = meat + (1 - lag / (lags + 1)) * (cross + cross.T)
    n, p = fit.x.shape
    return np.asarray(fit.covariance @ meat @ fit.covariance * (n / (n - p) if adjusted else 1.0))


def residuals_over_time(residual: ArrayLike, lags: int) -> Residuals:
    """Durbin-Watson and Ljung-Box of residuals (n) in order of time.

    Sum of squared differences over sum of squares; n (n + 2) sum of r_k^2 / (n - k) against chi-square on `lags` df.
    R `lmtest::dwtest` (statistic) and `Box.test(type = "Ljung-Box")`.
    """
    from scipy.special import gammaincc  # noqa: PLC0415 - loaded on first use, as all of scipy

    left = np.asarray(residual, float)
    n, reach = left.size, min(lags, left.size - 1)
    around = left - left.mean()
    if around @ around < _NOTHING_LEFT * n:  # every period is exactly as fitted
        return Residuals(2.0, 0.0, reach, 1.0)
    correlations = np.array([around[k:] @ around[:-k] for k in range(1, reach + 1)]) / (around @ around)
    portmanteau = float(n * (n + 2) * np.sum(correlations**2 / (n - np.arange(1, reach + 1))))
    watson = float(np.sum(np.diff(left) ** 2) / np.sum(left**2))
    return Residuals(watson, portmanteau, reach, float(gammaincc(reach / 2, portmanteau / 2)))


@dataclass(frozen=True, slots=True)
class _Segments:
    """One series and how it is to be fitted."""

    y: Floats
    shift: Floats
    when: Floats
    start: int
    season: int
    harmonics: int
    family: SeriesFamily
    lags: int

    def fitted(self, **more: Floats) -> tuple[PoissonFit | NegativeBinomialFit, tuple[Effect, ...]]:
        """Fit step, bend, slope and `more` columns: the model and the effect of each, in that order."""
        after = (self.when >= self.start).astype(float)
        ahead = self.when - self.start
        angle = 2 * np.pi * self.when[:, None] * np.arange(1, self.harmonics + 1) / self.season
        named = {STEP: after, "change of slope per period": ahead * after, "slope before": ahead} | more
        x = np.column_stack([*named.values(), np.ones(ahead.size), np.sin(angle), np.cos(angle)])
        fit = (fit_poisson if self.family == "quasi_poisson" else fit_negative_binomial)(self.y, x, self.shift)
        df = ahead.size - x.shape[1]
        spread = float(np.sum(fit.weight * (fit.residual / fit.weight) ** 2)) / df
        # With few periods Newey-West's own errors are too small; they never go below those of rows that are not alike.
        least = np.sqrt(np.diag(fit.covariance) * max(spread, 1.0))
        error = np.maximum(np.sqrt(np.maximum(np.diag(newey_west(fit, self.when, self.lags)), 0)), least)
        return fit, tuple(
            effect_of(name, float(fit.coef[k]), float(error[k]), df, ahead.size, METHODS[self.family])
            for k, name in enumerate(named)
        )


def _before_start(model: _Segments) -> BeforeStart | Refusal:
    """A level of their own for the last periods before the start: how bad they were, and the step without them."""
    last = np.zeros(model.when.size)
    last[np.flatnonzero(model.when < model.start)[-RUN_BEFORE:]] = 1
    try:
        _, effects = model.fitted(**{"just before the start": last})
    except NoEstimate as refused:
        return Refusal(str(refused))
    return BeforeStart(RUN_BEFORE, effects[-1], effects[0])


def _times(time: ArrayLike) -> Floats:
    when = np.asarray(time, float)
    if not (np.isfinite(when).all() and (when == np.floor(when)).all()):
        raise NoEstimate("Not estimable because the number of a period is missing or not whole.")
    if (np.diff(when) <= 0).any():
        raise NoEstimate("Not estimable because periods do not follow each other, or one comes twice.")
    return when


def _check_sides(when: Floats, start: int) -> None:
    for side, there in (("before", int(np.sum(when < start))), ("after", int(np.sum(when >= start)))):
        if there < FEWEST_PER_SIDE:
            raise NoEstimate(
                f"Not estimable because there are {there} periods {side} the start; there would have to be "
                f"{FEWEST_PER_SIDE} on each side."
            )
