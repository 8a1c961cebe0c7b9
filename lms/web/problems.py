"""Refusals for programs: problem details (RFC 9457) that name the field and say what to do."""

from __future__ import annotations

import json
from typing import Any

from flask import Response

MEDIA = "application/problem+json"
#: Where programs knock: every path below answers with problems, never with a page.
FOR_PROGRAMS = "/api/"
TITLES = {
    400: "Not understood",
    401: "No valid token",
    403: "Not yours to do",
    404: "Not found",
    405: "Not possible at this address",
    409: "Changed meanwhile",
    413: "Too large",
    415: "Not JSON",
    422: "Not possible",
    429: "Too many requests",
    500: "Something broke here",
}


def problem(
    status: int,
    detail: str,
    *,
    field: str | None = None,
    kind: str = "about:blank",
    headers: dict[str, str] | None = None,
) -> Response:
    """Return a problem; ``field`` is the name in the body or the query that the sentence belongs to."""
    said: dict[str, Any] = {
        "type": kind,
        "title": TITLES.get(status, "Not possible"),
        "status": status,
        "detail": detail,
    }
    if field:
        said["field"] = field
    return Response(json.dumps(said, ensure_ascii=False), status, headers=headers, mimetype=MEDIA)
