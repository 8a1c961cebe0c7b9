"""The published climate as a file: the same rows as on the page, nothing more."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import gettext as _

from coaching.surveys.api import Climate
from lms.exports.sheets import Cell


def headings() -> tuple[str, ...]:
    """Return the first line of the file."""
    return (
        _("Site"),
        _("Team"),
        _("Group"),
        _("First month"),
        _("Last month"),
        _("Instrument"),
        _("Score"),
        _("Lowest"),
        _("Highest"),
        _("Rounded to steps of"),
        _("Persons"),
        _("Answered, % of those asked"),
        _("Released on"),
    )


def cells(page: Climate) -> Iterator[tuple[Cell, ...]]:
    """Return one line for each published figure."""
    for line in page.lines:
        row = line.row
        yield (
            line.site_name,
            line.team_name,
            str(row.scope),
            str(row.first_month),
            str(row.last_month),
            row.instrument_version,
            f"{row.score.normalize():f}",
            row.low,
            row.high,
            f"{row.grain.normalize():f}",
            str(row.n_band),
            row.response or "",
            row.released_on,
        )
