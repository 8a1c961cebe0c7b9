"""Studies that a reader brings: the list and the form, and what came out of one."""

from __future__ import annotations

import json
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from behavior_metrics.frames.sheet import Sheet
from behavior_metrics.imported_study import commands, pictures
from behavior_metrics.imported_study.forms import StudyForm
from behavior_metrics.imported_study.queries import Study, studies
from behavior_metrics.imported_study.queries import study as study_of
from behavior_metrics.imported_study.words import ANALYSES
from lms.imports.reading import read_table
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run

bp = Blueprint("imported_study", __name__, template_folder="../templates")


@bp.route("/behavior/studies", methods=["GET", "POST"])
@requires(Permission.METRICS_SEE)
def index() -> ResponseReturnValue:
    """List the reader's studies and take another in."""
    form = StudyForm()
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        from behavior_metrics.imported_study.table import as_plain, intervals_of, named  # noqa: PLC0415 - numpy for this request alone

        try:
            table = read_table(form.file.data.read(), str(form.file.data.filename))
            made = run(
                commands.take_study, viewer(), "brought on the page", file_name=table.name, file_sha256=table.sha256,
                rows=as_plain(intervals_of(table, named(form.covariates.data or ""))),
            )  # fmt: skip
            return redirect(url_for("imported_study.study", study_id=made.id))
        except NotAllowed as refusal:
            form[refusal.field if refusal.field in form else "file"].errors = [_(str(refusal))]
    return render_template("behavior_metrics/studies.html", form=form, studies=studies(viewer())), status


@bp.get("/behavior/studies/<uuid:study_id>")
@requires(Permission.METRICS_SEE)
def study(study_id: UUID) -> ResponseReturnValue:
    """Show what came out of a study, or that it is under way."""
    found = study_of(viewer(), study_id)
    curves = found.output["analyses"] if found.output else {}
    drawn = {
        # drawn by this server from numbers and escaped words alone
        name: Markup(draw(curves[name]))  # noqa: S704
        for name, draw in (
            ("mean_cumulative_count", pictures.mean_count_picture), ("time_to_first", pictures.first_picture)
        )
        if curves.get(name, {}).get("time")
    }  # fmt: skip
    return render_template("behavior_metrics/study.html", study=found, words=ANALYSES, pictures=drawn)


@bp.get("/behavior/studies/<uuid:study_id>/progress")
@requires(Permission.METRICS_SEE)
def progress(study_id: UUID) -> ResponseReturnValue:
    """Tell a waiting page to load itself anew once the analyses are made."""
    answer = Response("", 204)
    if study_of(viewer(), study_id).output is not None:
        answer.headers["HX-Refresh"] = "true"
    return answer


@bp.get("/behavior/studies/<uuid:study_id>/results.json")
@requires(Permission.METRICS_SEE)
def results_json(study_id: UUID) -> ResponseReturnValue:
    """Hand out everything that came out, to the last digit: the same as ``candor study FILE --json`` prints."""
    found = _made(study_id)
    about = {"file": found.row.file_name, "sha256": found.row.file_sha256}
    return _handed_out(
        json.dumps({**about, **(found.output or {})}, indent=2, sort_keys=True), "application/json", "json"
    )


@bp.get("/behavior/studies/<uuid:study_id>/ratios.csv")
@requires(Permission.METRICS_SEE)
def ratios_csv(study_id: UUID) -> ResponseReturnValue:
    """Hand out every rate ratio with its doubt, a line each."""
    found = _made(study_id)
    output = found.output or {}
    columns = ("ratio", "low", "high", "coef", "se", "p")
    rows = [
        (name, covariate, *(one.get(column) for column in columns))
        for name, result in output["analyses"].items()
        for covariate, one in result.get("ratios", {}).items()
    ]
    about = (
        ("file", found.row.file_name),
        ("sha256", found.row.file_sha256),
        ("method version", str(output["method_version"])),
    )
    sheet = Sheet(about, ("analysis", "covariate", *columns), rows)
    return _handed_out(sheet.as_csv(), "text/csv", "csv")


@bp.post("/behavior/studies/<uuid:study_id>/forget")
@requires(Permission.METRICS_SEE)
def forget(study_id: UUID) -> ResponseReturnValue:
    """Remove a study."""
    run(commands.forget_study, viewer(), "forgotten on the page", study_id)
    flash(_("The study and everything that came out of it are gone."))
    return redirect(url_for("imported_study.index"))


def _made(study_id: UUID) -> Study:
    found = study_of(viewer(), study_id)
    if found.output is None:
        raise NotFound(_("The analyses of this study are not made yet."))
    return found


def _handed_out(content: str | bytes, mimetype: str, ending: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="study.{ending}"'}
    return Response(content, mimetype=mimetype, headers=headers)
