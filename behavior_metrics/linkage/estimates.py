"""Every estimate of the linkage, declared beforehand: two outcomes at three lags, the first of each the declared one."""

from __future__ import annotations

from collections.abc import Sequence

from behavior_metrics.linkage.kept import Results
from behavior_metrics.linkage.rows import Outcome, Row
from behavior_metrics.stats.association import every_declared_lag
from behavior_metrics.stats.panel import DECLARED_LAG, SECONDARY_LAGS, cells_at_lag, gate, size_of


def every_estimate(rows: Sequence[Row], within_team_variance: float | None) -> Results:
    """Run all of them, each through its own gate. Up to a second of work: a job's, not a page's."""
    return {
        outcome: every_declared_lag(
            (row.for_outcome(outcome) for row in rows), within_team_variance=within_team_variance
        )
        for outcome in Outcome
    }


def needs_a_run(rows: Sequence[Row]) -> bool:
    """Whether any outcome passes the gate at any lag. If none does, the whole answer is a count and a page may make it."""
    return any(
        all(check.met for check in gate(size_of(cells_at_lag([row.for_outcome(outcome) for row in rows], lag))))
        for outcome in Outcome
        for lag in (DECLARED_LAG, *SECONDARY_LAGS)
    )
