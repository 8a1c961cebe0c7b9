"""Lists of batches as files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lms.exports.sheets import Cell
from lms.exposure.queries import BatchRow

HEADINGS = (
    "number",
    "site",
    "site_name",
    "team",
    "product",
    "process_version",
    "started_on",
    "finished_on",
    "disposition",
)


def cells(rows: Iterable[BatchRow]) -> Iterator[tuple[Cell, ...]]:
    """Give each batch as the cells of a line, in the order of ``HEADINGS``."""
    for row in rows:
        yield (
            row.number,
            row.site_code,
            row.site_name,
            row.team_name,
            row.product,
            row.process_version,
            row.started_on,
            row.finished_on,
            row.disposition,
        )
