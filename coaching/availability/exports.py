"""One's own dated entries as a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from coaching.availability.queries import Entry
from lms.exports.sheets import Cell

HEADINGS = ("kind", "starts_at", "ends_at", "taken_back_at")


def cells(rows: Iterable[Entry]) -> Iterator[tuple[Cell, ...]]:
    """Give each entry as the cells of a line, in the order of ``HEADINGS``."""
    for row in rows:
        yield (row.kind, row.starts_at, row.ends_at, row.struck_out_at)
