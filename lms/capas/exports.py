"""Lists of actions as files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lms.capas.queries import CapaRow
from lms.exports.sheets import Cell

HEADINGS = (
    "number",
    "site",
    "site_name",
    "deviation",
    "kind",
    "title",
    "state",
    "verdict",
    "opened_on",
    "due_on",
    "extended_to",
    "implemented_on",
)


def cells(rows: Iterable[CapaRow]) -> Iterator[tuple[Cell, ...]]:
    """Give each action as the cells of a line, in the order of ``HEADINGS``. Its owner is not among them."""
    for row in rows:
        yield (
            row.number,
            row.site_code,
            row.site_name,
            row.deviation_number,
            row.kind,
            row.title,
            row.state,
            row.verdict,
            row.opened_on,
            row.due_on,
            row.extended_to,
            row.implemented_on,
        )
