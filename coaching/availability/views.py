"""The page on which coaches and operators keep their own times."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_wtf import FlaskForm

from coaching.availability import commands, exports, forms, queries
from coaching.availability.rules import EXTRA, LEAVE, spans_of
from coaching.scheduling.rules import USUAL_HOURS, Limits
from lms import clock
from lms.exports.download import download
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from lms.web.refused import blame
from lms.web.times import local_day, show_day

bp = Blueprint("availability", __name__, template_folder="../templates", url_prefix="/my-times")
#: Entries are shown from so long ago on.
PAST = timedelta(days=30)


@bp.get("")
@requires(Permission.DIARY_KEEP)
def page() -> ResponseReturnValue:
    """Show the reader's week, absences and exceptions."""
    return _page()


@bp.get("/entries.<any(csv, xlsx):file_type>")
@requires(Permission.DIARY_KEEP)
def export(file_type: str) -> ResponseReturnValue:
    """Hand the reader's own entries out."""
    rows = queries.entries(viewer(), clock.now() - PAST)
    return download(file_type, "my-times", exports.HEADINGS, exports.cells(rows))


@bp.post("/week")
@requires(Permission.DIARY_KEEP)
def set_week() -> ResponseReturnValue:
    """Enter another week."""
    form = forms.WeekForm()
    if form.validate_on_submit():
        try:
            run(commands.set_week, viewer(), "own week", week=form.week())
        except NotAllowed as refusal:
            return _page(blame(form, refusal, "day_0"), week=form)
        flash(_("Your week is changed. Reviews that are planned stay where they are."))
        return redirect(url_for("availability.page"))
    return _page(422, week=form)


@bp.post("/week/undo")
@requires(Permission.DIARY_KEEP)
def undo_week() -> ResponseReturnValue:
    """Bring the week of before back."""
    run(commands.undo_week, viewer(), "week of before")
    flash(_("The week of before is back. Press again to undo that."))
    return redirect(url_for("availability.page"))


@bp.post("/absences")
@requires(Permission.DIARY_KEEP)
def note_absence() -> ResponseReturnValue:
    """Note days away."""
    form = forms.AbsenceForm()
    if form.validate_on_submit():
        try:
            inside = run(
                commands.note_absence,
                viewer(),
                "absence",
                first_day=form.first_day.data,
                last_day=form.last_day.data,
            )
        except NotAllowed as refusal:
            return _page(blame(form, refusal, "first_day"), absence=form)
        _say(inside)
        return redirect(url_for("availability.page"))
    return _page(422, absence=form)


@bp.post("/times")
@requires(Permission.DIARY_KEEP)
def note_time() -> ResponseReturnValue:
    """Note some hours of one day as taken, or as free outside one's hours."""
    form = forms.TimeForm()
    form.offer()
    if form.validate_on_submit():
        try:
            spans = spans_of(form.hours.data, field="hours")
            if form.kind.data == EXTRA:
                run(commands.note_extra, viewer(), "exception", day=form.day.data, spans=spans)
                inside = 0
            else:
                inside = run(commands.note_taken, viewer(), "exception", day=form.day.data, spans=spans)
        except NotAllowed as refusal:
            return _page(blame(form, refusal, "hours"), time=form)
        _say(inside)
        return redirect(url_for("availability.page"))
    return _page(422, time=form)


@bp.post("/entries/<uuid:entry_id>/strike-out")
@requires(Permission.DIARY_KEEP)
def strike_out(entry_id: UUID) -> ResponseReturnValue:
    """Take an entry back."""
    run(commands.strike_out, viewer(), "taken back", entry_id)
    flash(_("Taken back: the time is as your week says. You can bring it back below."))
    return redirect(url_for("availability.page"))


@bp.post("/entries/<uuid:entry_id>/bring-back")
@requires(Permission.DIARY_KEEP)
def bring_back(entry_id: UUID) -> ResponseReturnValue:
    """Bring an entry back."""
    run(commands.bring_back, viewer(), "brought back", entry_id)
    flash(_("It stands again."))
    return redirect(url_for("availability.page"))


@bp.post("/limits")
@requires(Permission.REVIEW_COACH)
def set_limits() -> ResponseReturnValue:
    """Enter how much a coach takes on."""
    form = forms.LimitsForm()
    if form.validate_on_submit():
        limits = Limits(form.buffer_minutes.data, form.a_day.data, form.a_week.data)
        try:
            run(commands.set_limits, viewer(), "own limits", limits=limits)
        except NotAllowed as refusal:
            return _page(blame(form, refusal, "buffer_minutes"), limits=form)
        flash(_("Changed. Free slots follow from now on; planned reviews stay."))
        return redirect(url_for("availability.page"))
    return _page(422, limits=form)


def _say(inside: int) -> None:
    if inside:
        words = ngettext("%(num)s planned review lies in it", "%(num)s planned reviews lie in it", inside)
        flash(_("Noted. %(reviews)s: move it on its page, the other side is told.", reviews=words))
    else:
        flash(_("Noted. Others see only that you are free or not."))


def _page(status: int = 200, **submitted: FlaskForm) -> ResponseReturnValue:
    own = queries.week(viewer())
    limits = own.limits
    made: dict[str, Any] = {
        "week": forms.WeekForm(None),
        "absence": forms.AbsenceForm(None),
        "time": forms.TimeForm(None),
        "limits": forms.LimitsForm(
            None, buffer_minutes=limits.buffer_minutes, a_day=limits.a_day, a_week=limits.a_week
        ),
        **submitted,
    }
    made["time"].offer()
    if "week" not in submitted:
        made["week"].show(own.hours or USUAL_HOURS)
    rows = [(row, _when(row)) for row in queries.entries(viewer(), clock.now() - PAST)]
    page = render_template(
        "coaching/my_times.html",
        forms=made,
        own=own,
        standing=[(row, when) for row, when in rows if row.struck_out_at is None],
        taken_back=[(row, when) for row, when in rows if row.struck_out_at is not None],
        is_coach=viewer().may(Permission.REVIEW_COACH),
        zone=viewer().zone,
    )
    return page, status


def _when(row: queries.Entry) -> str:
    """Return an entry's time as its owner entered it: whole days, or hours of one day."""
    zone = ZoneInfo(viewer().zone)
    if row.kind == LEAVE:
        first = local_day(row.starts_at, viewer().zone)
        last = local_day(row.ends_at - timedelta(minutes=1), viewer().zone)
        return show_day(first) if first == last else f"{show_day(first)} – {show_day(last)}"
    begin, end = row.starts_at.astimezone(zone), row.ends_at.astimezone(zone)
    return f"{show_day(begin.date())} {begin:%H:%M}–{_clock(end)}"


def _clock(end: datetime) -> str:
    return "24:00" if end.hour == end.minute == 0 else f"{end:%H:%M}"
