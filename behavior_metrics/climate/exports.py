"""The released climate as files, unrounded: what is not said on the page is not said here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from behavior_metrics.climate.queries import Answered
from coaching.api import ReliabilityRow
from lms.exports.sheets import Cell

RELIABILITY = (
    "quarter", "instrument", "alpha", "omega", "icc1", "icc1_p", "icc2", "median_rwg", "within_variance", "team_means_hold",
)  # fmt: skip
ANSWERED = ("place", "small_teams_together", "quarter", "response_percent_band")


def reliability_cells(rows: Iterable[ReliabilityRow]) -> Iterator[tuple[Cell, ...]]:
    """Give each quarter's figures in the order of ``RELIABILITY``, as released."""
    for row in rows:
        figures = (row.alpha, row.omega, row.icc1, row.icc1_p, row.icc2, row.median_rwg, row.within_variance)
        holds = None if row.team_means_hold is None else "yes" if row.team_means_hold else "no"
        yield row.quarter, row.instrument_version, *(None if one is None else float(one) for one in figures), holds


def answered_cells(rows: Iterable[Answered]) -> Iterator[tuple[Cell, ...]]:
    """Give each released figure's response in the order of ``ANSWERED``."""
    for row in rows:
        yield row.place or "network", "yes" if row.pooled else "no", str(row.quarter), row.band or "fewer than 10 asked"
