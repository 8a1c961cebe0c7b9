"""Invented studies for tests: rows of the analysis file from rows of an invented network."""

from __future__ import annotations

from collections.abc import Sequence

from behavior_metrics.linkage.kept import Input
from behavior_metrics.linkage.rows import Row
from behavior_metrics.stats.panel import TeamQuarter


def studied(rows: Sequence[TeamQuarter], **given: object) -> Input:
    """Return what a study of these rows goes by: both outcomes are the same events, each third of them major."""
    return Input(
        tuple(
            Row(
                row.site, row.team, row.team, row.quarter, int(row.batches), row.events, row.events, row.events,
                row.climate, row.rounding, row.n_low, row.events // 3,
            )
            for row in rows
        ),
        None,
        **given,  # type: ignore[arg-type]
    )  # fmt: skip
