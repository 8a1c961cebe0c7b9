"""Reviews without a coach as a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from coaching.handover.queries import LostRow
from lms.exports.sheets import Cell

HEADINGS = ("site", "with", "coach", "state", "deviation", "planned_at", "signed")


def cells(rows: Iterable[LostRow]) -> Iterator[tuple[Cell, ...]]:
    """Give each review as the cells of a line, in the order of ``HEADINGS``."""
    for row in rows:
        signed = "yes" if row.is_signed else "no"
        yield (
            row.site_name,
            row.coachee_name,
            row.coach_name,
            row.state,
            row.deviation_number,
            row.starts_at,
            signed,
        )
