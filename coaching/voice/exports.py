"""The notes as a file: the same rows as on the page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from coaching.voice.queries import WaveRow
from lms.exports.sheets import Cell

HEADINGS = (
    "Site",
    "Wave",
    "Released on",
    "You said",
    "We did",
    "Who sees to it",
    "Done by",
    "Answered by",
    "Answered at",
)


def cells(rows: Iterable[WaveRow]) -> Iterator[tuple[Cell, ...]]:
    """Return one line for each wave."""
    for row in rows:
        yield (
            row.site_name,
            row.quarter,
            row.released_on,
            row.said,
            row.did,
            row.owner_name,
            row.due_on,
            row.answered_by,
            row.answered_at,
        )
