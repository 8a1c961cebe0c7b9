"""How far an estimate carries if other clusters had been met: clusters drawn anew, with replacement."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from behavior_metrics.stats.counts import members
from behavior_metrics.stats.cox import CoxFit
from behavior_metrics.stats.refusing import Floats
from behavior_metrics.stats.resampling import REPLICATES


def bootstrapped(fit: CoxFit, cluster: ArrayLike, *, replicates: int = REPLICATES, seed: int = 1) -> Floats:
    """Return the coefficients (replicates x p) of a fit with its clusters drawn anew, to first order.

    A replicate is the estimate moved by the influence of every cluster as often as it is drawn beyond once: no model is
    fitted again. With few clusters its spread is that of the sandwich without the factor for few, so read it beside the
    interval with t(clusters - 1); there `one_step_bootstrap` costs little and is exact. The same seed draws the same
    clusters. Raises NoEstimate for a single cluster.

    Source: the infinitesimal jackknife, Efron (1982); R: `coxph` refitted with the clusters' weights, one Newton step.
    """
    member = members(cluster, rows=len(fit.x))
    groups = int(member.max()) + 1
    moves = fit.influence_of(member)
    dice = np.random.default_rng(seed)
    drawn = np.empty((replicates, moves.shape[1]))
    for number in range(replicates):
        often = np.bincount(dice.integers(groups, size=groups), minlength=groups)
        drawn[number] = (often - 1) @ moves
    return np.asarray(fit.coef + drawn)
