"""Signed studies: the list, one of them as it was signed, signing what is shown, and making one anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from flask import Blueprint, Response, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from behavior_metrics.frames.queries import Places, places
from behavior_metrics.linkage import answers
from behavior_metrics.linkage import exports as tables
from behavior_metrics.linkage.forms import SnapshotForm
from behavior_metrics.linkage.queries import Analysis, of_run
from behavior_metrics.linkage.showing import Shown, closed_quarters, shown
from behavior_metrics.linkage.views import handed_out, live_study, method_file, page_of_now
from behavior_metrics.openings.views import opened
from behavior_metrics.snapshots import commands, exports, queries
from lms.exports.download import download
from lms.identity.sessions import prove
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed
from lms.signatures.queries import SignatureRow
from lms.unit_of_work import run
from lms.web.labels import label
from lms.web.refused import blame
from lms.web.times import show_moment

bp = Blueprint("behavior_snapshots", __name__, template_folder="../templates")


@bp.get("/behavior/linkage/studies")
@requires(Permission.METRICS_SEE)
def index() -> ResponseReturnValue:
    """List the signed studies of the reader's sites."""
    return render_template("behavior_metrics/snapshots.html", rows=queries.snapshots(places(viewer())))


@bp.get("/behavior/linkage/studies.<any(csv, xlsx):file_type>")
@requires(Permission.METRICS_SEE)
def list_file(file_type: str) -> ResponseReturnValue:
    """Hand out the list."""
    rows = exports.list_cells(queries.snapshots(places(viewer())))
    return download(file_type, "studies", exports.list_headings(), rows)


@bp.post("/behavior/linkage/studies")
@requires(Permission.METRICS_SEE)
@opened
def take() -> ResponseReturnValue:
    """Sign the study that is shown."""
    form = SnapshotForm()
    status = 422
    if form.validate_on_submit():
        try:
            proof = prove(viewer(), form.password.data, current_user.session_started_at)
            taken = run(
                commands.take_snapshot,
                viewer().proven(proof),
                form.remark.data,
                shown=form.shown.data or "",
                remark=form.remark.data,
            )
            flash(_("Signed. It can be made anew from here at any time."))
            return redirect(url_for(".record", snapshot_id=taken.id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "remark")
    return page_of_now(form), status


@bp.get("/behavior/linkage/studies/<uuid:snapshot_id>")
@requires(Permission.METRICS_SEE)
@opened
def record(snapshot_id: UUID) -> ResponseReturnValue:
    """Show one study as it was signed, and each time it was made anew."""
    here = places(viewer())
    found = queries.study(here, snapshot_id)
    study, _found = _shown(here, found)
    return render_template(
        "behavior_metrics/snapshot.html",
        found=found,
        study=study,
        live=False,
        files=_files_of(snapshot_id),
        read=answers.as_read,
        correlation=answers.correlation,
    )


@bp.post("/behavior/linkage/studies/<uuid:snapshot_id>/regenerate")
@requires(Permission.METRICS_SEE)
def regenerate(snapshot_id: UUID) -> ResponseReturnValue:
    """Make a study anew, and keep what came of it."""
    check = run(commands.check_snapshot, viewer(), "made anew on the page", snapshot_id)
    flash(label(check.verdict, "snapshot_verdict"), "" if check.verdict == "same" else "warn")
    return redirect(url_for(".record", snapshot_id=snapshot_id) + "#anew")


@bp.get("/behavior/linkage/studies/<uuid:snapshot_id>/<any(rows, estimates, curves):kind>.<any(csv, xlsx):file_type>")
@requires(Permission.METRICS_SEE)
@opened
def file(snapshot_id: UUID, kind: str, file_type: str) -> ResponseReturnValue:
    """Hand out the rows, estimates or curves of a study as it was signed."""
    here = places(viewer())
    _study, found = _shown(here, queries.study(here, snapshot_id))
    sheet = {"rows": tables.rows_sheet, "estimates": tables.estimates_sheet, "curves": tables.curves_sheet}[kind]
    return handed_out(sheet(viewer(), here, found), f"study-{kind}", file_type)


@bp.get("/behavior/linkage/studies/<uuid:snapshot_id>/method.txt")
@requires(Permission.METRICS_SEE)
@opened
def method(snapshot_id: UUID) -> ResponseReturnValue:
    """Hand out the method of a study as it was signed."""
    return method_file(_shown(here := places(viewer()), queries.study(here, snapshot_id))[1])


@bp.get("/behavior/linkage/studies/<uuid:snapshot_id>/report.pdf")
@requires(Permission.METRICS_SEE)
@opened
def pdf(snapshot_id: UUID) -> ResponseReturnValue:
    """Hand out a signed study as a printed report."""
    here = places(viewer())
    found = queries.study(here, snapshot_id)
    study, _found = _shown(here, found)
    return _printed(study, here, found.signatures, f"study-{found.snapshot.quarter or 'none'}")


@bp.get("/behavior/linkage.pdf")
@requires(Permission.METRICS_SEE)
@opened
def pdf_now() -> ResponseReturnValue:
    """Hand out the study as it stands now as a printed report, unsigned."""
    here, study = live_study()
    return _printed(study, here, (), "study")


def _shown(here: Places, found: queries.Study) -> tuple[Shown, Analysis]:
    analysis = of_run(found.run)
    names = {site.code: site.name for site in here.sites}
    return shown(analysis, closed_quarters(analysis), names), analysis


def _files_of(snapshot_id: UUID) -> Callable[[str, str], str]:
    def address(kind: str, file_type: str) -> str:
        return url_for(".file", snapshot_id=snapshot_id, kind=kind, file_type=file_type)

    return address


def _printed(study: Shown, here: Places, signed: Sequence[SignatureRow], name: str) -> Response:
    analysis, zone = study.analysis, viewer().zone
    quarters = study.grid.quarters
    sites = _("all sites") if here.whole_network else ", ".join(site.name for site in here.sites)
    about = [
        (_("Sites"), sites),
        (_("Quarters"), f"{quarters[0].words} – {quarters[-1].words}" if quarters else "–"),
        (_("Lag"), _("one quarter, declared beforehand")),
        (_("As known on"), show_moment(analysis.made_at, zone)),
        (_("Printed for"), viewer().name),
        (_("Input SHA-256"), analysis.input_hash),
    ]
    lines = [
        (
            one.printed_name,
            label(one.meaning, "meaning") + ("" if one.holds else _(" (void)")),
            show_moment(one.signed_at, one.zone),
            one.reason,
        )
        for one in signed
    ]
    headers = {"Content-Disposition": f'attachment; filename="{name}.pdf"'}
    demonstration = current_app.config.get("IS_DEMONSTRATION", False)
    body = exports.report(study, about, lines, demonstration=demonstration)
    return Response(body, mimetype="application/pdf", headers=headers)
