"""The page on which respondents and the custodian read who opened the published figures."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from coaching.openings import exports, queries
from lms.exports.download import download
from lms.permissions import Permission, requires, viewer
from lms.web.typed import page_asked

bp = Blueprint("openings", __name__, template_folder="../templates", url_prefix="/survey")


@bp.get("/openings")
@requires(Permission.OPENINGS_SEE)
def index() -> ResponseReturnValue:
    """Show who opened which published figures, and when."""
    page = page_asked()
    total, rows = queries.openings(viewer(), page)
    pages = -(-total // queries.PAGE_SIZE)
    return render_template("coaching/openings/index.html", rows=rows, page=page, pages=pages)


@bp.get("/openings.<any(csv, xlsx):file_type>")
@requires(Permission.OPENINGS_SEE)
def export(file_type: str) -> ResponseReturnValue:
    """Hand out the list as a file."""
    return download(file_type, "openings", exports.headings(), exports.cells(queries.openings(viewer())[1]))
