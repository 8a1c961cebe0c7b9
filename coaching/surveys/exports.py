"""The published climate as a file: the same rows as on the page, nothing more."""

from __future__ import annotations

from collections.abc import Iterator

from coaching.surveys.api import Climate
from lms.exports.sheets import Cell

HEADINGS = (
    "Site",
    "Team",
    "Group",
    "First month",
    "Last month",
    "Instrument",
    "Score",
    "Lowest",
    "Highest",
    "Rounded to steps of",
    "Persons",
    "Answered, % of those asked",
    "Released on",
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
