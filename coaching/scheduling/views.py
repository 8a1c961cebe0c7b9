"""Finding a time: the slots that coach and operator have in common, and putting one into both calendars."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from coaching.scheduling import commands, queries
from coaching.scheduling.forms import CancelForm
from coaching.scheduling.rules import Span
from lms import clock
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run
from lms.web.times import local_day

bp = Blueprint("scheduling", __name__, template_folder="../templates", url_prefix="/reviews")
#: How far ahead slots are looked for.
WEEKS = 3


@bp.get("/<uuid:review_id>/schedule")
@requires(Permission.REVIEW_COACH)
def choose(review_id: UUID) -> ResponseReturnValue:
    """Show the free slots of both, day by day, in the reader's zone."""
    return _choose(review_id, "")


def _choose(review_id: UUID, error: str, cancel: CancelForm | None = None) -> ResponseReturnValue:
    review = queries.meeting(viewer(), review_id)
    days = [
        (day, list(slots))
        for day, slots in groupby(_slots(review), key=lambda slot: local_day(slot.starts_at, viewer().zone))
    ]
    page = render_template(
        "coaching/schedule.html", review=review, days=days, error=error, weeks=WEEKS, cancel=cancel or CancelForm(None)
    )
    return page, 422 if error or cancel is not None else 200


def _slots(review: queries.Meeting) -> list[Span]:
    begin = clock.now() + timedelta(hours=2)
    return queries.free_slots(
        review.coach_id, review.coachee_id, starts_at=begin, ends_at=begin + timedelta(weeks=WEEKS)
    )


@bp.post("/<uuid:review_id>/schedule")
@requires(Permission.REVIEW_COACH)
def schedule(review_id: UUID) -> ResponseReturnValue:
    """Put the chosen slot into both calendars."""
    try:
        starts_at = datetime.fromisoformat(request.form.get("starts_at", ""))
    except ValueError:
        return _choose(review_id, _("Choose one of the free times."))
    mode = "onsite" if request.form.get("mode") == "onsite" else "video"
    place = request.form.get("place", "").strip()[:200]
    if starts_at.tzinfo is None:
        return _choose(review_id, _("Choose one of the free times."))
    try:
        run(commands.schedule_review, viewer(), "", review_id, starts_at=starts_at, mode=mode, place=place)
    except NotFound:
        raise
    except NotAllowed as refusal:
        return _choose(review_id, _(str(refusal)))
    flash(_("In both calendars. The invitation is on its way."))
    return redirect(url_for("reviews.page", review_id=review_id))


@bp.post("/<uuid:review_id>/cancel")
@requires(Permission.REVIEW_COACH)
def cancel(review_id: UUID) -> ResponseReturnValue:
    """Cancel a review that was not held."""
    form = CancelForm()
    if form.validate_on_submit():
        run(commands.cancel_review, viewer(), form.reason.data or "", review_id, reason=form.reason.data or "")
        flash(_("Cancelled. Both calendars are told."))
        return redirect(url_for("reviews.coaching"))
    return _choose(review_id, "", form)
