"""Is it as long until it happens again in one group as in another? The log-rank test of the curves of ``time_to_first``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from behavior_metrics.stats.counts import members
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.refusing import Floats, finite
from behavior_metrics.stats.risk_sets import computable, risk_sets

METHOD = "log-rank test (Mantel 1966, Peto and Peto 1972)"


@dataclass(frozen=True, slots=True)
class LogRank:
    """Whether groups have one curve: chi-square on `df`, its p, and per group (in sorted order) events seen and expected."""

    chisq: float
    df: int
    p: float
    observed: Floats
    expected: Floats


@computable()
def log_rank(time: ArrayLike, event: ArrayLike, group: ArrayLike, strata: ArrayLike | None = None) -> LogRank:
    """Compare how long it takes between two or more groups; with strata only rows of one stratum are compared.

    `time` observed (n, any unit), `event` 1 where it ended in one and 0 where observation stopped, `group` and `strata`
    labels (n). At each event time of a stratum, with d events among Y at risk, a group of Y_g expects d Y_g / Y; the events
    beyond what was expected are held against their hypergeometric variance. One row per unit: rows of one unit hang
    together, which this test does not know.

    Raises NoEstimate for what is not known, no event, fewer than two groups, and a group that is never at risk beside
    another one when an event happens.
    Source: Mantel (1966), Peto and Peto (1972); R `survival::survdiff(Surv(time, event) ~ group + strata(s))`.
    """
    from scipy.special import chdtrc  # noqa: PLC0415 - loaded on first use, as all of scipy

    seen = finite(time, "time")
    if (seen < 0).any():
        raise NoEstimate("Not estimable because a time lies below nought.")
    member = members(group, "group", rows=seen.size)
    groups = int(member.max()) + 1
    sets = risk_sets(np.full(seen.size, -1.0), seen, event, strata)
    belongs = np.eye(groups)[member].T
    at_risk = np.column_stack([sets.total(own) for own in belongs])
    observed = np.array([own[sets.dying].sum() for own in belongs])
    everyone = at_risk.sum(axis=1)
    share = at_risk / everyone[:, None]
    spread = sets.deaths * (everyone - sets.deaths) / np.maximum(everyone - 1, 1)
    variance = np.diag(spread @ share) - (share * spread[:, None]).T @ share
    expected = sets.deaths @ share
    # what all groups have beyond expectation is nought, so one of them says nothing new
    beyond, kept = (observed - expected)[1:], variance[1:, 1:]
    if np.linalg.matrix_rank(kept, hermitian=True) < groups - 1:
        raise NoEstimate("Not estimable because some group is never at risk beside another when an event happens.")
    chisq = float(beyond @ np.linalg.solve(kept, beyond))
    return LogRank(chisq, groups - 1, float(chdtrc(groups - 1, chisq)), observed, expected)
