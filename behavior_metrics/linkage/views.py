"""Does a safer team climate go with fewer recurrent deviations? The answer with its doubt, or what is missing for one."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from behavior_metrics.accountability.shares import Share
from behavior_metrics.charts.grid import CellState
from behavior_metrics.climate.queries import climate
from behavior_metrics.frames.queries import NOTHING, Frame, frame, places
from behavior_metrics.frames.sheet import Sheet
from behavior_metrics.linkage import answers, commands, exports, pictures
from behavior_metrics.linkage.queries import Analysis, analysis, is_under_way, scope_of
from behavior_metrics.linkage.rows import QUARTERS
from lms import clock
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed
from lms.unit_of_work import run

bp = Blueprint("behavior_linkage", __name__, template_folder="../templates")

#: Quarters at each end whose share of self-reports is compared.
_END = 4


@bp.get("/behavior/linkage")
@requires(Permission.METRICS_SEE)
def index() -> ResponseReturnValue:
    """Show the answer, how far it carries, what it rests on and every estimate that was made."""
    counted, found = _found()
    names = {site.code: site.name for site in counted.places.sites}
    answer = answers.answer(found.results, names) if found.results else None
    grid = pictures.grid_of(found.input.rows, counted.window.closed_quarters, names)
    closed = counted.window.closed_quarters
    told = answer is not None and answer.strength is not None
    return render_template(
        "behavior_metrics/linkage.html", places=counted.places, analysis=found, answer=answer, told=told, grid=grid,
        method=exports.method_text(found), as_of=counted.as_of, reporting=_reporting(counted),
        rows=answers.forest_rows(answer) if answer else (), quarters=grid.quarters,
        earliest=answers.earliest_answer(answer.primary, closed[-1]) if answer and not told else None,
        read=answers.as_read, correlation=answers.correlation,
        used=grid.counts.get(CellState.USED, 0), all_cells=sum(grid.counts.values()),
        by_cell={(f"{names.get(row.site, row.site)}: {row.team_name}", row.quarter): row for row in found.input.rows},
        # drawn by this server from numbers and escaped words alone
        forest=Markup(pictures.forest_picture(answers.forest_rows(answer))) if answer else "",  # noqa: S704
        cells=Markup(pictures.grid_picture(grid)) if grid.rows and grid.quarters else "",  # noqa: S704
        points=Markup(pictures.scatter_picture(answer.primary.points)) if answer and answer.primary.points else "",  # noqa: S704
    )  # fmt: skip


@bp.post("/behavior/linkage/run")
@requires(Permission.METRICS_SEE)
def ask() -> ResponseReturnValue:
    """Ask for a run; it is made outside this request."""
    try:
        run(commands.ask_for_analysis, viewer(), "asked for on the page")
        flash(_("Asked for. The answer appears here when it is ready."))
    except NotAllowed as refusal:
        flash(_(str(refusal)), "warn")
    return redirect(url_for("behavior_linkage.index"))


@bp.get("/behavior/linkage/progress/<uuid:run_id>")
@requires(Permission.METRICS_SEE)
def progress(run_id: UUID) -> ResponseReturnValue:
    """Tell a waiting page to load itself anew once the run is made."""
    answer = Response("", 204)
    if not is_under_way(run_id, scope_of(places(viewer()))):
        answer.headers["HX-Refresh"] = "true"
    return answer


@bp.get("/behavior/linkage-rows.csv")
@requires(Permission.METRICS_SEE)
def rows_csv() -> ResponseReturnValue:
    """Hand out the rows that went in."""
    counted, found = _found()
    return _handed_out(exports.rows_sheet(viewer(), counted.places, found), "linkage-rows")


@bp.get("/behavior/linkage-estimates.csv")
@requires(Permission.METRICS_SEE)
def estimates_csv() -> ResponseReturnValue:
    """Hand out every estimate that came out."""
    counted, found = _found()
    sheet = exports.estimates_sheet(viewer(), counted.places, found, found.results or {})
    return _handed_out(sheet, "linkage-estimates")


@bp.get("/behavior/linkage-method.txt")
@requires(Permission.METRICS_SEE)
def method() -> ResponseReturnValue:
    """Hand out the method as text to quote."""
    _counted, found = _found()
    text = "\n\n".join(exports.method_text(found)) + "\n"
    return Response(
        text, mimetype="text/plain", headers={"Content-Disposition": 'attachment; filename="linkage-method.txt"'}
    )


def _found() -> tuple[Frame, Analysis]:
    counted = frame(viewer(), clock.now(), QUARTERS)
    return counted, analysis(counted, climate(viewer(), counted.places))


def _reporting(counted: Frame) -> tuple[Share, Share]:
    """Return the share raised first in the first and in the last closed quarters: when it moved, reporting moved."""
    closed = counted.window.closed_quarters
    ends = []
    for quarters in (closed[:_END], closed[-_END:]):
        here = (counts for (_site, _team, when), counts in counted.cells.items() if when in quarters)
        total = sum(here, NOTHING)
        ends.append(Share.of(total.raised_first, total.to_be_raised))
    return ends[0], ends[1]


def _handed_out(sheet: Sheet, name: str) -> Response:
    return Response(
        sheet.as_csv(), mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}.csv"'}
    )
