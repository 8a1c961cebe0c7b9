"""Pages of batches: list, record, finish."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms import clock
from lms.exports.download import download
from lms.exposure import commands, exports, forms, queries
from lms.network.queries import sites, teams
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from lms.web.refused import blame, version_of
from lms.web.times import local_day
from lms.web.typed import page_asked

bp = Blueprint("exposure", __name__, template_folder="../templates")


@bp.get("/batches")
@requires(Permission.DEVIATION_SEE)
def index() -> ResponseReturnValue:
    """List batches, narrowed by the address (``queries.BatchFilters`` says by what)."""
    filters = queries.BatchFilters.of(request.args)
    page = page_asked()
    total, rows = queries.count_and_list(viewer(), filters, page)
    return render_template(
        "lms/exposure/list.html",
        filters=filters,
        total=total,
        rows=rows,
        page=page,
        pages=-(-total // queries.PAGE_SIZE),
        sites=sites(viewer(), Permission.DEVIATION_SEE),
        teams=teams(viewer(), Permission.DEVIATION_SEE),
        may_record=viewer().may(Permission.EXPOSURE_RECORD),
    )


@bp.get("/batches.<any(csv, xlsx):file_type>")
@requires(Permission.DEVIATION_SEE)
def export(file_type: str) -> ResponseReturnValue:
    """Hand out the list with the same filters as on the page, all of it."""
    rows = queries.rows(viewer(), queries.BatchFilters.of(request.args))
    return download(file_type, "batches", exports.HEADINGS, exports.cells(rows))


@bp.route("/batches/new", methods=["GET", "POST"])
@requires(Permission.EXPOSURE_RECORD)
def new() -> ResponseReturnValue:
    """Record a batch when it starts."""
    form = forms.BatchForm()
    form.site.choices = [(str(site.id), site.name) for site in sites(viewer(), Permission.EXPOSURE_RECORD)]
    offered = [(str(t.id), f"{t.site_name}: {t.name}") for t in teams(viewer(), Permission.EXPOSURE_RECORD)]
    form.team.choices = [("", _("None, or not known")), *offered]
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            run(
                commands.record_batch,
                viewer(),
                "batch started",
                site_id=UUID(form.site.data),
                number=form.number.data,
                product=form.product.data,
                started_on=form.started_on.data,
                team_id=UUID(form.team.data) if form.team.data else None,
                process_version=form.process_version.data or "",
            )
            flash(_("Batch %(number)s is recorded.", number=form.number.data))
            return redirect(url_for("exposure.index"))
        except NotAllowed as refusal:
            status = blame(form, refusal, "number")
    elif request.method == "GET":
        form.started_on.data = local_day(clock.now(), viewer().zone)
    return render_template("lms/exposure/new.html", form=form), status


@bp.route("/batches/<uuid:batch_id>", methods=["GET", "POST"])
@requires(Permission.EXPOSURE_RECORD)
def finish(batch_id: UUID) -> ResponseReturnValue:
    """Show a batch, and record its end."""
    batch = queries.batch(viewer(), batch_id)
    form = forms.FinishForm()
    form.offer()
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            run(
                commands.finish_batch,
                viewer(),
                "batch finished",
                batch_id,
                version=version_of(form),
                finished_on=form.finished_on.data,
                disposition=form.disposition.data,
            )
            flash(_("Batch %(number)s is brought up to date.", number=batch.number))
            return redirect(url_for("exposure.index"))
        except NotAllowed as refusal:
            status = blame(form, refusal, "finished_on")
            batch = queries.batch(viewer(), batch_id)
    elif request.method == "GET":
        form.finished_on.data, form.disposition.data = batch.finished_on, batch.disposition
    form.version.data = batch.version
    return render_template("lms/exposure/finish.html", batch=batch, form=form), status
