"""The page on which one of the two chooses another time for the follow-up."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby, islice
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from coaching.follow_up import commands, queries
from lms import clock
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run
from lms.web.times import is_meant, local_day

bp = Blueprint("follow_up", __name__, template_folder="../templates", url_prefix="/reviews")
#: Days from today, or from the agreed day if that is later, in which times are offered.
OFFERED_DAYS = 28
#: Times offered, the earliest first.
OFFERED = 80


@bp.get("/<uuid:review_id>/follow-up")
@requires(Permission.HOME_SEE)
def choose(review_id: UUID) -> ResponseReturnValue:
    """Show the times that both have around the agreed day."""
    return _choose(review_id)


def _choose(review_id: UUID, error: str = "") -> ResponseReturnValue:
    meeting, now = queries.appointed(viewer(), review_id), clock.now()
    people = (meeting.coach_id, meeting.coachee_id)
    first_day = max(meeting.wanted_on, local_day(now, meeting.zone))
    slots = queries.slots_from(people, meeting.zone, first_day=first_day, days=OFFERED_DAYS, now=now)
    days = [
        (day, list(of))
        for day, of in groupby(islice(slots, OFFERED), key=lambda slot: local_day(slot.starts_at, viewer().zone))
    ]
    page = render_template("coaching/follow_up.html", meeting=meeting, days=days, error=error)
    return page, 422 if error else 200


@bp.post("/<uuid:review_id>/follow-up")
@requires(Permission.HOME_SEE)
def move(review_id: UUID) -> ResponseReturnValue:
    """Put the follow-up at the chosen time."""
    try:
        starts_at = datetime.fromisoformat(request.form.get("starts_at", ""))
    except ValueError:
        return _choose(review_id, _("Choose one of the free times."))
    if starts_at.tzinfo is None or not is_meant(starts_at):
        return _choose(review_id, _("Choose one of the free times."))
    try:
        run(commands.move_follow_up, viewer(), "", review_id, starts_at=starts_at)
    except NotFound:
        raise
    except NotAllowed as refusal:
        return _choose(review_id, _(str(refusal)))
    flash(_("The follow-up is in both diaries. The other one is told."))
    return redirect(url_for("reviews.page", review_id=review_id))
