"""Page of who is ready, and the training states of the console."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from assessments.qualifications.rules import Status
from assessments.readiness import exports, queries
from lms import clock
from lms.exports.download import download
from lms.network.queries import sites
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed, NotFound
from lms.web.labels import choices

bp = Blueprint("readiness", __name__, template_folder="../templates")


def _asked() -> tuple[UUID | None, str]:
    """Return site and status of the address. Raises ``NotFound`` for a site that is none of the reader's."""
    try:
        site_id = UUID(request.args["site"]) if request.args.get("site") else None
        status = Status(request.args["status"]) if request.args.get("status") else ""
    except ValueError:
        raise NotAllowed(_("A filter in the address is not understood. Open the list and choose it there.")) from None
    if site_id is not None and not viewer().may(Permission.MATRIX_SEE, site_id):
        raise NotFound("There is no such site among yours.")
    return site_id, status


@bp.get("/readiness")
@requires(Permission.MATRIX_SEE)
def index() -> ResponseReturnValue:
    """List operators with their status over the tasks of their role, whose next run begins first."""
    site_id, status = _asked()
    return render_template(
        "assessments/readiness.html",
        rows=queries.ready(viewer(), clock.now(), site_id=site_id, status=status),
        site_id=site_id,
        status=status,
        sites=sites(viewer(), Permission.MATRIX_SEE),
        statuses=choices("qualification_status"),
    )


@bp.get("/readiness.<any(csv, xlsx):file_type>")
@requires(Permission.MATRIX_SEE)
def export(file_type: str) -> ResponseReturnValue:
    """Hand out the same list."""
    site_id, status = _asked()
    rows = queries.ready(viewer(), clock.now(), site_id=site_id, status=status)
    return download(file_type, "readiness", exports.HEADINGS, exports.cells(rows))


@bp.get("/console/training")
@requires(Permission.CONSOLE_SEE)
def training() -> ResponseReturnValue:
    """Show the training states of each site's operators; their parts sum to the operators."""
    found = queries.everybody(viewer(), clock.now())
    counts = queries.counts(found)
    names = {worker.site_id: worker.site_name for worker, _status in found}
    present = {status for _worker, status in found}
    return render_template(
        "assessments/_console_training.html",
        names=names,
        counts=counts,
        statuses=[status for status in queries.ORDER if status in present],
        people=len(found),
    )
