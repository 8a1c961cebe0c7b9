"""Pages of planned batches and of counted work. Their rosters are a page of the room that knows who is qualified."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms import clock
from lms.exports.download import download
from lms.network.queries import sites, teams
from lms.permissions import Permission, requires, viewer
from lms.planning import commands, exports, forms, queries
from lms.refusals import NotAllowed, StaleForm
from lms.unit_of_work import run
from lms.web.labels import choices
from lms.web.refused import blame, version_of
from lms.web.slots import filled

bp = Blueprint("planning", __name__, template_folder="../templates")
_RECORD = Permission.EXPOSURE_RECORD


@bp.get("/planned")
@requires(Permission.DEVIATION_SEE)
def index() -> ResponseReturnValue:
    """List planned batches, the next first, each with how many are rostered and refused."""
    filters = queries.PlannedFilters.of(request.args)
    rows = queries.rows(viewer(), filters)
    rostered = {one.planned_id: one for one in filled("planned.rosters", viewer=viewer(), rows=rows, now=clock.now())}
    return render_template(
        "lms/planning/list.html",
        rows=rows,
        rostered=rostered,
        filters=filters,
        states=choices("planned_state"),
        sites=sites(viewer(), Permission.DEVIATION_SEE),
        may_record=viewer().may(_RECORD),
    )


@bp.get("/planned.<any(csv, xlsx):file_type>")
@requires(Permission.DEVIATION_SEE)
def export(file_type: str) -> ResponseReturnValue:
    """Hand out the list with the same filters."""
    rows = queries.rows(viewer(), queries.PlannedFilters.of(request.args))
    return download(file_type, "planned-batches", exports.HEADINGS, exports.cells(rows))


@bp.route("/planned/new", methods=["GET", "POST"])
@requires(Permission.EXPOSURE_RECORD)
def new() -> ResponseReturnValue:
    """Plan a batch."""
    form = forms.PlannedForm()
    places = {str(site.id): site for site in sites(viewer(), _RECORD)}
    form.site.choices = [(key, site.name) for key, site in places.items()]
    form.team.choices = _teams()
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        zone = places[form.site.data].zone
        try:
            made = run(
                commands.plan_batch,
                viewer(),
                "batch planned",
                site_id=UUID(form.site.data),
                number=form.number.data,
                product=form.product.data,
                process=form.process_name.data,
                process_version=form.process_version.data or "",
                starts_at=_moment(form.starts_at.data, zone),
                ends_at=_moment(form.ends_at.data, zone),
                team_id=UUID(form.team.data) if form.team.data else None,
            )
            flash(_("%(number)s is planned. Put people on its roster next.", number=made.number))
            return redirect(f"/planned/{made.id}/roster")
        except NotAllowed as refusal:
            status = blame(form, refusal, "site")
    return render_template("lms/planning/new.html", form=form), status


@bp.post("/planned/<uuid:planned_id>/<any(start, cancel):what>")
@requires(Permission.EXPOSURE_RECORD)
def step(planned_id: UUID, what: str) -> ResponseReturnValue:
    """Start a planned batch, or cancel it."""
    found = queries.planned(viewer(), planned_id, _RECORD)
    form = forms.StepForm()
    if not form.validate_on_submit():
        return redirect(f"/planned/{planned_id}/roster")
    try:
        if what == "start":
            run(commands.start_planned_batch, viewer(), "batch started", planned_id, version=version_of(form))
            flash(_("%(number)s has started. It is a batch from now on.", number=found.number))
            return redirect(url_for("exposure.index", q=found.number))
        why = form.reason.data or "cancelled"
        run(commands.cancel_planned_batch, viewer(), why, planned_id, version=version_of(form))
        flash(_("%(number)s is cancelled. It stays on record.", number=found.number))
        return redirect(url_for("planning.index"))
    except NotAllowed as refusal:
        status = 409 if isinstance(refusal, StaleForm) else 422
        page = render_template("lms/planning/refused.html", planned=found, sentence=_(str(refusal)))
        return page, status


@bp.route("/exposure", methods=["GET", "POST"])
@requires(Permission.DEVIATION_SEE)
def exposure() -> ResponseReturnValue:
    """Show the work counted by month, and record or correct a month."""
    form = forms.ExposureForm()
    may_record = viewer().may(_RECORD)
    status = 422 if form.is_submitted() else 200
    if may_record:
        form.offer([(str(site.id), site.name) for site in sites(viewer(), _RECORD)], _teams())
        if form.validate_on_submit():
            try:
                run(
                    commands.record_exposure,
                    viewer(),
                    "work counted",
                    site_id=UUID(form.site.data),
                    team_id=UUID(form.team.data) if form.team.data else None,
                    month=form.month.data,
                    unit=form.unit.data,
                    count=form.count.data,
                )
                flash(_("Recorded. An earlier count of this month stays in the trail."))
                return redirect(url_for("planning.exposure"))
            except NotAllowed as refusal:
                status = blame(form, refusal, "count")
    rows = queries.periods(viewer())
    return render_template("lms/planning/exposure.html", rows=rows, form=form, may_record=may_record), status


@bp.get("/exposure.<any(csv, xlsx):file_type>")
@requires(Permission.DEVIATION_SEE)
def export_exposure(file_type: str) -> ResponseReturnValue:
    """Hand out the work counted by month."""
    return download(file_type, "exposure", exports.PERIOD_HEADINGS, exports.period_cells(queries.periods(viewer())))


def _teams() -> list[tuple[str, str]]:
    offered = [(str(team.id), f"{team.site_name}: {team.name}") for team in teams(viewer(), _RECORD)]
    return [("", _("The whole site, or not known")), *offered]


def _moment(local: datetime, zone: str) -> datetime:
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
