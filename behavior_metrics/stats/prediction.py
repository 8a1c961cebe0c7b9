"""How well predicted risks came true, for process steps at sites: landmarks of step x site and never of a person.

A risk that does not hold is shown as "not validated". Nothing here fits a model: predictions and outcomes come in.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from behavior_metrics.stats import quantiles
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.intervals import Estimate
from behavior_metrics.stats.refusing import Floats, counts, finite, same_length

DELONG = "AUROC with the interval of DeLong (1988)"
SLOPE = "calibration slope, Wald interval of a logistic regression on the logit of the prediction"
IN_THE_LARGE = "calibration in the large, Wald interval of a logistic intercept with the logit as offset"

#: Below it nothing is said to be validated.
FEWEST_EVENTS = 100
SOUND_SLOPE = (0.8, 1.2)

_BINS = 10
_MAX_STEPS = 100


@dataclass(frozen=True, slots=True)
class Benefit:
    """Net benefit per landmark of acting at a threshold: by the prediction, always, and (nought) never."""

    threshold: float
    by_prediction: float
    always: float


@dataclass(frozen=True, slots=True)
class Validation:
    """Discrimination and calibration of predictions. `events` of `n` landmarks; shares and risks from 0 to 1.

    `brier` near 0 is good, `brier_scaled` is the share of it that always saying the mean would leave over; `slope` is 1
    and `intercept` 0 where predictions are right; `ece` is the mean distance over ten bins of equal width.
    """

    n: int
    events: int
    auroc: Estimate
    average_precision: float
    brier: float
    brier_scaled: float
    slope: Estimate
    intercept: Estimate
    ece: float
    benefit: tuple[Benefit, ...]

    @property
    def validated(self) -> bool:
        """At least 100 events and a calibration slope within .8 to 1.2; else no risk is shown."""
        return self.events >= FEWEST_EVENTS and SOUND_SLOPE[0] <= self.slope.value <= SOUND_SLOPE[1]


def validate(
    outcome: ArrayLike,
    risk: ArrayLike,
    *,
    thresholds: tuple[float, ...] = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5),
    level: float = 0.95,
) -> Validation:
    """Hold predicted risks (n, strictly between 0 and 1) against what came (n, 0 or 1), on data they were not made from.

    AUROC: share of pairs in the right order, ties half; DeLong, DeLong and Clarke-Pearson (1988); R `pROC::ci.auc`.
    Average precision: Σ (R_k - R_(k-1)) P_k over distinct risks. Slope: logit(y) = a + b logit(p); intercept with b = 1
    (Cox 1958; R `glm`, `rms::val.prob`). Net benefit: TP/n - FP/n t/(1 - t) (Vickers and Elkin 2006). DeLong takes
    landmarks for independent ones, which several of one site are not: its interval is too narrow for them.

    Raises:
        NoEstimate: an outcome other than 0 and 1, only one kind of it, risks that are missing, constant or not strictly
            between 0 and 1, risks that part the outcomes without overlap, or columns of different length.
    """
    y, p = counts(outcome, "the outcome"), finite(risk, "the predicted risk")
    same_length(outcome=y, risk=p)
    _check(y, p)
    mean = float(y.mean())
    brier = float(np.mean((p - y) ** 2))
    logit = np.log(p) - np.log1p(-p)
    return Validation(
        y.size,
        int(y.sum()),
        _auroc(y, p, level),
        _average_precision(y, p),
        brier,
        1 - brier / (mean * (1 - mean)),
        *_calibration(y, logit, level),
        _ece(y, p),
        tuple(_benefit(y, p, threshold) for threshold in thresholds),
    )


def _check(y: Floats, p: Floats) -> None:
    if (y > 1).any():
        raise NoEstimate("Not estimable because an outcome is either 0 or 1.")
    if y.min() == y.max():
        raise NoEstimate("Not estimable because all outcomes are the same.")
    if p.min() <= 0 or p.max() >= 1:
        raise NoEstimate("Not estimable because a predicted risk must lie strictly between 0 and 1.")
    if p.min() == p.max():
        raise NoEstimate("Not estimable because all predicted risks are the same.")
    happened, not_happened = p[y == 1], p[y == 0]
    if happened.min() >= not_happened.max() or happened.max() <= not_happened.min():
        raise NoEstimate(
            "Not estimable because the risks part the outcomes without overlap, so the slope is unbounded."
        )


def _auroc(y: Floats, p: Floats, level: float) -> Estimate:
    happened, not_happened = np.sort(p[y == 1]), np.sort(p[y == 0])
    # Placement of each event among those without, and the other way round; ties count half.
    above = _share_below(not_happened, happened)
    below = 1 - _share_below(happened, not_happened)
    area = float(above.mean())
    spread = sum(float(part.var(ddof=1)) / part.size if part.size > 1 else np.nan for part in (above, below))
    if not np.isfinite(spread):
        raise NoEstimate("Not estimable because the interval needs two outcomes of either kind.")
    reach = quantiles.normal((1 + level) / 2) * sqrt(spread)
    return Estimate(area, max(area - reach, 0.0), min(area + reach, 1.0), y.size, DELONG, level)


def _share_below(ordered: Floats, values: Floats) -> Floats:
    low, high = (np.searchsorted(ordered, values, side) for side in ("left", "right"))
    return np.asarray((low + high) / 2 / ordered.size)


def _average_precision(y: Floats, p: Floats) -> float:
    order = np.argsort(-p, kind="stable")
    found, ranked = np.cumsum(y[order]), p[order]
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    precision, recall = found[last] / (last + 1), found[last] / y.sum()
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def _calibration(y: Floats, logit: Floats, level: float) -> tuple[Estimate, Estimate]:
    z = quantiles.normal((1 + level) / 2)
    both = np.column_stack([np.ones(y.size), logit])
    (_, slope), (_, slope_se) = _logistic(y, both, np.zeros(y.size))
    (shift,), (shift_se,) = _logistic(y, both[:, :1], logit)
    return (
        Estimate(float(slope), float(slope - z * slope_se), float(slope + z * slope_se), y.size, SLOPE, level),
        Estimate(float(shift), float(shift - z * shift_se), float(shift + z * shift_se), y.size, IN_THE_LARGE, level),
    )


def _logistic(y: Floats, x: Floats, offset: Floats) -> tuple[Floats, Floats]:
    """Coefficients and standard errors by Newton's steps, halved until the likelihood rises."""
    coef, likelihood = np.zeros(x.shape[1]), -np.inf
    for _ in range(_MAX_STEPS):
        linear = offset + x @ coef
        fitted = 1 / (1 + np.exp(-linear))
        information = x.T @ ((fitted * (1 - fitted))[:, None] * x)
        if np.linalg.cond(information) > 1 / np.finfo(float).eps:
            break
        step = np.linalg.solve(information, x.T @ (y - fitted))
        likelihood = float(y @ linear - np.logaddexp(0, linear).sum())
        for _ in range(_MAX_STEPS):
            after = offset + x @ (coef + step)
            if float(y @ after - np.logaddexp(0, after).sum()) >= likelihood - abs(likelihood) * 1e-12:
                break
            step = step / 2
        coef = coef + step
        if np.max(np.abs(step)) < 1e-11 * (1 + np.max(np.abs(coef))):
            return coef, np.sqrt(np.diag(np.linalg.inv(information)))
    raise NoEstimate("Not estimable because the calibration curve did not settle.")


def _ece(y: Floats, p: Floats) -> float:
    place = np.minimum((p * _BINS).astype(int), _BINS - 1)
    gap = np.bincount(place, y, _BINS) - np.bincount(place, p, _BINS)
    return float(np.abs(gap).sum() / y.size)


def _benefit(y: Floats, p: Floats, threshold: float) -> Benefit:
    if not 0 < threshold < 1:
        raise NoEstimate("Not estimable because a threshold lies strictly between 0 and 1.")
    odds = threshold / (1 - threshold)
    acted = p >= threshold
    right, wrong = float(y[acted].sum()) / y.size, float((1 - y[acted]).sum()) / y.size
    mean = float(y.mean())
    return Benefit(threshold, right - wrong * odds, mean - (1 - mean) * odds)
