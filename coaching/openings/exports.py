"""Who opened the published figures, as a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from coaching.openings.queries import OpeningRow
from lms.exports.sheets import Cell

HEADINGS = ("Who", "When (UTC)", "Page", "Site (empty: the whole network)")


def cells(rows: Iterable[OpeningRow]) -> Iterator[tuple[Cell, ...]]:
    """Return one line for each opening."""
    for row in rows:
        yield (row.name, row.at, row.page, row.site_name)
