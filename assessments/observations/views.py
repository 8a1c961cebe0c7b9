"""Pages of observed runs: the assessor's list, beginning one, marking and signing it at the bench."""

from __future__ import annotations

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from assessments.observations import commands, queries
from assessments.observations.forms import BeginForm, RunForm
from assessments.observations.queries import ObservationPage
from assessments.observations.rules import Point
from assessments.training.moments import read_moment
from assessments.training.queries import tasks
from lms import clock
from lms.identity.sessions import prove
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed, NotFound, StaleForm
from lms.unit_of_work import run

bp = Blueprint("observations", __name__, template_folder="../templates")


@bp.get("/observations")
@requires(Permission.QUALIFICATION_SEE)
def index() -> ResponseReturnValue:
    """Show the reader's drafts and the signed runs of their sites."""
    names = {task.id: task.title for task in tasks()}
    return render_template("assessments/observations.html", rows=queries.observations(viewer()), names=names)


@bp.route("/observations/new", methods=["GET", "POST"])
@requires(Permission.OBSERVATION_RECORD)
def begin() -> ResponseReturnValue:
    """Begin an observed run."""
    form = BeginForm()
    reachable = queries.trainees(viewer())
    site_of = {str(person_id): site_id for person_id, _name, site_id, _site in reachable}
    form.trainee.choices = [("", "–"), *((str(p), f"{name}, {site}") for p, name, _id, site in reachable)]
    form.task.choices = [("", "–"), *((str(task.id), task.title) for task in tasks())]
    if form.validate_on_submit():
        try:
            begun = run(
                commands.begin_observation,
                viewer(),
                "observed run",
                trainee_id=UUID(form.trainee.data),
                task_id=UUID(form.task.data),
                site_id=site_of[form.trainee.data],
                batch=form.batch.data or "",
                observed_at=read_moment(form.observed_at.data, viewer().zone) if form.observed_at.data else clock.now(),
            )
        except NotAllowed as refusal:
            name = {"at": "observed_at"}.get(refusal.field or "", refusal.field or "trainee")
            form[name if name in form else "trainee"].errors = [_(str(refusal))]
        else:
            return redirect(url_for(".record", observation_id=begun.id))
    return render_template("assessments/observation_new.html", form=form), 422 if form.errors else 200


@bp.get("/observations/<uuid:observation_id>")
@requires(Permission.HOME_SEE)
def record(observation_id: UUID) -> ResponseReturnValue:
    """Show a run: as a form while it is the reader's own draft, as a record once signed."""
    shown = queries.observation_page(viewer(), observation_id)
    form = RunForm(None, batch=shown.batch, remarks=shown.remarks, version=shown.version)
    return _page(shown, form, shown.marks)


def _page(shown: ObservationPage, form: RunForm, marks: dict[str, dict[str, str]]) -> ResponseReturnValue:
    names = {task.id: task.title for task in tasks()}
    template = "assessments/observation_draft.html" if shown.state == "open" else "assessments/observation.html"
    page = render_template(template, o=shown, form=form, marks=marks, task=names[shown.task_id])
    return page, 422 if form.errors else 200


def _sent_marks(points: tuple[Point, ...]) -> dict[str, dict[str, str]]:
    """Return the marks as the form sends them: ``shown-1``, ``note-1``, …."""
    return {
        str(point.position): {
            "shown": request.form.get(f"shown-{point.position}", ""),
            "note": request.form.get(f"note-{point.position}", ""),
        }
        for point in points
    }


def _sent_version(sent: Any) -> int:  # noqa: ANN401 - whatever a browser sends
    try:
        return int(sent)
    except (TypeError, ValueError):
        raise StaleForm("Reload the page: the version of this draft is missing.") from None


@bp.post("/observations/<uuid:observation_id>/draft")
@requires(Permission.OBSERVATION_RECORD)
def save(observation_id: UUID) -> ResponseReturnValue:
    """Keep the draft: asked by the page's script after each change, or by the button without one."""
    shown = queries.observation_page(viewer(), observation_id)
    by_script = request.accept_mimetypes.best == "application/json"
    try:
        version = run(
            commands.save_marks,
            viewer(),
            "draft",
            observation_id,
            version=_sent_version(request.form.get("version")),
            marks=_sent_marks(shown.points),
            remarks=request.form.get("remarks", ""),
            batch=request.form.get("batch", ""),
        )
    except NotFound:
        raise
    except NotAllowed as refusal:
        if by_script:
            return {"error": _(str(refusal))}, 409
        raise
    if by_script:
        return {"version": version, "kept": f"{clock.now().astimezone(ZoneInfo(viewer().zone)):%H:%M:%S}"}
    flash(_("Kept as a draft."))
    return redirect(url_for(".record", observation_id=observation_id))


@bp.post("/observations/<uuid:observation_id>/sign")
@requires(Permission.OBSERVATION_RECORD)
def sign(observation_id: UUID) -> ResponseReturnValue:
    """Sign the run."""
    shown = queries.observation_page(viewer(), observation_id)
    form, marks = RunForm(), _sent_marks(shown.points)
    if form.validate_on_submit():
        try:
            signer = viewer().proven(prove(viewer(), form.password.data or ""))
            run(
                commands.record_observation,
                signer,
                "observed run signed",
                observation_id,
                version=_sent_version(form.version.data),
                marks=marks,
                remarks=form.remarks.data or "",
                batch=form.batch.data or "",
            )
        except NotFound:
            raise
        except NotAllowed as refusal:
            form[refusal.field if refusal.field in form else "password"].errors = [_(str(refusal))]
        else:
            flash(_("Signed. The trainee can read it now."))
            return redirect(url_for(".record", observation_id=observation_id))
    return _page(shown, form, marks)
