"""QA's page of open reviews whose coach is gone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from coaching.handover import commands, exports, queries
from coaching.handover.forms import HandOverForm
from lms import clock
from lms.exports.download import download
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run
from lms.web.refused import blame
from lms.web.times import local_day

bp = Blueprint("handover", __name__, template_folder="../templates", url_prefix="/reviews/without-coach")


@bp.get("")
@requires(Permission.REVIEW_PROPOSE)
def index() -> ResponseReturnValue:
    """List the open reviews whose coach is gone, each with the coaches who could take it."""
    return _index()


@bp.get("/list.<any(csv, xlsx):file_type>")
@requires(Permission.REVIEW_PROPOSE)
def export(file_type: str) -> ResponseReturnValue:
    """Hand the list out."""
    rows = queries.lost_reviews(viewer(), _today())
    return download(file_type, "reviews-without-coach", exports.HEADINGS, exports.cells(rows))


@bp.post("/<uuid:review_id>")
@requires(Permission.REVIEW_PROPOSE)
def hand_over(review_id: UUID) -> ResponseReturnValue:
    """Give a review to another coach."""
    row = next((one for one in queries.lost_reviews(viewer(), _today()) if one.id == review_id), None)
    if row is None:
        raise NotFound("There is no such review without a coach at your sites.")
    form = HandOverForm()
    coaches = queries.coaches_of({row.site_id}, _today())[row.site_id]
    form.coach.choices = [(str(person_id), name) for person_id, name in coaches]
    status = 422
    if form.validate_on_submit():
        try:
            reason = form.reason.data or ""
            coach_id = UUID(form.coach.data)
            run(commands.hand_over_review, viewer(), reason, review_id, coach_id=coach_id, reason=reason)
            flash(_("Handed over. The new coach and the operator are told."))
            return redirect(url_for("handover.index"))
        except NotAllowed as refusal:
            status = blame(form, refusal, "coach")
    return _index(status, {review_id: form})


def _today() -> date:
    return local_day(clock.now(), viewer().zone)


def _index(status: int = 200, submitted: dict[UUID, HandOverForm] | None = None) -> ResponseReturnValue:
    rows = queries.lost_reviews(viewer(), _today())
    coaches = queries.coaches_of({row.site_id for row in rows}, _today())
    shown = list(_with_forms(rows, coaches, submitted or {}))
    return render_template("coaching/without_coach.html", rows=shown), status


def _with_forms(
    rows: list[queries.LostRow], coaches: dict[UUID, list[tuple[UUID, str]]], submitted: dict[UUID, HandOverForm]
) -> Iterator[tuple[queries.LostRow, Any]]:
    for row in rows:
        form = submitted.get(row.id) or HandOverForm(None)
        form.coach.choices = [(str(person_id), name) for person_id, name in coaches[row.site_id]]
        yield row, form
