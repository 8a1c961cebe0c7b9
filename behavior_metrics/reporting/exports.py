"""The panel as a file, unrounded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from behavior_metrics.reporting.lines import QuarterLine
from behavior_metrics.stats.intervals import POISSON_EXACT, Estimate
from lms.exports.sheets import Cell

QUARTERS = (
    "quarter", "over", "batches", "raised_first", "raised_per_100", "raised_low", "raised_high", "found_independently",
    "found_per_100", "found_low", "found_high", "share_raised", "share_low", "share_high", "hours_median", "hours_low",
    "hours_high", "hours_of", "method",
)  # fmt: skip


def quarter_cells(lines: Iterable[QuarterLine]) -> Iterator[tuple[Cell, ...]]:
    """Give each quarter in the order of ``QUARTERS``."""
    for line in lines:
        yield (
            str(line.quarter),
            "yes" if line.is_over else "no",
            line.batches,
            line.raised,
            *_three(line.raised_rate),
            line.detected,
            *_three(line.detected_rate),
            *_three(line.share.estimate),
            *_three(line.delay),
            line.delay.n if line.delay else None,
            POISSON_EXACT,
        )


def _three(found: Estimate | None) -> tuple[Cell, ...]:
    return (found.value, found.low, found.high) if found else (None,) * 3
