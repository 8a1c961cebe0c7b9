"""The page that answers whether the trail holds."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.audit import sealer
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run
from lms.verifications import commands, queries

bp = Blueprint("audit_verifications", __name__, template_folder="../templates")


@bp.get("/trail/verification")
@requires(Permission.TRAIL_SEE)
def index() -> ResponseReturnValue:
    """Show what the newest verification found, what it compared, and the ones before."""
    return render_template(
        "lms/verification.html",
        made=queries.made(viewer()), under_way=queries.under_way(), restored=queries.restorations(),
        whole_network=viewer().sites_for(Permission.TRAIL_SEE) is None, checkpoint=sealer.newest_checkpoint(),
    )  # fmt: skip


@bp.post("/trail/verification")
@requires(Permission.TRAIL_SEE)
def ask() -> ResponseReturnValue:
    """Ask for a verification; it is made outside this request."""
    try:
        run(commands.ask_for_verification, viewer(), "asked for on the page")
        flash(_("Asked for. What it finds appears here."))
    except NotAllowed as refusal:
        flash(_(str(refusal)), "warn")
    return redirect(url_for("audit_verifications.index"))


@bp.get("/trail/verification/progress")
@requires(Permission.TRAIL_SEE)
def progress() -> ResponseReturnValue:
    """Hand a waiting page how far it is, or tell it to load itself anew."""
    running = queries.under_way()
    if running is None:
        return Response("", 204, headers={"HX-Refresh": "true"})
    return render_template("lms/_verification_under_way.html", under_way=running)


@bp.get("/trail/verification/<uuid:verification_id>.json")
@requires(Permission.TRAIL_SEE)
def report(verification_id: UUID) -> ResponseReturnValue:
    """Hand out a report as data."""
    found = next((row for row in queries.made(viewer()) if row.id == verification_id), None)
    if found is None:
        raise NotFound("There is no such verification.")
    answer = jsonify(found.report)
    answer.headers["Content-Disposition"] = 'attachment; filename="trail-verification.json"'
    return answer


@bp.get("/trail/checkpoint.txt")
@requires(Permission.TRAIL_SEE)
def checkpoint() -> ResponseReturnValue:
    """Hand out the newest signed checkpoint, to be kept where nobody of this installation can change it."""
    newest = sealer.newest_checkpoint()
    if newest is None:
        raise NotFound("No checkpoint has been signed yet.")
    return Response(
        newest.note, mimetype="text/plain", headers={"Content-Disposition": 'attachment; filename="checkpoint.txt"'}
    )
