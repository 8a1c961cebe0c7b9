"""The coach's page of standing appointments."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from coaching.series import commands, exports, queries
from coaching.series.forms import EndForm, SeriesForm
from lms import clock
from lms.exports.download import download
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from lms.web.refused import blame
from lms.web.times import local_day

bp = Blueprint("series", __name__, template_folder="../templates", url_prefix="/reviews/series")


@bp.get("")
@requires(Permission.REVIEW_COACH)
def index() -> ResponseReturnValue:
    """Show the coach's series, with a way to begin another."""
    form = SeriesForm(None, mode="video", every_weeks=4)
    return _index(form)


@bp.get("/list.<any(csv, xlsx):file_type>")
@requires(Permission.REVIEW_COACH)
def export(file_type: str) -> ResponseReturnValue:
    """Hand the coach's series out."""
    return download(file_type, "series", exports.HEADINGS, exports.cells(queries.series_of(viewer())))


@bp.post("")
@requires(Permission.REVIEW_COACH)
def begin() -> ResponseReturnValue:
    """Begin a series."""
    form = SeriesForm()
    _offer(form)
    status = 422
    if form.validate_on_submit():
        try:
            run(
                commands.begin_series,
                viewer(),
                "standing appointment",
                coachee_id=UUID(form.coachee.data),
                every_weeks=form.every_weeks.data,
                first_on=form.first_on.data,
                minute=form.minute,
                mode=form.mode.data,
                place=(form.place.data or "").strip(),
                kind=form.kind.data,
            )
            flash(_("Begun. Each review is planned four weeks before, at that time on the operator's clock."))
            return redirect(url_for("series.index"))
        except NotAllowed as refusal:
            status = blame(form, refusal, "coachee")
    return _index(form, status)


@bp.post("/<uuid:series_id>/end")
@requires(Permission.REVIEW_COACH)
def end(series_id: UUID) -> ResponseReturnValue:
    """End a series."""
    form = EndForm()
    if form.validate_on_submit():
        reason = form.reason.data or ""
        run(commands.end_series, viewer(), reason, series_id, reason=reason)
        flash(_("Ended. What is planned already stays; cancel it on its page if it is not wanted."))
        return redirect(url_for("series.index"))
    shown = SeriesForm(None, mode="video", every_weeks=4)
    return _index(shown, 422, ends=(series_id, form))


def _offer(form: SeriesForm) -> None:
    today = local_day(clock.now(), viewer().zone)
    form.offer([(str(person_id), name) for person_id, name in queries.coachees(viewer(), today)])


def _index(form: SeriesForm, status: int = 200, ends: tuple[UUID, EndForm] | None = None) -> ResponseReturnValue:
    if form.coachee.choices is None:
        _offer(form)
    rows = queries.series_of(viewer())
    if ends is not None and not any(row.id == ends[0] for row in rows):
        ends = None
    page = render_template("coaching/series.html", rows=rows, form=form, end=EndForm(None), ends=ends)
    return page, status
