"""The notes as a file: the same rows as on the page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flask_babel import gettext as _

from coaching.voice.queries import WaveRow
from lms.exports.sheets import Cell


def headings() -> tuple[str, ...]:
    """Return the first line of the file."""
    return (
        _("Site"),
        _("Wave"),
        _("Released on"),
        _("You said"),
        _("We did"),
        _("Who sees to it"),
        _("Done by"),
        _("Answered by"),
        _("Answered at"),
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
