"""The answer for a moment, as a file for another system."""

from __future__ import annotations

from assessments.qualifications.rules import Decision
from assessments.standing.plain import as_plain
from assessments.standing.queries import Case


def as_file(case: Case, decision: Decision) -> dict[str, object]:
    """Return a decision with the names of whom and what it is about."""
    return {
        "person": {"employee_no": case.worker.employee_no, "name": case.worker.name},
        "task": {"code": case.task.code, "title": case.task.title},
        "site": {"code": case.site_code, "name": case.worker.site_name, "zone": case.worker.zone},
        **as_plain(decision),
    }
