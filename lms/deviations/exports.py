"""Lists of deviations as files: the columns, in words and in codes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lms.deviations.queries import DeviationRow
from lms.deviations.rules import closed_in_time
from lms.exports.sheets import Cell
from lms.web.labels import label

HEADINGS = (
    "number",
    "site",
    "site_name",
    "team",
    "batch",
    "kind",
    "title",
    "process_step",
    "category",
    "root_cause_class",
    "severity",
    "detection_channel",
    "self_reported",
    "state",
    "occurred_at_utc",
    "recorded_at_utc",
    "triage_due_at_utc",
    "recurrence",
    "external_id",
    "process_step_words",
    "category_words",
    "root_cause_words",
    "due_at_utc",
    "extended_to_utc",
    "closed_at_utc",
    "closed_in_time",
    "product",
    "process_version",
    "area",
    "subcategory",
    "detected_at_utc",
    "detected_by_role",
    "patient_impact",
    "batch_disposition",
    "method",
    "contributing_factors",
    "site_fields",
)


def cells(rows: Iterable[DeviationRow]) -> Iterator[tuple[Cell, ...]]:
    """Give each deviation as the cells of a line, in the order of ``HEADINGS``. No person stands in it."""
    for row in rows:
        yield (
            row.number,
            row.site_code,
            row.site_name,
            row.team_name,
            row.batch_number,
            row.kind,
            row.title,
            row.process_step,
            row.category,
            row.root_cause_class,
            row.severity,
            row.detection_channel,
            int(row.self_reported),
            row.state,
            row.occurred_at,
            row.recorded_at,
            row.triage_due_at,
            row.recurrence,
            row.external_id,
            label(row.process_step, "process_step"),
            label(row.category, "category"),
            label(row.root_cause_class, "root_cause_class"),
            row.due_at,
            row.extended_to,
            row.closed_at,
            _in_time(row),
            row.product,
            row.process_version,
            row.area,
            row.subcategory,
            row.detected_at,
            row.detected_by_role,
            row.patient_impact,
            row.batch_disposition,
            row.method,
            row.contributing_factors,
            row.own_fields.replace("\n", "; ") if row.own_fields else None,
        )


def _in_time(row: DeviationRow) -> int | None:
    """Give 1 if it was closed by its first due moment, whatever extension there was, 0 if later, nothing if it is open."""
    in_time = closed_in_time(row.closed_at, row.due_at) if row.closed_at else None
    return None if in_time is None else int(in_time)
