"""Rate ratios of recurrent events from rows (start, stop]: Andersen and Gill's model, and Prentice, Williams and Peterson's.

The hazard of a row at t is its stratum's baseline times exp(x b). With one baseline it is the model of Andersen and Gill
(1982); with a stratum for each ordinal of event it is that of Prentice, Williams and Peterson (1981), in total time or, with
rows that start at 0, in gap time. Ties by Efron (1977): deviations are dated by the day. Intervals from the sandwich of Lin
and Wei (1989) with scores added up within clusters: the model's own errors hold a fifth less often than they say.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import exp, inf
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from behavior_metrics.stats import quantiles
from behavior_metrics.stats.counts import members
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.intervals import Estimate
from behavior_metrics.stats.refusing import Floats, finite
from behavior_metrics.stats.risk_sets import Places, RiskSets, computable, risk_sets

Ties = Literal["efron", "breslow"]

ROBUST = "Cox regression of recurrent events, {ties} ties, cluster-robust interval with t(clusters - 1)"

_MOST_STEPS = 40
#: A gain in log likelihood below it, relative, is no gain any more.
_SETTLED = 1e-12
#: No standard deviation of a covariate changes a hazard by more than exp of it, unless the maximum lies at infinity.
_AT_INFINITY = 12.0
#: Condition of the scaled information above which two covariates are one.
_ONE_AND_THE_SAME = 1e11
_LARGEST_EXPONENT = 700.0


@dataclass(frozen=True, slots=True)
class CoxFit:
    """Coefficients at the maximum of the partial likelihood (p covariates, n rows)."""

    coef: Floats
    #: p x p, inverse of the observed information.
    covariance: Floats
    loglik: float
    loglik_null: float
    #: n x p: what each row adds to the score at the maximum; its sum is nought.
    score_residuals: Floats
    #: n: events of a row less those the model expects.
    martingale_residuals: Floats
    sets: RiskSets
    ties: Ties
    x: Floats

    @property
    def se(self) -> Floats:
        """The model's own standard errors (p); too small for events that recur."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def influence(self) -> Floats:
        """Change of the coefficients (n x p), to first order, by each row (R `residuals(type = "dfbeta")`)."""
        return np.asarray(self.score_residuals @ self.covariance)

    def influence_of(self, member: Places) -> Floats:
        """Change of the coefficients (G x p), to first order, by each group of rows; `member` (n) is 0 to G - 1."""
        scores = np.column_stack([np.bincount(member, column) for column in self.score_residuals.T])
        return np.asarray(scores @ self.covariance)


@computable()
def fit_cox(
    start: ArrayLike,
    stop: ArrayLike,
    event: ArrayLike,
    x: ArrayLike,
    *,
    strata: ArrayLike | None = None,
    ties: Ties = "efron",
    offset: ArrayLike | None = None,
) -> CoxFit:
    """Fit n rows (start, stop] in any unit of time, `event` 0 or 1, covariates `x` (n x p), `strata` and `offset` (n).

    Maximises the partial likelihood by Newton's steps, halved where they overshoot. With s0, s1 sums of r = exp(x b) and r x
    over those at risk at a time with d events, and e0, e1 the same over these d, Efron's term is
    sum over l < d of log(s0 - l/d e0).

    Raises NoEstimate for a covariate that is unknown somewhere, constant or a combination of others, and for a maximum at
    infinity. Source: R `survival::coxph(Surv(start, stop, event) ~ x + strata(s), ties = "efron")`; agrees to 1e-9.
    """
    if ties not in get_args(Ties):
        raise NoEstimate(f"Not estimable because ties are broken by efron or breslow, not by {ties}.")
    sets = risk_sets(start, stop, event, strata)
    given = finite(x, "covariate", rows=len(sets.stop))
    given = np.asfortranarray(given[:, None] if given.ndim == 1 else given)
    middle, spread = _scaling(given)
    partial = PartialLikelihood(sets, (given - middle) / spread, ties)
    shift = None if offset is None else finite(offset, "offset", rows=len(given))
    coef = np.zeros(given.shape[1])
    null = best = partial.at(coef, shift)
    for _ in range(_MOST_STEPS):
        step = _solved(best.information, best.score)
        following = _without_overshooting(partial, coef, step, best)
        gain = following.loglik - best.loglik
        coef, best = following.coef, following
        if np.abs(coef).max() > _AT_INFINITY:
            raise NoEstimate(
                "Not estimable because some covariate is never at risk beside an event: the ratio is endless."
            )
        if gain <= _SETTLED * (abs(best.loglik) + 1):
            break
    else:
        raise NoEstimate("Not estimable because the estimate did not settle.")
    covariance = np.linalg.inv(best.information)
    if not (np.diag(covariance) > 0).all():
        raise NoEstimate("Not estimable because the rows say nothing of some covariate.")
    return CoxFit(
        coef / spread,
        covariance / np.outer(spread, spread),
        best.loglik,
        null.loglik,
        partial.score_residuals(best) * spread,
        best.martingale,
        sets,
        ties,
        given,
    )


def clustered(fit: CoxFit, cluster: ArrayLike, *, few: bool = False) -> Floats:
    """Sandwich covariance (p x p) with the rows' influence added up within clusters (Lin and Wei 1989).

    `few` multiplies by G/(G-1), to be read with t(G-1): with 12 sites the plain one holds in 72 of 100 networks.
    Raises NoEstimate for a single cluster or one that is not known.
    Source: R `coxph(..., cluster = g)` without `few`.
    """
    member = members(cluster, rows=len(fit.x))
    groups = int(member.max()) + 1
    moves = fit.influence_of(member)
    return np.asarray(moves.T @ moves) * (groups / (groups - 1) if few else 1.0)


def rate_ratios(fit: CoxFit, cluster: ArrayLike, *, level: float = 0.95) -> tuple[Estimate, ...]:
    """Rate ratio of each covariate per unit, with the interval of few clusters.

    Raises NoEstimate for a single cluster, and for a ratio that no computer holds: its unit is too small.
    """
    groups = int(members(cluster, rows=len(fit.x)).max()) + 1
    errors = np.sqrt(np.diag(clustered(fit, cluster, few=True)))
    reach = quantiles.student(groups - 1, (1 + level) / 2)
    if np.abs(fit.coef).max() > _LARGEST_EXPONENT:
        raise NoEstimate("Not estimable because a ratio is beyond all numbers; give its covariate in larger units.")
    method = ROBUST.format(ties=fit.ties.capitalize())
    events = len(fit.sets.dying)
    return tuple(
        Estimate(exp(b), _exp(b - reach * se), _exp(b + reach * se), events, method)
        for b, se in zip(fit.coef.tolist(), errors.tolist(), strict=True)
    )


@dataclass(frozen=True, slots=True)
class LikelihoodPoint:
    """The partial likelihood at one place, and the sums its residuals are made of."""

    coef: Floats
    offset: Floats | None
    loglik: float
    score: Floats
    information: Floats
    #: n: relative risk of a row, and its events less those the model expects.
    risk: Floats
    martingale: Floats
    s1: Floats
    e1: Floats
    #: Sums over the l/d of Efron: 1/den, f/den, f^0..2/den^2, by event time.
    a: Floats
    b: Floats
    c: tuple[Floats, Floats, Floats]


@dataclass(frozen=True)
class PartialLikelihood:
    """The partial likelihood of given rows (`x` one column after the other in memory) as a function of the coefficients."""

    sets: RiskSets
    x: Floats
    ties: Ties

    def at(self, coef: Floats, offset: Floats | None = None) -> LikelihoodPoint:
        """Return value, score and information, with an offset (n) where there is one.

        Only the sums of r and r x are made for each event time. What the information needs of r x x' is weighted by row
        instead: the sum over event times of A s2 is the sum over rows of r x x' times what A adds up to while they are at
        risk, one product of matrices. That weight is what the model expects of the row, so the score is x' times the
        martingale residuals.
        """
        sets, x = self.sets, self.x
        linear = x @ coef if offset is None else x @ coef + offset
        linear -= linear.max()  # the partial likelihood stays as it is, and nothing overflows
        risk = np.exp(linear)
        s0, e0 = sets.total(risk), sets.total_of_events(risk)
        weighted = [risk * column for column in x.T]
        s1 = np.column_stack([sets.total(column) for column in weighted])
        e1 = np.column_stack([sets.total_of_events(column) for column in weighted])
        first, fraction = self._tied
        under = np.repeat(s0, sets.deaths) - fraction * np.repeat(e0, sets.deaths)
        once = 1 / under
        shared = fraction * once
        a, b, c0, c1, c2 = (
            np.add.reduceat(term, first) for term in (once, shared, once * once, once * shared, shared * shared)
        )
        expected = risk * sets.over_time(a)
        expected[sets.dying] -= risk[sets.dying] * b[sets.at]
        martingale = -expected
        martingale[sets.dying] += 1
        cross = s1.T @ (c1[:, None] * e1)
        information = (
            x.T @ (expected[:, None] * x) - s1.T @ (c0[:, None] * s1) + cross + cross.T - e1.T @ (c2[:, None] * e1)
        )
        loglik = float(linear[sets.dying].sum() - np.log(under).sum())
        return LikelihoodPoint(
            coef, offset, loglik, x.T @ martingale, information, risk, martingale, s1, e1, a, b, (c0, c1, c2)
        )

    def score_residuals(self, point: LikelihoodPoint) -> Floats:
        """Return what each row adds to the score (n x p)."""
        return np.column_stack([self._score_residual(point, column) for column in range(self.x.shape[1])])

    def _score_residual(self, point: LikelihoodPoint, column: int) -> Floats:
        sets, x = self.sets, self.x[:, column]
        s1, e1, (c0, c1, c2) = point.s1[:, column], point.e1[:, column], point.c
        own, at = sets.dying, sets.at
        score = -point.risk * (x * sets.over_time(point.a) - sets.over_time(s1 * c0 - e1 * c1))
        average, held_back = (s1 * point.a - e1 * point.b) / sets.deaths, s1 * c1 - e1 * c2
        score[own] += x[own] - average[at] + point.risk[own] * (x[own] * point.b[at] - held_back[at])
        return np.asarray(score)

    @cached_property
    def _tied(self) -> tuple[Places, Floats]:
        """Where each event time's terms of the likelihood begin (k), and l/d of every term (d), 0 for Breslow's."""
        deaths = self.sets.deaths
        first = np.cumsum(deaths) - deaths
        if self.ties == "breslow":
            return first, np.zeros(len(self.sets.dying))
        ordinal = np.arange(len(self.sets.dying)) - np.repeat(first, deaths)
        return first, ordinal / np.repeat(deaths, deaths)


def _scaling(x: Floats) -> tuple[Floats, Floats]:
    middle, spread = x.mean(axis=0), x.std(axis=0)
    if (spread <= 1e-12 * (np.abs(middle) + 1)).any():
        raise NoEstimate("Not estimable because a covariate has the same value in every row.")
    return middle, spread


def _solved(information: Floats, score: Floats) -> Floats:
    root = np.sqrt(np.clip(np.diag(information), 0, None))
    if (root <= 0).any() or np.linalg.cond(information / np.outer(root, root)) > _ONE_AND_THE_SAME:
        raise NoEstimate(
            "Not estimable because a covariate never differs among those at risk together, or is a combination of others."
        )
    return np.asarray(np.linalg.solve(information, score))


def _without_overshooting(
    partial: PartialLikelihood, coef: Floats, step: Floats, before: LikelihoodPoint
) -> LikelihoodPoint:
    for halving in range(12):
        point = partial.at(coef + step / 2**halving, before.offset)
        if point.loglik >= before.loglik - _SETTLED * (abs(before.loglik) + 1):
            return point
    raise NoEstimate("Not estimable because the estimate did not settle.")


def _exp(value: float) -> float:
    return exp(value) if value < _LARGEST_EXPONENT else inf
