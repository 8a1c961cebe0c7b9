"""The list of system actions as a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from coaching.barriers.queries import ActionRow
from lms.exports.sheets import Cell

HEADINGS = (
    "number",
    "site",
    "site_name",
    "kind",
    "what",
    "deviation",
    "owner",
    "state",
    "opened_on",
    "due_on",
    "answered_on",
    "answer",
)


def cells(rows: Iterable[ActionRow]) -> Iterator[tuple[Cell, ...]]:
    """Give each system action as the cells of a line, in the order of ``HEADINGS``."""
    for row in rows:
        yield (
            row.number,
            row.site_code,
            row.site_name,
            row.kind,
            row.what,
            row.deviation_number or "",
            row.owner_name,
            row.state,
            row.opened_on,
            row.due_on,
            row.answered_on,
            row.answer or "",
        )
