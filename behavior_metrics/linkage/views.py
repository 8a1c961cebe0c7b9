"""Does a safer team climate go with fewer recurrent deviations? The answer with its doubt, or what is missing for one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from behavior_metrics.accountability.shares import Share
from behavior_metrics.climate.queries import climate
from behavior_metrics.frames.quarters import Quarter
from behavior_metrics.frames.queries import NOTHING, Counts, Places, TeamFrame, TeamPlace, places, team_frame
from behavior_metrics.frames.sheet import Sheet
from behavior_metrics.linkage import answers, commands, exports
from behavior_metrics.linkage.forms import SnapshotForm
from behavior_metrics.linkage.paradox import END, Paradox, paradox
from behavior_metrics.linkage.queries import Analysis, analysis, is_under_way, scope_of
from behavior_metrics.linkage.reasons import REASONS
from behavior_metrics.linkage.rows import COUNTED, QUARTERS
from behavior_metrics.linkage.showing import Shown, shown
from behavior_metrics.openings.views import opened
from lms import clock
from lms.exports.download import XLSX
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run

#: What the page counts: the study's own, and what was raised first at both ends of the window.
FIGURES = (*COUNTED, "raised_first", "to_be_raised")

bp = Blueprint("behavior_linkage", __name__, template_folder="../templates")


@bp.get("/behavior/linkage")
@requires(Permission.METRICS_SEE)
@opened
def index() -> ResponseReturnValue:
    """Show the answer, how far it carries, what it rests on and every estimate that was made."""
    return page_of_now(SnapshotForm())


def page_of_now(form: SnapshotForm) -> str:
    """Return the page of the study as it stands, with the form that signs it."""
    counted, found = _found()
    study = _shown(counted, found)
    answer = study.answer
    closed = counted.window.closed_quarters
    team = _chosen(counted)
    return render_template(
        "behavior_metrics/linkage.html",
        places=counted.places,
        study=study,
        answer=answer,
        analysis=found,
        live=True,
        files=_file,
        form=form,
        reporting=_reporting(counted),
        earliest=answers.earliest_answer(answer.primary, closed[-1]) if answer and not study.told else None,
        network=_paradox(counted),
        team=team,
        of_team=_paradox(counted, team) if team else None,
        ends=_compared(counted),
        read=answers.as_read,
        correlation=answers.correlation,
    )


def live_study() -> tuple[Places, Shown]:
    """Return the study as it stands now."""
    counted, found = _found()
    return counted.places, _shown(counted, found)


def _file(kind: str, file_type: str) -> str:
    return url_for(f"behavior_linkage.{kind}_file", file_type=file_type)


@bp.get("/behavior/linkage/left-out")
@requires(Permission.METRICS_SEE)
@opened
def left_out() -> ResponseReturnValue:
    """List the team-quarters that take no part, for one reason or for all of them (``reason``)."""
    counted, found = _found()
    study, reason = _shown(counted, found), _reason()
    names = {site.code: site.name for site in counted.places.sites}
    rows = [one for one in study.left_out if reason in {"", one.reason}]
    return render_template(
        "behavior_metrics/left_out.html", study=study, rows=rows, reason=reason, reasons=REASONS, names=names
    )


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


@bp.get("/behavior/linkage-rows.<any(csv, xlsx):file_type>")
@requires(Permission.METRICS_SEE)
@opened
def rows_file(file_type: str) -> ResponseReturnValue:
    """Hand out the rows that went in."""
    counted, found = _found()
    return handed_out(exports.rows_sheet(viewer(), counted.places, found), "linkage-rows", file_type)


@bp.get("/behavior/linkage-estimates.<any(csv, xlsx):file_type>")
@requires(Permission.METRICS_SEE)
@opened
def estimates_file(file_type: str) -> ResponseReturnValue:
    """Hand out every estimate that came out."""
    counted, found = _found()
    return handed_out(exports.estimates_sheet(viewer(), counted.places, found), "linkage-estimates", file_type)


@bp.get("/behavior/linkage-curves.<any(csv, xlsx):file_type>")
@requires(Permission.METRICS_SEE)
@opened
def curves_file(file_type: str) -> ResponseReturnValue:
    """Hand out the curves by band of climate."""
    counted, found = _found()
    return handed_out(exports.curves_sheet(viewer(), counted.places, found), "linkage-curves", file_type)


@bp.get("/behavior/linkage-left-out.<any(csv, xlsx):file_type>")
@requires(Permission.METRICS_SEE)
@opened
def left_out_file(file_type: str) -> ResponseReturnValue:
    """Hand out the team-quarters that take no part."""
    counted, found = _found()
    reason = _reason()
    rows = [one for one in _shown(counted, found).left_out if reason in {"", one.reason}]
    return handed_out(exports.left_out_sheet(viewer(), counted.places, found, rows), "linkage-left-out", file_type)


@bp.get("/behavior/linkage-method.txt")
@requires(Permission.METRICS_SEE)
@opened
def method() -> ResponseReturnValue:
    """Hand out the method as text to quote."""
    _counted, found = _found()
    return method_file(found)


def method_file(found: Analysis) -> Response:
    """Return the method of a study as a file."""
    text = "\n\n".join(exports.method_text(found)) + "\n"
    return Response(
        text, mimetype="text/plain", headers={"Content-Disposition": 'attachment; filename="linkage-method.txt"'}
    )


def handed_out(sheet: Sheet, name: str, file_type: str) -> Response:
    """Return a table for download as ``csv`` or ``xlsx``."""
    body, media = (sheet.as_csv(), "text/csv") if file_type == "csv" else (sheet.as_xlsx(), XLSX)
    headers = {"Content-Disposition": f'attachment; filename="{name}.{file_type}"'}
    return Response(body, mimetype=media, headers=headers)


def _found() -> tuple[TeamFrame, Analysis]:
    counted = team_frame(viewer(), clock.now(), QUARTERS, FIGURES)
    return counted, analysis(counted, climate(viewer(), counted.places))


def _shown(counted: TeamFrame, found: Analysis) -> Shown:
    names = {site.code: site.name for site in counted.places.sites}
    return shown(found, counted.window.closed_quarters, names)


def _reason() -> str:
    reason = request.args.get("reason", "")
    if reason and reason not in REASONS:
        raise NotAllowed("This address names no reason to leave a team-quarter out. Choose one on the page.")
    return reason


def _chosen(counted: TeamFrame) -> TeamPlace | None:
    asked = request.args.get("team", "")
    if not asked:
        return None
    try:
        return counted.places.team(UUID(asked))
    except ValueError:
        raise NotFound("There is no such team at your sites.") from None


def _compared(counted: TeamFrame) -> tuple[Sequence[Quarter], Sequence[Quarter]]:
    """Return the first and the last closed quarters in which batches were made, as many at each end, four at most."""
    begun = [quarter for quarter in counted.window.closed_quarters if counted.by_quarter.get(quarter, NOTHING).batches]
    many = min(END, len(begun) // 2)
    return begun[:many], begun[len(begun) - many :]


def _total(counted: TeamFrame, quarters: Iterable[Quarter], team: TeamPlace | None = None) -> Counts:
    return sum((counted.of_team(team, one) if team else counted.by_quarter[one] for one in quarters), NOTHING)


def _paradox(counted: TeamFrame, team: TeamPlace | None = None) -> Paradox:
    """Count what was raised and what came back at both ends of the window."""
    early, late = (_total(counted, quarters, team) for quarters in _compared(counted))
    return paradox(*((end.batches, end.raised_first, end.independent, end.to_be_raised) for end in (early, late)))


def _reporting(counted: TeamFrame) -> tuple[Share, Share]:
    """Return the share raised first at both ends: when it moved, reporting moved."""
    early, late = (_total(counted, quarters) for quarters in _compared(counted))
    return Share.of(early.raised_first, early.to_be_raised), Share.of(late.raised_first, late.to_be_raised)
