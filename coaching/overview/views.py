"""The page on which quality assurance sees that reviews happen, and its files."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from coaching.overview import exports, queries
from lms import clock
from lms.exports.download import download
from lms.network.queries import sites
from lms.permissions import Permission, requires, viewer
from lms.web import labels
from lms.web.typed import page_asked

bp = Blueprint("review_overview", __name__, template_folder="../templates", url_prefix="/reviews/overview")
#: The states that a review can be in; a proposal has others.
STATES = ("accepted", "scheduled", "held", "closed", "cancelled")


@bp.get("")
@requires(Permission.REVIEW_OVERSEE)
def index() -> ResponseReturnValue:
    """List the reviews of the reader's sites, narrowed by the address (``queries.Filters`` says by what)."""
    filters = queries.Filters.of(request.args)
    page = page_asked()
    total, rows = queries.count_and_list(viewer(), filters, page, now=clock.now())
    return render_template(
        "coaching/overview.html",
        filters=filters,
        total=total,
        rows=rows,
        page=page,
        pages=-(-total // queries.PAGE_SIZE),
        sites=sites(viewer(), Permission.REVIEW_OVERSEE),
        kinds=labels.choices("review_kind"),
        states=[(state, labels.label(state, "review_state")) for state in STATES],
    )


@bp.get("/list.<any(csv, xlsx):file_type>")
@requires(Permission.REVIEW_OVERSEE)
def export(file_type: str) -> ResponseReturnValue:
    """Hand out the list with the same filters as on the page, all of it."""
    rows = queries.rows(viewer(), queries.Filters.of(request.args), now=clock.now())
    return download(file_type, "reviews", exports.HEADINGS, exports.cells(rows))
