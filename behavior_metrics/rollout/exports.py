"""What went with the start of coaching as a file, unrounded."""

from __future__ import annotations

from collections.abc import Iterator

from behavior_metrics.rollout.estimates import METHOD_VERSION, Told
from behavior_metrics.rollout.queries import Rollout
from behavior_metrics.stats.intervals import Estimate
from lms.exports.sheets import Cell

STARTS = (
    "of", "first_review", "outcome", "rate_ratio", "low", "high", "periods", "reading", "bad_before_the_start",
    "rate_before_the_start_over_expected", "ratio_without_those", "without_low", "without_high", "missing",
    "not_estimable", "method", "method_version",
)  # fmt: skip


def start_cells(found: Rollout) -> Iterator[tuple[Cell, ...]]:
    """Give each site and the network by outcome in the order of ``STARTS``."""
    for line in found.lines:
        for outcome, told in line.told.items():
            yield line.name, str(line.start) if line.start else None, outcome, *_cells(told)
    for outcome, told in (found.network or {}).items():
        yield "all sites", None, outcome, *_cells(told)


def _cells(told: Told) -> tuple[Cell, ...]:
    missing = "; ".join(f"{check.key}: {check.have} of {check.need}" for check in told.missing)
    return (
        *_three(told.ratio),
        told.ratio.n if told.ratio else None,
        told.verdict or "cannot tell yet",
        None if told.warned is None else "yes" if told.warned else "no",
        told.lead,
        *_three(told.without),
        missing,
        told.refusal,
        told.ratio.method if told.ratio else None,
        METHOD_VERSION,
    )


def _three(found: Estimate | None) -> tuple[Cell, ...]:
    return (found.value, found.low, found.high) if found else (None,) * 3
