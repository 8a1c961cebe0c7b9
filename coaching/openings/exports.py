"""Who opened the published figures, as a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flask_babel import gettext as _

from coaching.openings.queries import OpeningRow
from lms.exports.sheets import Cell


def headings() -> tuple[str, ...]:
    """Return the first line of the file."""
    return _("Who"), _("When (UTC)"), _("Page"), _("Site (empty: the whole network)")


def cells(rows: Iterable[OpeningRow]) -> Iterator[tuple[Cell, ...]]:
    """Return one line for each opening."""
    for row in rows:
        yield (row.name, row.at, row.page, row.site_name)
