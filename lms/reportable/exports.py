"""Lists of reports to authorities as files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lms.exports.sheets import Cell
from lms.reportable.queries import ReportRow

HEADINGS = (
    "number",
    "site",
    "site_name",
    "severity",
    "title",
    "authority",
    "what",
    "source",
    "due_at_utc",
    "submitted_on",
    "reference",
)


def cells(rows: Iterable[ReportRow]) -> Iterator[tuple[Cell, ...]]:
    """Give each report as the cells of a line, in the order of ``HEADINGS``. No person stands in it."""
    for row in rows:
        yield (
            row.number,
            row.site_code,
            row.site_name,
            row.severity,
            row.title,
            row.authority,
            row.what,
            row.source,
            row.due_at,
            row.submitted_on,
            row.reference,
        )
