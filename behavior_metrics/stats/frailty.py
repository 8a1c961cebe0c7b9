"""Units that differ for reasons nobody measured: Cox's model with a gamma frailty that all rows of a unit share.

A unit's hazard is multiplied by z, z ~ Gamma(1/theta, 1/theta): mean 1, variance theta. A rate ratio then compares rows of one
unit, or of units with the same z; it lies further from 1 than the one across units.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp, log

import numpy as np
from numpy.typing import ArrayLike

from behavior_metrics.stats.cox import PartialLikelihood, Ties, fit_cox
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.risk_sets import Floats, Places, RiskSets, computable, members, risk_sets

#: Between these log variances the likelihood is searched: below, units hardly differ; above, nothing is left to compare.
_LEAST, _MOST = -9.0, 3.0
_SETTLED = 1e-8
_MOST_STEPS = 2000


@dataclass(frozen=True, slots=True)
class FrailtyFit:
    """Coefficients within units (p), the frailties' variance, each unit's frailty in sorted order, the integrated likelihood."""

    coef: Floats
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
    sum of nu (log z - z) + nu + d - (nu + d) log(nu + d) + nu log nu + log(Gamma(nu + d) / Gamma(nu)).

    Raises NoEstimate as ``fit_cox`` does, and when fewer than two units have an event.
    Source: Therneau and Grambsch (2000), Modeling Survival Data, chapter 9; R `coxph(... + frailty(id, "gamma"))`.
    """
    from scipy.optimize import minimize_scalar  # noqa: PLC0415 - loaded on first use, as all of scipy

    plain = fit_cox(start, stop, event, x, ties=ties)
    member = members(unit, "a unit", len(plain.x))
    events = np.bincount(member[plain.sets.dying], minlength=int(member.max()) + 1).astype(float)
    if (events > 0).sum() < 2:
        raise NoEstimate("Not estimable because fewer than two units have an event, so units cannot be told apart.")
    spread = plain.x.std(axis=0)
    search = _Search(risk_sets(start, stop, event), (plain.x - plain.x.mean(axis=0)) / spread, member, events, ties)
    search.coef, search.log_z = plain.coef * spread, np.zeros(len(events))
    best = minimize_scalar(
        lambda log_theta: -search.loglik(exp(log_theta)),
        bounds=(_LEAST, _MOST),
        method="bounded",
        options={"xatol": 1e-6},
    )
    theta = exp(float(best.x))
    loglik = search.loglik(theta)
    return FrailtyFit(search.coef / spread, theta, np.exp(search.log_z), loglik)


@dataclass
class _Search:
    """The EM algorithm; each theta begins where the last one ended."""

    sets: RiskSets
    x: Floats
    member: Places
    events: Floats
    ties: Ties
    coef: Floats = field(default_factory=lambda: np.zeros(0))
    log_z: Floats = field(default_factory=lambda: np.zeros(0))

    def loglik(self, theta: float) -> float:
        """Settle coefficients and frailties for a theta and return the integrated log likelihood."""
        nu = 1 / theta
        place = np.concatenate([self.coef, self.log_z])
        for _ in range(_MOST_STEPS):
            once = self._step(place, nu)
            twice = self._step(once, nu)
            # two steps tell how the rest of the way goes (Varadhan and Roland 2008, SQUAREM)
            move, bend = once - place, (twice - once) - (once - place)
            if np.abs(twice - once).max() < _SETTLED:
                place = twice
                break
            size = np.linalg.norm(bend)
            length = -max(1.0, float(np.linalg.norm(move) / size)) if size > 0 else -1.0
            place = self._step(place - 2 * length * move + length**2 * bend, nu)
        else:
            raise NoEstimate("Not estimable because the frailties did not settle.")
        p = self.x.shape[1]
        self.coef, self.log_z = place[:p], place[p:]
        return self._integrated(nu)

    def _step(self, place: Floats, nu: float) -> Floats:
        p = self.x.shape[1]
        coef, log_z = place[:p], place[p:]
        partial = PartialLikelihood(self.sets, self.x, log_z[self.member], self.ties)
        point = partial.at(coef)
        expected = -partial.residuals(point)[1]
        expected[partial.sets.dying] += 1
        hazard = np.bincount(self.member, expected) / np.exp(log_z)
        return np.concatenate(
            [coef + np.linalg.solve(point.information, point.score), np.log((nu + self.events) / (nu + hazard))]
        )

    def _integrated(self, nu: float) -> float:
        from scipy.special import gammaln  # noqa: PLC0415 - as above

        partial = PartialLikelihood(self.sets, self.x, self.log_z[self.member], self.ties)
        d = self.events
        terms = nu * (self.log_z - np.exp(self.log_z)) + nu + d - (nu + d) * np.log(nu + d) + nu * log(nu)
        return partial.at(self.coef).loglik + float(np.sum(terms + gammaln(nu + d) - gammaln(nu)))
