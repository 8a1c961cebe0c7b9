"""The list of bulletins as a file: the same rows as on the page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lms.exports.sheets import Cell
from modules.bulletins.queries import BulletinRow

HEADINGS = (
    *("number", "title", "process_step", "category", "state", "drafted_at", "approved_at", "due_on"),
    *("sites", "people", "completed"),
)


def cells(rows: Iterable[BulletinRow]) -> Iterator[tuple[Cell, ...]]:
    """Give each bulletin as the cells of a line, in the order of ``HEADINGS``."""
    for row in rows:
        yield (
            *(row.number, row.title, row.process_step, row.category, row.state, row.drafted_at, row.approved_at),
            *(row.due_on, row.sites, row.of, row.done),
        )
