"""A roster as a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from assessments.rosters.queries import RosterRow
from assessments.words import reason_of
from lms.exports.sheets import Cell

HEADINGS = ("person", "task", "status", "refused", "why")


def cells(rows: Iterable[RosterRow]) -> Iterator[tuple[Cell, ...]]:
    """Give each entry as the cells of a line, in the order of ``HEADINGS``."""
    for row in rows:
        refused = "yes" if row.is_refused else "no"
        yield row.name, row.task, str(row.decision.status), refused, reason_of(row.decision)
