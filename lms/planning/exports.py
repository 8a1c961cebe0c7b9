"""Planned batches and counted work as files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lms.exports.sheets import Cell
from lms.planning.queries import PeriodRow, PlannedRow

HEADINGS = (
    *("number", "site", "site_name", "site_state", "team", "product", "process", "process_version"),
    *("starts_at", "ends_at", "state"),
)
PERIOD_HEADINGS = ("site", "site_name", "team", "month", "unit", "count")


def cells(rows: Iterable[PlannedRow]) -> Iterator[tuple[Cell, ...]]:
    """Give each planned batch as the cells of a line, in the order of ``HEADINGS``."""
    for row in rows:
        yield (
            *(row.number, row.site_code, row.site_name, row.site_state, row.team_name, row.product, row.process),
            *(row.process_version, row.starts_at, row.ends_at, row.state),
        )


def period_cells(rows: Iterable[PeriodRow]) -> Iterator[tuple[Cell, ...]]:
    """Give each month's work as the cells of a line, in the order of ``PERIOD_HEADINGS``."""
    for row in rows:
        yield row.site_code, row.site_name, row.team_name, row.month, row.unit, row.count
