"""The matrix as a sheet: what the page shows, cell by cell."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import gettext as _

from assessments.matrix.queries import Matrix
from assessments.standing.queries import Standing
from lms.web.labels import label
from lms.web.times import local_day, show_day


def headings(matrix: Matrix) -> list[str]:
    """Return the heading of each column."""
    return [_("Person"), _("Employee number"), _("Site"), _("Status"), *(task.title for task in matrix.tasks)]


def rows(matrix: Matrix) -> Iterator[list[str]]:
    """Yield one row per person, then the totals."""
    for row in matrix.rows:
        worker = row.worker
        status = label(row.status, "qualification_status")
        yield [worker.name, worker.employee_no, worker.site_name, status, *(cell_text(cell) for cell in row.cells)]
    yield [_("Qualified / required"), "", matrix.site[1], "", *(f"{t.qualified} / {t.required}" for t in matrix.totals)]


def cell_text(cell: Standing) -> str:
    """Return a cell in words: the status, and until when or since when."""
    if not cell.is_shown:
        return str(_("not required"))
    word: str = label(cell.decision.status, "qualification_status")
    grant = cell.decision.evidence.grant
    if grant is None:
        return word
    return f"{word} {show_day(local_day(grant.ended_at or grant.valid_to, cell.worker.zone))}"
