"""Finding a time: a week of slots that coach and operator have in common; moving and calling off, by either of them."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from coaching.scheduling import commands, queries
from coaching.scheduling.forms import CancelForm, MoveForm, ScheduleForm
from coaching.scheduling.weeks import week_of
from lms import clock
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from lms.web.parts import render_part
from lms.web.refused import blame
from lms.web.times import is_meant, local_day

bp = Blueprint("scheduling", __name__, template_folder="../templates", url_prefix="/reviews")


@bp.get("/<uuid:review_id>/schedule")
@requires(Permission.REVIEW_COACH)
def choose(review_id: UUID) -> ResponseReturnValue:
    """Show the coach a week of the slots that are free for both, in the reader's zone."""
    return _choose(queries.meeting(viewer(), review_id, as_coach=True))


@bp.post("/<uuid:review_id>/schedule")
@requires(Permission.REVIEW_COACH)
def schedule(review_id: UUID) -> ResponseReturnValue:
    """Put the chosen slot into both calendars, or move the review there."""
    found = queries.meeting(viewer(), review_id, as_coach=True)
    form = ScheduleForm()
    form.offer(found.permitted)
    status = 422
    if form.validate_on_submit():
        try:
            run(
                commands.schedule_review,
                viewer(),
                form.beyond or form.why.data or "",
                review_id,
                starts_at=form.moment(viewer().zone),
                mode=form.mode.data or "",
                place=(form.place.data or "").strip(),
                why=form.why.data or "",
                agreed_beyond=form.beyond,
            )
            flash(_("In both calendars. The invitation is on its way."))
            return redirect(url_for("reviews.page", review_id=review_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "starts_at")
    return _choose(found, status, form=form)


@bp.get("/<uuid:review_id>/move")
@requires(Permission.REVIEW_TAKE_PART)
def other_time(review_id: UUID) -> ResponseReturnValue:
    """Show the operator a week of the slots to which a planned review can be moved."""
    return _choose(queries.meeting(viewer(), review_id, as_coach=False))


@bp.post("/<uuid:review_id>/move")
@requires(Permission.REVIEW_TAKE_PART)
def move(review_id: UUID) -> ResponseReturnValue:
    """Let the operator move a planned review to another free slot."""
    found = queries.meeting(viewer(), review_id, as_coach=False)
    form = MoveForm()
    status = 422
    if form.validate_on_submit():
        try:
            why = form.why.data or ""
            run(commands.move_own_review, viewer(), why, review_id, starts_at=form.moment(), why=why)
            flash(_("Moved. Your coach is told, and both calendars."))
            return redirect(url_for("reviews.page", review_id=review_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "starts_at")
    return _choose(found, status, form=form)


@bp.post("/<uuid:review_id>/cancel")
@requires(Permission.REVIEW_COACH)
def cancel(review_id: UUID) -> ResponseReturnValue:
    """Cancel a review that was not held."""
    found = queries.meeting(viewer(), review_id, as_coach=True)
    form = CancelForm()
    status = 422
    if form.validate_on_submit():
        try:
            reason = form.reason.data or ""
            run(commands.cancel_review, viewer(), reason, review_id, reason=reason)
            flash(_("Cancelled. Both calendars are told."))
            return redirect(url_for("reviews.coaching"))
        except NotAllowed as refusal:
            status = blame(form, refusal, "reason")
    return _choose(found, status, cancel=form)


@bp.post("/<uuid:review_id>/call-off")
@requires(Permission.REVIEW_TAKE_PART)
def call_off(review_id: UUID) -> ResponseReturnValue:
    """Let the operator call the time of a review off."""
    found = queries.meeting(viewer(), review_id, as_coach=False)
    form = CancelForm()
    status = 422
    if form.validate_on_submit():
        try:
            reason = form.reason.data or ""
            run(commands.call_off_own_review, viewer(), reason, review_id, reason=reason)
            flash(_("Called off. Your coach is told and finds another time."))
            return redirect(url_for("reviews.page", review_id=review_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "reason")
    return _choose(found, status, cancel=form)


@bp.get("/<uuid:review_id>/meeting")
@requires(Permission.HOME_SEE)
def beside(review_id: UUID) -> ResponseReturnValue:
    """Give the review's page what holds for its meeting: what the site permits, and where to move it."""
    back = url_for("reviews.page", review_id=review_id), _("Review")
    return render_part("coaching/_meeting.html", _("How you may meet"), back, m=queries.meeting(viewer(), review_id))


def _choose(found: queries.Meeting, status: int = 200, **submitted: FlaskForm) -> ResponseReturnValue:
    zone, now = viewer().zone, clock.now()
    moved = [found.appointment_id] if found.appointment_id is not None else []
    common = queries.common(found.coach_id, [found.coachee_id], now=now, zone=zone, moved=moved)
    week = week_of(common.slots, asked=_asked(), zone=zone, other_zone=found.other_zone, today=local_day(now, zone))
    form = submitted.get("form")
    if form is None and found.is_coach:
        form = ScheduleForm(
            None, mode=found.mode or found.permitted.modes[0], place=found.place or found.permitted.usual_link
        )
        form.offer(found.permitted)
    page = render_template(
        "coaching/schedule.html",
        m=found,
        week=week,
        holidays=common.holidays,
        form=form or MoveForm(None),
        cancel=submitted.get("cancel") or CancelForm(None),
    )
    return page, status


def _asked() -> date | None:
    try:
        asked = date.fromisoformat(request.args.get("week", ""))
    except ValueError:
        return None
    return asked if is_meant(asked) else None
