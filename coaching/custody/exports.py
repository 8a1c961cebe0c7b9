"""The custodian's log as a file."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import gettext as _

from coaching.custody.queries import ActRow
from lms.exports.sheets import Cell
from lms.web.labels import label


def headings() -> tuple[str, ...]:
    """Return the first line of the file."""
    return _("Day"), _("What was done"), _("Quarter"), _("Month"), _("Cause"), _("Reason")


def cells(rows: list[ActRow]) -> Iterator[tuple[Cell, ...]]:
    """Return one line for each act."""
    for row in rows:
        cause = label(row.cause, "custody_cause") if row.cause else ""
        yield row.done_on, label(row.kind, "custody_act"), row.quarter, row.month, cause, row.reason
