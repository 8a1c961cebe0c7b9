"""The page of the trail, the history of one record, and the file of both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.audit import queries
from lms.audit.queries import EventRow, TrailFilters
from lms.audit.verification import audited_tables
from lms.exports import sheets
from lms.permissions import Permission, requires, viewer
from lms.unit_of_work import COMMANDS

bp = Blueprint("audit", __name__, template_folder="../templates")


@bp.get("/trail")
@requires(Permission.TRAIL_SEE)
def trail() -> ResponseReturnValue:
    """Show the trail, newest first, narrowed by the address."""
    filters = TrailFilters.of(request.args)
    before = request.args.get("before", "")
    page = queries.trail(viewer(), filters, before)
    records = sorted(((name, queries.record_words(name)) for name in audited_tables()), key=lambda pair: pair[1])
    actions = sorted(((code, queries.action_words(code)) for code in COMMANDS), key=lambda pair: pair[1])
    return render_template(
        "lms/trail.html", filters=filters, page=page, before=before, records=records, actions=actions,
        record_words=queries.record_words, limit=queries.EXPORT_LIMIT,
    )  # fmt: skip


@bp.get("/trail.csv")
@requires(Permission.TRAIL_SEE)
def export() -> ResponseReturnValue:
    """Hand out everything that the filters hold, one line for each field that changed."""
    rows = queries.whole_trail(viewer(), TrailFilters.of(request.args))
    body = sheets.as_csv(_headings(), _cells(rows))
    return Response(body, mimetype="text/csv", headers={"Content-Disposition": 'attachment; filename="trail.csv"'})


def _headings() -> list[str]:
    return [
        _("Moment (UTC)"), _("Leaf"), _("Who"), _("Account"), _("Role"), _("Action"), _("Kind of record"), _("Record"),
        _("Id of the record"), _("Version"), _("Reason"), _("Signature"), _("Field"), _("Old value"), _("New value"),
    ]  # fmt: skip


def _cells(rows: Iterable[EventRow]) -> Iterator[list[sheets.Cell]]:
    for row in rows:
        event: list[sheets.Cell] = [
            row.at, row.seq, row.who, row.actor, row.role, row.action, queries.record_words(row.record_type),
            row.record_name, row.record_id, row.version, row.reason, row.signature,
        ]  # fmt: skip
        if not row.changes:
            told = _("values not shown") if row.values_kept_back else _("redacted") if row.redacted else ""
            yield [*event, told, "", ""]
        for change in row.changes:
            yield [*event, change.field, change.old, change.new]
