"""Pages of teams' meetings: the coach calls one together, finds a time, calls it off; who takes part reads it."""

from __future__ import annotations

from datetime import date
from itertools import groupby
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from coaching.group_reviews import commands, queries
from coaching.group_reviews.forms import TeamForm
from coaching.scheduling.forms import CancelForm, ScheduleForm
from coaching.scheduling.queries import common
from coaching.scheduling.weeks import week_of
from lms import clock
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from lms.web.refused import blame
from lms.web.times import is_meant, local_day

bp = Blueprint("group_reviews", __name__, template_folder="../templates", url_prefix="/reviews/teams")


@bp.get("")
@requires(Permission.REVIEW_COACH)
def index() -> ResponseReturnValue:
    """List the coach's meetings, with a way to call another together."""
    return _index(TeamForm(None))


@bp.post("")
@requires(Permission.REVIEW_COACH)
def call_together() -> ResponseReturnValue:
    """Call a team together, and go on to finding a time."""
    form = TeamForm()
    people = queries.colleagues(viewer(), _today())
    form.offer([(str(one.id), one.name) for one in people])
    status = 422
    if form.validate_on_submit():
        try:
            chosen = [UUID(one) for one in form.coachees.data]
            subject = form.subject.data or ""
            kind = form.kind.data
            group = run(commands.call_team_together, viewer(), subject, coachee_ids=chosen, subject=subject, kind=kind)
            flash(_("Everybody is told. Find a time that suits all of you."))
            return redirect(url_for("group_reviews.page", group_id=group.id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "coachees")
    return _index(form, status)


@bp.get("/<uuid:group_id>")
@requires(Permission.REVIEW_COACH)
def page(group_id: UUID) -> ResponseReturnValue:
    """Show a meeting to its coach: who takes part, when, and the times at which all are free."""
    return _page(group_id)


@bp.get("/of/<uuid:review_id>")
@requires(Permission.REVIEW_TAKE_PART)
def mine(review_id: UUID) -> ResponseReturnValue:
    """Show a meeting to somebody who takes part."""
    return render_template("coaching/team_meeting.html", g=queries.group_of_review(viewer(), review_id), own=review_id)


@bp.post("/<uuid:group_id>/schedule")
@requires(Permission.REVIEW_COACH)
def schedule(group_id: UUID) -> ResponseReturnValue:
    """Put the meeting into everybody's calendar, or move it."""
    found = queries.group(viewer(), group_id)
    form = ScheduleForm()
    form.offer(found.permitted)
    status = 422
    if form.validate_on_submit():
        try:
            run(
                commands.schedule_team,
                viewer(),
                form.beyond or form.why.data or "",
                group_id,
                starts_at=form.moment(viewer().zone),
                mode=form.mode.data or "",
                place=(form.place.data or "").strip(),
                why=form.why.data or "",
                agreed_beyond=form.beyond,
            )
            flash(_("In everybody's calendar. The invitations are on their way."))
            return redirect(url_for("group_reviews.page", group_id=group_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "starts_at")
    return _page(group_id, status, form=form)


@bp.post("/<uuid:group_id>/call-off")
@requires(Permission.REVIEW_COACH)
def call_off(group_id: UUID) -> ResponseReturnValue:
    """Cancel a meeting that was not held."""
    form = CancelForm()
    status = 422
    if form.validate_on_submit():
        try:
            reason = form.reason.data or ""
            run(commands.call_off_team, viewer(), reason, group_id, reason=reason)
            flash(_("Cancelled. Everybody is told."))
            return redirect(url_for("group_reviews.index"))
        except NotAllowed as refusal:
            status = blame(form, refusal, "reason")
    return _page(group_id, status, cancel=form)


def _index(form: TeamForm, status: int = 200) -> ResponseReturnValue:
    people = queries.colleagues(viewer(), _today())
    teams = [
        (f"{site}, {team}", list(members))
        for (site, team), members in groupby(people, key=lambda one: (one.site_name, one.team_name))
    ]
    form.offer([(str(one.id), one.name) for one in people])
    chosen = set(form.coachees.data or ())
    rows = queries.groups_of(viewer())
    return render_template("coaching/team_meetings.html", rows=rows, teams=teams, form=form, chosen=chosen), status


def _page(group_id: UUID, status: int = 200, **submitted: FlaskForm) -> ResponseReturnValue:
    found = queries.group(viewer(), group_id)
    zone, now = viewer().zone, clock.now()
    going = found.going
    moved = [one.appointment_id for one in going if one.appointment_id is not None]
    both = common(found.coach_id, [one.person_id for one in going], now=now, zone=zone, moved=moved)
    form = submitted.get("form")
    if form is None:
        place = found.place or found.permitted.usual_link
        form = ScheduleForm(None, mode=found.mode or found.permitted.modes[0], place=place)
        form.offer(found.permitted)
    page = render_template(
        "coaching/team_meeting.html",
        g=found,
        own=None,
        week=week_of(both.slots, asked=_asked(), zone=zone, other_zone=found.zone, today=_today()),
        holidays=both.holidays,
        form=form,
        cancel=submitted.get("cancel") or CancelForm(None),
    )
    return page, status


def _today() -> date:
    return local_day(clock.now(), viewer().zone)


def _asked() -> date | None:
    try:
        asked = date.fromisoformat(request.args.get("week", ""))
    except ValueError:
        return None
    return asked if is_meant(asked) else None
