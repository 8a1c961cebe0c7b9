"""Units that differ for reasons nobody measured: Cox's model with a gamma frailty that all rows of a unit share.

A unit's hazard is multiplied by z, z ~ Gamma(1/theta, 1/theta): mean 1, variance theta. A rate ratio then compares rows of one
unit, or of units with the same z; it lies further from 1 than the one across units.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp, log

import numpy as np
from numpy.typing import ArrayLike

from behavior_metrics.stats.counts import members
from behavior_metrics.stats.cox import PartialLikelihood, Ties, fit_cox
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.refusing import Floats
from behavior_metrics.stats.risk_sets import Places, computable

METHOD = "Cox regression with a gamma frailty of each unit, errors of the penalised likelihood, normal quantiles"

#: Between these log variances the likelihood is searched: below, units hardly differ; above, nothing is left to compare.
_LEAST, _MOST = -9.0, 3.0
_SETTLED = 1e-8
_MOST_STEPS = 2000
#: How far a coefficient, per standard deviation of its covariate, is moved to see how its score follows.
_NUDGE = 1e-3


@dataclass(frozen=True, slots=True)
class FrailtyFit:
    """Coefficients within units (p), their errors, the frailties' variance, each unit's frailty in sorted order.

    `se` holds for theta as it was found, with baseline and frailties estimated again at each coefficient. `loglik` is the
    integrated likelihood. A frailty is of a unit: no page shows one.
    """

    coef: Floats
    se: Floats
    theta: float
    frailty: Floats
    loglik: float


@computable()
def fit_gamma_frailty(
    start: ArrayLike, stop: ArrayLike, event: ArrayLike, x: ArrayLike, unit: ArrayLike, *, ties: Ties = "efron"
) -> FrailtyFit:
    """Fit rows (start, stop] of units by the EM algorithm for each theta, and theta by its profile likelihood.

    Given theta, nu = 1/theta: a unit with d events and cumulative hazard H has z = (nu + d) / (nu + H); the coefficients
    follow from Cox's model with log z as offset. The integrated log likelihood is Cox's with these offsets plus
    sum of nu (log z - z) + nu + d - (nu + d) log(nu + d) + nu log nu + log(Gamma(nu + d) / Gamma(nu)). Errors are those
    of the penalised likelihood: the slope of the score while the frailties follow.

    Raises NoEstimate as ``fit_cox`` does, and when fewer than two units have an event or they are too few to tell a
    coefficient from the frailties.
    Source: Therneau and Grambsch (2000), Modeling Survival Data, chapter 9; R
    `coxph(... + frailty(id, "gamma", sparse = FALSE))` (with `sparse` R leaves out what the frailties share).
    """
    from scipy.optimize import minimize_scalar  # noqa: PLC0415 - loaded on first use, as all of scipy

    plain = fit_cox(start, stop, event, x, ties=ties)
    member = members(unit, "unit", at_least=1, rows=len(plain.x))
    events = np.bincount(member[plain.sets.dying], minlength=int(member.max()) + 1).astype(float)
    if (events > 0).sum() < 2:
        raise NoEstimate("Not estimable because fewer than two units have an event, so units cannot be told apart.")
    spread = plain.x.std(axis=0)
    partial = PartialLikelihood(plain.sets, (plain.x - plain.x.mean(axis=0)) / spread, ties)
    search = _Search(partial, member, events)
    search.coef, search.log_z = plain.coef * spread, np.zeros(len(events))
    best = minimize_scalar(
        lambda log_theta: -search.loglik(exp(log_theta)),
        bounds=(_LEAST, _MOST),
        method="bounded",
        options={"xatol": 1e-6},
    )
    theta = exp(float(best.x))
    loglik = search.loglik(theta)
    coef, log_z = search.coef, search.log_z
    return FrailtyFit(coef / spread, search.errors(theta) / spread, theta, np.exp(log_z), loglik)


@dataclass
class _Search:
    """The EM algorithm; each theta begins where the last one ended."""

    partial: PartialLikelihood
    member: Places
    events: Floats
    coef: Floats = field(default_factory=lambda: np.zeros(0))
    log_z: Floats = field(default_factory=lambda: np.zeros(0))

    def loglik(self, theta: float) -> float:
        """Settle coefficients and frailties for a theta and return the integrated log likelihood."""
        p = self.partial.x.shape[1]
        place = self._settled(np.concatenate([self.coef, self.log_z]), 1 / theta)
        self.coef, self.log_z = place[:p], place[p:]
        return self._integrated(1 / theta)

    def errors(self, theta: float) -> Floats:
        """Return the standard errors (p) of the settled coefficients: each is nudged, and the frailties settle anew."""
        p = self.partial.x.shape[1]
        slope = np.empty((p, p))
        for column in range(p):
            scores = []
            for side in (_NUDGE, -_NUDGE):
                place = np.concatenate([self.coef, self.log_z])
                place[column] += side
                place = self._settled(place, 1 / theta, hold=True)
                scores.append(self.partial.at(place[:p], place[p:][self.member]).score)
            slope[column] = (scores[1] - scores[0]) / (2 * _NUDGE)
        slope = (slope + slope.T) / 2
        if np.linalg.eigvalsh(slope)[0] <= 0:
            raise NoEstimate("Not estimable because the units are too few to tell an effect from their frailties.")
        return np.sqrt(np.diag(np.linalg.inv(slope)))

    def _settled(self, place: Floats, nu: float, *, hold: bool = False) -> Floats:
        """Return coefficients and log frailties at which the algorithm stands still; `hold` leaves the coefficients."""
        for _ in range(_MOST_STEPS):
            once = self._step(place, nu, hold=hold)
            twice = self._step(once, nu, hold=hold)
            # two steps tell how the rest of the way goes (Varadhan and Roland 2008, SQUAREM)
            move, bend = once - place, (twice - once) - (once - place)
            if np.abs(twice - once).max() < _SETTLED:
                return twice
            size = np.linalg.norm(bend)
            length = -max(1.0, float(np.linalg.norm(move) / size)) if size > 0 else -1.0
            place = self._step(place - 2 * length * move + length**2 * bend, nu, hold=hold)
        raise NoEstimate("Not estimable because the frailties did not settle.")

    def _step(self, place: Floats, nu: float, *, hold: bool) -> Floats:
        p = self.partial.x.shape[1]
        coef, log_z = place[:p], place[p:]
        point = self.partial.at(coef, log_z[self.member])
        hazard = (self.events - np.bincount(self.member, point.martingale)) / np.exp(log_z)
        move = np.zeros(p) if hold else np.linalg.solve(point.information, point.score)
        return np.concatenate([coef + move, np.log((nu + self.events) / (nu + hazard))])

    def _integrated(self, nu: float) -> float:
        from scipy.special import gammaln  # noqa: PLC0415 - as above

        d = self.events
        terms = nu * (self.log_z - np.exp(self.log_z)) + nu + d - (nu + d) * np.log(nu + d) + nu * log(nu)
        return self.partial.at(self.coef, self.log_z[self.member]).loglik + float(
            np.sum(terms + gammaln(nu + d) - gammaln(nu))
        )
