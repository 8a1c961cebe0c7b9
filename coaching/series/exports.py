"""A coach's series as a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from coaching.series.queries import SeriesRow
from lms.exports.sheets import Cell

HEADINGS = (
    "with",
    "site",
    "every_weeks",
    "first_on",
    "at",
    "zone",
    "mode",
    "kind",
    "ended_at",
    "newest_day",
    "outcome",
    "clocks",
)


def cells(rows: Iterable[SeriesRow]) -> Iterator[tuple[Cell, ...]]:
    """Give each series as the cells of a line, in the order of ``HEADINGS``."""
    for row in rows:
        yield (
            row.coachee_name,
            row.site_name,
            row.every_weeks,
            row.first_on,
            row.clock,
            row.zone,
            row.mode,
            row.kind,
            row.ended_at,
            row.day,
            row.outcome,
            row.clocks,
        )
