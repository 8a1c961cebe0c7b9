"""The readiness list as a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from assessments.readiness.queries import ReadyRow
from lms.exports.sheets import Cell

HEADINGS = ("person", "employee_number", "site", "status", "next_run_at")


def cells(rows: Iterable[ReadyRow]) -> Iterator[tuple[Cell, ...]]:
    """Give each operator as the cells of a line, in the order of ``HEADINGS``."""
    for row in rows:
        yield row.worker.name, row.worker.employee_no, row.worker.site_name, str(row.status), row.next_run_at
