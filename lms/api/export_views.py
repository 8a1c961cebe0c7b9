"""Deviations as JSON for people: one record with everything that belongs to it, and the list, one record a line."""

from __future__ import annotations

import json
from uuid import UUID

from flask import Blueprint, Response, request

from lms import clock
from lms.api.dossier import dossier
from lms.api.shapes import of_row
from lms.deviations import queries
from lms.deviations.filters import Filters
from lms.permissions import Permission, requires, viewer

bp = Blueprint("dossiers", __name__)


@bp.get("/deviations.jsonl")
@requires(Permission.DEVIATION_SEE)
def lines() -> Response:
    """Hand out the list with the same filters as on the page, all of it, one record a line."""
    rows = queries.rows(viewer(), Filters.of(request.args), now=clock.now())
    body = "".join(f"{json.dumps(of_row(row), ensure_ascii=False)}\n" for row in rows)
    disposition = {"Content-Disposition": 'attachment; filename="deviations.jsonl"'}
    return Response(body, mimetype="application/jsonl", headers=disposition)


@bp.get("/deviations/<uuid:deviation_id>.json")
@requires(Permission.DEVIATION_SEE)
def record(deviation_id: UUID) -> Response:
    """Hand out one record with its matches, actions, signatures and its places in the trail."""
    found = dossier(viewer(), deviation_id, clock.now())
    disposition = {"Content-Disposition": f'attachment; filename="{found["deviation"]["number"]}.json"'}
    body = json.dumps(found, ensure_ascii=False, indent=2) + "\n"
    return Response(body, mimetype="application/json", headers=disposition)
