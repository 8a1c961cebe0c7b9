"""The trainer's list as a file: the same rows in the same order as on the page."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _

from lms.exports.sheets import Cell
from lms.web.labels import label
from modules.assignments.queries import AssignmentRow


def headings() -> list[str]:
    """Return the headings of the exported columns."""
    return [
        _("Person"),
        _("Number"),
        _("Site"),
        _("Module"),
        _("Title"),
        _("SOP"),
        _("Version"),
        _("Cycle"),
        _("Reason"),
        _("Curriculum"),
        _("State"),
        _("Assigned"),
        _("Due"),
        _("Completed"),
        _("Counts until"),
    ]


def cells(rows: Iterable[AssignmentRow]) -> list[list[Cell]]:
    """Return the rows as cells, days and moments in ISO 8601 and UTC."""
    return [
        [
            row.person,
            row.employee_no,
            row.site_name,
            row.module_code,
            row.module_title,
            row.document_code,
            row.number,
            row.cycle,
            label(row.reason, "assignment_reason"),
            row.curriculum,
            label(row.standing, "assignment_standing"),
            row.assigned_at,
            row.due_on,
            row.completed_at,
            row.counts_until,
        ]
        for row in rows
    ]
