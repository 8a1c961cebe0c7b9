"""The description of the interface for programs (OpenAPI 3.1), made of the same tables that the routes read by."""

from __future__ import annotations

from typing import Any

from lms.api import rules, shapes
from lms.api.reading import WHOLE, ApiField
from lms.deviations import rules as deviations
from lms.deviations import taxonomy

_NULLABLE = ("external_id", "team", "batch", "triaged_at", "triage_due_at", "closed_at", "duplicate_of", "recurrence")
_MOMENTS = ("occurred_at", "recorded_at", "triaged_at", "triage_due_at", "closed_at")
#: What one deviation and one line of the list hold, by the names that ``shapes`` gives.
RECORD = (
    "id", "version", "number", "external_id", "site", "team", "batch", "state", "title", "description",
    "immediate_action", "late_reason", "answer", "kind", "detection_channel", "self_reported", "process_step", "category",
    "root_cause_class", "severity", "severity_rationale", "taxonomy", "occurred_at", "recorded_at", "triaged_at",
    "triage_due_at", "closed_at", "duplicate_of",
)  # fmt: skip
ROW = (
    "id", "number", "external_id", "site", "team", "batch", "state", "title", "kind", "detection_channel", "self_reported",
    "process_step", "category", "root_cause_class", "severity", "occurred_at", "recorded_at", "triage_due_at", "recurrence",
)  # fmt: skip


def description() -> dict[str, Any]:
    """Return the OpenAPI document."""
    one = {"name": "deviation_id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
    key = {
        "name": "Idempotency-Key",
        "in": "header",
        "schema": {"type": "string", "maxLength": 120},
        "description": "The same key with the same body is done once, and answered with 200 from then on.",
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Candor: deviations and exposure for other systems",
            "version": "1",
            "description": (
                "A token of an approved integration is sent as a bearer token. "
                f"A token may send {rules.BURST} requests at once and {rules.PER_SECOND} a second. "
                "Signatures cannot be given here: what needs one is refused with urn:candor:signature-needed."
            ),
        },
        "security": [{"token": []}],
        "paths": {
            "/api/v1/openapi.json": {"get": _operation("openapi", "This description", "OpenApi", {200})},
            "/api/v1/deviations": {
                "get": {
                    **_operation("listed", "List deviations, newest first", "DeviationPage", {200, 422}),
                    "parameters": _filters(),
                },
                "post": {
                    **_operation(
                        "create", "Record a deviation", "Deviation", {201, 200, 400, 409, 413, 415, 422}, "Create"
                    ),
                    "parameters": [key],
                },
            },
            "/api/v1/deviations/{deviation_id}": {
                "parameters": [one],
                "get": _operation("record", "Read a deviation", "Deviation", {200, 404}),
                "patch": _operation(
                    "update", "Classify a deviation", "Deviation", {200, 400, 404, 409, 413, 415, 422}, "Update"
                ),
            },
            "/api/v1/deviations/{deviation_id}/close": {
                "parameters": [one],
                "post": _operation(
                    "close",
                    "Close what your system keeps and has closed",
                    "Deviation",
                    {200, 400, 404, 409, 413, 415, 422},
                    "Close",
                ),
            },
            "/api/v1/batches": _creates("create_batch", "Record a batch that has started", "Batch", key),
            "/api/v1/planned-batches": _creates("create_planned_batch", "Plan a batch", "PlannedBatch", key),
            "/api/v1/exposure": _creates("create_exposure", "Record the work of a month", "Exposure", key),
        },
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                "OpenApi": {"type": "object"},
                "Create": _of_fields(shapes.CREATE),
                "Update": _of_fields(shapes.UPDATE),
                "Close": _of_fields(shapes.CLOSE),
                "Batch": _of_fields(shapes.BATCH),
                "PlannedBatch": _of_fields(shapes.PLANNED_BATCH),
                "Exposure": _of_fields(shapes.EXPOSURE),
                "Receipt": _of_names(("id", "version")),
                "Deviation": _of_names(RECORD),
                "DeviationRow": _of_names(ROW),
                "DeviationPage": {
                    "type": "object",
                    "required": ["items", "total", "page", "next"],
                    "properties": {
                        "items": {"type": "array", "items": {"$ref": "#/components/schemas/DeviationRow"}},
                        "total": {"type": "integer"},
                        "page": {"type": "integer"},
                        "next": {"type": ["string", "null"]},
                    },
                },
                "Problem": {
                    "type": "object",
                    "required": ["type", "title", "status", "detail"],
                    "properties": {
                        "type": {"type": "string"},
                        "title": {"type": "string"},
                        "status": {"type": "integer"},
                        "detail": {"type": "string"},
                        "field": {"type": "string"},
                    },
                },
            },
        },
    }


def _creates(name: str, summary: str, body: str, key: dict[str, Any]) -> dict[str, Any]:
    operation = _operation(name, summary, "Receipt", {201, 200, 400, 409, 413, 415, 422}, body)
    return {"post": {**operation, "parameters": [key]}}


def _operation(name: str, summary: str, answer: str, statuses: set[int], body: str = "") -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status in sorted(statuses | {401, 403, 429}):
        good = status < 300
        media = "application/json" if good else "application/problem+json"
        schema = {"$ref": f"#/components/schemas/{answer if good else 'Problem'}"}
        responses[str(status)] = {"description": _SAYS[status], "content": {media: {"schema": schema}}}
    found: dict[str, Any] = {"operationId": name, "summary": summary, "responses": responses}
    if body:
        schema = {"$ref": f"#/components/schemas/{body}"}
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return found


_SAYS = {
    200: "Done, or done before", 201: "Recorded", 400: "The body is no JSON object", 401: "No valid token",
    403: "Not given to this integration, or a signature is needed", 404: "Not at your sites",
    409: "Changed meanwhile, or the same external_id, number or month is recorded otherwise", 413: "The body is too large",
    415: "The body is not application/json", 422: "A value is refused; the problem names its field",
    429: "Too many requests; Retry-After says how long to wait",
}  # fmt: skip


def _filters() -> list[dict[str, Any]]:
    codes = {**{name: list(known) for name, known in taxonomy.CODES.items()}, "state": ["open", *deviations.State]}
    ids = ("site", "team", "network", "batch")
    days = ("from", "to", "known_on")
    truths = ("self_reported", "overdue")
    found: list[dict[str, Any]] = [
        {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1, "default": 1}},
        {"name": "q", "in": "query", "schema": {"type": "string"}},
        {"name": "recurrence", "in": "query", "schema": {"type": "string"}},
    ]
    found += [
        {"name": name, "in": "query", "schema": {"type": "string", "enum": known}} for name, known in codes.items()
    ]
    found += [{"name": name, "in": "query", "schema": {"type": "string", "format": "uuid"}} for name in ids]
    found += [{"name": name, "in": "query", "schema": {"type": "string", "format": "date"}} for name in days]
    return found + [{"name": name, "in": "query", "schema": {"type": "string", "enum": ["0", "1"]}} for name in truths]


#: How the kinds of times are written.
_WRITTEN = {
    "moment": {"format": "date-time"},
    "day": {"format": "date"},
    "month": {"pattern": "^[0-9]{4}-[0-9]{2}$"},
}


def _of_fields(fields: tuple[ApiField, ...]) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [field.name for field in fields if field.required],
        "properties": {field.name: _of_field(field) for field in fields},
    }


def _of_field(field: ApiField) -> dict[str, Any]:
    if field.kind in WHOLE:
        least = {"minimum": 0} if field.kind == "count" else {}
        return {"type": "integer", "description": field.about, **least}
    found: dict[str, Any] = {"type": ["string", "null"] if field.nullable else "string", "description": field.about}
    if field.kind in _WRITTEN:
        return {**found, **_WRITTEN[field.kind]}
    return {**found, "enum": list(field.codes)} if field.codes else {**found, "maxLength": field.longest}


def _of_names(names: tuple[str, ...]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for name in names:
        kind = "integer" if name == "version" else "boolean" if name == "self_reported" else "string"
        properties[name] = {"type": [kind, "null"] if name in _NULLABLE else kind}
        if name in _MOMENTS:
            properties[name]["format"] = "date-time"
        if name == "id":
            properties[name]["format"] = "uuid"
    return {"type": "object", "required": list(names), "properties": properties}
