"""Does a rate ratio hold all the time? The score test for a coefficient that changes with time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from behavior_metrics.stats.cox import CoxFit
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.refusing import Floats
from behavior_metrics.stats.risk_sets import computable

METHOD = "score test of coefficients that change with 1 - Kaplan-Meier (Grambsch and Therneau 1994)"


@dataclass(frozen=True, slots=True)
class ProportionalHazards:
    """Chi-square of each covariate (1 degree of freedom) and of all together (p degrees), with their p values."""

    chisq: Floats
    p: Floats
    chisq_all: float
    p_all: float


@computable()
def proportional_hazards(fit: CoxFit) -> ProportionalHazards:
    """Test each covariate of a fit, and all together, against a coefficient that changes with time.

    Time is taken as 1 - S(t-), S Kaplan and Meier's over all rows whatever their stratum. At each event time the score and
    the information of Cox's model are multiplied by it and its square; the covariates' own coefficients are taken out.
    Raises NoEstimate where all events lie at one time, or too few to tell a change.
    Source: R `survival::cox.zph(fit, transform = "km")`, version 3.
    """
    from scipy.stats import chi2  # noqa: PLC0415 - loaded on first use, as all of scipy

    scores, information = _by_time(fit)
    clock = _clock(fit)[:, None]
    p = fit.x.shape[1]
    score = (scores * clock).sum(axis=0)
    own = information.sum(axis=0)
    cross = (information * clock[:, :, None]).sum(axis=0)
    timed = (information * clock[:, :, None] ** 2).sum(axis=0)
    left = timed - cross.T @ np.linalg.solve(own, cross)
    if not (np.diag(left) > 1e-10 * np.diag(timed)).all():
        raise NoEstimate("Not estimable because the events lie too close in time to tell a change.")
    chisq = score**2 / np.diag(left)
    together = float(score @ np.linalg.solve(left, score))
    return ProportionalHazards(chisq, np.asarray(chi2.sf(chisq, 1)), together, float(chi2.sf(together, p)))


def _by_time(fit: CoxFit) -> tuple[Floats, NDArray[np.float64]]:
    """Return score (k x p) and information (k x p x p) of each event time at the maximum."""
    sets, x = fit.sets, fit.x - fit.x.mean(axis=0)
    risk = np.exp(x @ fit.coef)
    k, p = len(sets.time), x.shape[1]
    s0, e0 = sets.total(risk), sets.total_of_events(risk)
    s1, e1 = (_sums(of, risk, x) for of in (sets.total, sets.total_of_events))
    pairs = [(i, j) for i in range(p) for j in range(i, p)]
    products = np.column_stack([x[:, i] * x[:, j] for i, j in pairs])
    s2, e2 = (_sums(of, risk, products) for of in (sets.total, sets.total_of_events))
    scores = np.column_stack([sets.total_of_events(column) for column in x.T])
    information = np.zeros((k, p, p))
    most = int(sets.deaths.max())
    for ordinal in range(most):
        here = np.flatnonzero(sets.deaths > ordinal)
        share = ordinal / sets.deaths[here] if fit.ties == "efron" else np.zeros(len(here))
        under = s0[here] - share * e0[here]
        mean = (s1[here] - share[:, None] * e1[here]) / under[:, None]
        second = (s2[here] - share[:, None] * e2[here]) / under[:, None]
        scores[here] -= mean
        for (i, j), column in zip(pairs, second.T, strict=True):
            term = column - mean[:, i] * mean[:, j]
            information[here, i, j] += term
            if i != j:
                information[here, j, i] += term
    return scores, information


def _sums(of: Callable[[Floats], Floats], risk: Floats, columns: Floats) -> Floats:
    return np.column_stack([of(risk * column) for column in columns.T])


def _clock(fit: CoxFit) -> Floats:
    """Return 1 - S just before each event time, S over all strata together."""
    sets = fit.sets
    time, deaths = np.unique(sets.stop[sets.dying], return_counts=True)
    at_risk = np.searchsorted(np.sort(sets.start), time) - np.searchsorted(np.sort(sets.stop), time)
    survival = np.cumprod(1 - deaths / at_risk)
    before = np.concatenate([[1.0], survival[:-1]])
    return np.asarray(1 - before[np.searchsorted(time, sets.time)])
