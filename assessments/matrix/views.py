"""Pages over many people: the matrix of a site, what runs out, what is to be granted."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from assessments.matrix import exports, queries
from assessments.training.moments import read_moment
from assessments.training.queries import tasks
from lms import clock
from lms.exports.download import download
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed, NotFound
from lms.web.labels import choices

bp = Blueprint("matrix", __name__, template_folder="../templates")
WINDOWS = (30, 60, 90)


def _matrix() -> queries.Matrix:
    """Return the matrix that the address asks for. A day alone means its noon at the reader's own site."""
    asked, now = request.args.get("at", "").strip(), clock.now()
    at = read_moment(asked, viewer().zone) if asked else now
    if at > now:
        raise NotAllowed(_("This moment lies in the future. Ask about now, or about a moment that has been."))
    try:
        site_id = UUID(request.args["site"]) if request.args.get("site") else None
    except ValueError:
        raise NotFound("There is no such site.") from None
    return queries.matrix(
        viewer(), at, site_id=site_id, home_site_id=current_user.site_id, status=request.args.get("status", "")
    )


@bp.get("/matrix")
@requires(Permission.MATRIX_SEE)
def index() -> ResponseReturnValue:
    """Show people and tasks of a site, as of a moment."""
    try:
        found = _matrix()
    except queries.NobodyToShow:
        return render_template("assessments/nobody_yet.html")
    return render_template(
        "assessments/matrix.html",
        m=found,
        asked=request.args.get("at", ""),
        status=request.args.get("status", ""),
        statuses=choices("qualification_status"),
    )


@bp.get("/matrix.<any(csv, xlsx):kind>")
@requires(Permission.MATRIX_SEE)
def export(kind: str) -> ResponseReturnValue:
    """Hand the same matrix out as a sheet."""
    found = _matrix()
    return download(kind, "matrix", exports.headings(found), exports.rows(found))


@bp.get("/qualifications/expiring")
@requires(Permission.QUALIFICATION_SEE)
def expiring() -> ResponseReturnValue:
    """Show what runs out within 30, 60 or 90 days."""
    days = request.args.get("days", WINDOWS[0], type=int)
    days = days if days in WINDOWS else WINDOWS[0]
    now = clock.now()
    rows = queries.running_out(viewer(), now, WINDOWS[-1])
    ends = {window: now + timedelta(days=window) for window in WINDOWS}
    counts = {window: sum(row.valid_to <= end for row in rows) for window, end in ends.items()}
    shown = [row for row in rows if row.valid_to <= ends[days]]
    titles = {task.id: task.title for task in tasks()}
    return render_template(
        "assessments/expiring.html", rows=shown, days=days, counts=counts, present=now, titles=titles
    )


@bp.get("/qualifications/waiting-for-a-run")
@requires(Permission.OBSERVATION_RECORD)
def waiting() -> ResponseReturnValue:
    """Show who has completed their training and needs an observed run."""
    return render_template("assessments/waiting.html", rows=queries.desk(viewer(), clock.now()).waiting)


@bp.get("/qualifications/to-grant")
@requires(Permission.QUALIFICATION_GRANT)
def to_grant() -> ResponseReturnValue:
    """Show what is due: training and runs are there, the signature is missing."""
    return render_template("assessments/to_grant.html", rows=queries.to_grant(viewer(), clock.now()))
