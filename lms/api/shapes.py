"""What goes in and out of the interface for programs, in one place: the routes read by it and OpenAPI is made of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from lms.api.reading import ApiField
from lms.deviations import taxonomy
from lms.deviations.queries import DeviationFacts, DeviationRow
from lms.planning.rules import Unit

_VERSION = ApiField(
    "version",
    "the version that you read; if it is not the present one, nothing is changed (409).",
    required=True,
    kind="version",
)
_NO_PATIENT = ApiField(
    "no_patient", "the answer that a refusal asks for, where words look like a patient's and are none.", longest=24
)
_SITE = ApiField("site", "code of the site; may be left out by a system of one site.", longest=20)
#: Fields that hold sentences, in which nobody's patient may stand.
FREE_TEXTS = ("description", "late_reason", "immediate_action", "severity_rationale", "answer")
CREATE = (
    _SITE,
    ApiField("external_id", "the id in your system; sending it again changes nothing.", longest=120),
    ApiField("description", "what happened, in the words of whoever saw it.", required=True),
    ApiField("occurred_at", "when it happened, with its offset.", required=True, kind="moment"),
    ApiField("late_reason", "why it is recorded only now; needed after 24 hours.", longest=2000),
    ApiField("immediate_action", "what was done at once."),
    ApiField("kind", "what it is.", codes=taxonomy.KINDS),
    ApiField("detection_channel", "how it was found.", codes=taxonomy.DETECTION_CHANNELS),
    ApiField("process_step", "where in the process.", codes=taxonomy.PROCESS_STEPS),
    ApiField("team", "name of the performing team.", longest=80),
    ApiField("batch", "number of the batch.", longest=40),
    _NO_PATIENT,
)
UPDATE = (
    _VERSION,
    *(ApiField(name, "classification.", codes=codes) for name, codes in taxonomy.CODES.items()),
    ApiField("severity_rationale", "why it has this severity.", longest=2000),
    ApiField("team", "name of the performing team; null for none.", longest=80, nullable=True),
    ApiField("batch", "number of the batch; null for none.", longest=40, nullable=True),
    ApiField("answer", "QA's answer to whoever raised it.", longest=300),
    _NO_PATIENT,
)
CLOSE = (
    _VERSION,
    ApiField("root_cause_class", "the confirmed root cause.", required=True, codes=taxonomy.ROOT_CAUSE_CLASSES),
    ApiField("reference", "under what it was closed and signed in your system.", required=True, longest=120),
)
_NUMBER = ApiField("number", "the batch number; sending it again changes nothing.", required=True, longest=40)
_PRODUCT = ApiField("product", "what is made.", required=True, longest=80)
_PROCESS_VERSION = ApiField("process_version", "version of the process.", longest=20)
_TEAM = ApiField("team", "name of the performing team.", longest=80)
BATCH = (
    _SITE,
    _NUMBER,
    _PRODUCT,
    ApiField("started_on", "first day.", required=True, kind="day"),
    _PROCESS_VERSION,
    _TEAM,
)
PLANNED_BATCH = (
    _SITE,
    _NUMBER,
    _PRODUCT,
    ApiField("process", "the process by which it is made.", required=True, longest=80),
    ApiField("starts_at", "planned start, with its offset.", required=True, kind="moment"),
    ApiField("ends_at", "planned end, with its offset.", required=True, kind="moment"),
    _PROCESS_VERSION,
    _TEAM,
)
EXPOSURE = (
    _SITE,
    ApiField("month", "the month, such as 2026-11.", required=True, kind="month"),
    ApiField("unit", "what is counted.", required=True, codes=tuple(Unit)),
    ApiField("count", "how many, 0 or more.", required=True, kind="count"),
    ApiField("team", "name of the team; left out for the whole site.", longest=80),
)


def moment(at: datetime | None) -> str | None:
    """Return a moment as ISO 8601 in UTC."""
    return None if at is None else at.isoformat()


def of_record(d: DeviationFacts) -> dict[str, Any]:
    """Return one deviation. No person stands in it."""
    return {
        "id": str(d.id),
        "version": d.version,
        "number": d.number,
        "external_id": d.external_id,
        "site": d.site_name,
        "team": d.team_name,
        "batch": d.batch_number,
        "state": d.state,
        "title": d.title,
        "description": d.description,
        "immediate_action": d.immediate_action,
        "late_reason": d.late_reason,
        "answer": d.answer,
        "kind": d.kind,
        "detection_channel": d.detection_channel,
        "self_reported": d.self_reported,
        "process_step": d.process_step,
        "category": d.category,
        "root_cause_class": d.root_cause_class,
        "severity": d.severity,
        "severity_rationale": d.severity_rationale,
        "taxonomy": d.taxonomy,
        "occurred_at": moment(d.occurred_at),
        "recorded_at": moment(d.recorded_at),
        "triaged_at": moment(d.triaged_at),
        "triage_due_at": moment(d.triage_due_at),
        "closed_at": moment(d.closed_at),
        "duplicate_of": d.duplicate_of,
    }


def of_row(d: DeviationRow) -> dict[str, Any]:
    """Return one line of the list."""
    return {
        "id": str(d.id),
        "number": d.number,
        "external_id": d.external_id,
        "site": d.site_code,
        "team": d.team_name,
        "batch": d.batch_number,
        "state": d.state,
        "title": d.title,
        "kind": d.kind,
        "detection_channel": d.detection_channel,
        "self_reported": d.self_reported,
        "process_step": d.process_step,
        "category": d.category,
        "root_cause_class": d.root_cause_class,
        "severity": d.severity,
        "occurred_at": moment(d.occurred_at),
        "recorded_at": moment(d.recorded_at),
        "triage_due_at": moment(d.triage_due_at),
        "recurrence": d.recurrence,
    }


def of_page(rows: Sequence[DeviationRow], total: int, page: int, next_address: str | None) -> dict[str, Any]:
    """Return one page of the list."""
    return {"items": [of_row(row) for row in rows], "total": total, "page": page, "next": next_address}
