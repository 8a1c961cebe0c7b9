"""The months against their baseline as a file, unrounded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from behavior_metrics.baselines.rules import METHOD_VERSION
from behavior_metrics.baselines.watching import Watch
from lms.exports.sheets import Cell

MONTHS = (
    "outcome", "baseline_version", "month", "in_baseline", "batches", "recurrences", "per_100", "low", "high",
    "usual_per_100", "limit_low", "limit_high", "evidence_of_a_rise", "threshold", "weighted_mean_z", "weighted_limit",
    "state", "method_version",
)  # fmt: skip


def month_cells(watches: Iterable[Watch], number: int) -> Iterator[tuple[Cell, ...]]:
    """Give each month of each outcome in the order of ``MONTHS``."""
    for watch in watches:
        for point in watch.points:
            rate = point.rate
            yield (
                watch.outcome,
                number,
                str(point.month),
                "yes" if point.is_baseline else "no",
                point.batches,
                point.events,
                *((rate.value, rate.low, rate.high) if rate else (None,) * 3),
                watch.usual.value,
                point.low,
                point.high,
                point.evidence,
                watch.threshold,
                point.mean,
                point.mean_limit,
                str(watch.state),
                METHOD_VERSION,
            )
