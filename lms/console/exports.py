"""The console as a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lms.console.queries import SiteLine
from lms.exports.sheets import Cell

HEADINGS = (
    *("site", "site_name", "state", "gates_done", "open_deviations", "overdue_triage", "overdue_actions"),
    *("recurrences", "batches", "per_100_batches", "low_95", "high_95", "next_batch", "next_starts_at"),
)


def cells(lines: Iterable[SiteLine]) -> Iterator[tuple[Cell, ...]]:
    """Give each site as the cells of a line, in the order of ``HEADINGS``; a rate is empty without batches."""
    for line in lines:
        rate = line.rate
        limits = ("", "", "") if rate is None else tuple(f"{part:.1f}" for part in (rate.value, rate.low, rate.high))
        yield (
            *(line.code, line.name, line.state, line.gates, line.open, line.overdue, line.overdue_actions),
            *(line.recurrences, line.batches, *limits, line.next_number, line.next_starts_at),
        )
