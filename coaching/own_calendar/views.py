"""The page of one's own calendar, the files of other calendars that count there, and the feed for calendar programs."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from coaching.calendar_exchange import commands as exchange
from coaching.calendar_exchange.queries import OwnCalendarRow, own_calendar, own_calendars, spans_of
from coaching.own_calendar import commands, queries, rules
from coaching.own_calendar.feed import feed_text
from coaching.own_calendar.forms import OwnCalendarForm
from coaching.replies.queries import next_appointments
from lms import clock
from lms.calendar_files.reading import LARGEST
from lms.permissions import PUBLIC, Permission, requires, viewer
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from lms.web.refused import blame
from lms.web.times import local_day

bp = Blueprint("own_calendar", __name__, template_folder="../templates")
#: Spans shown of a file before it is taken in.
SHOWN = 40


@bp.get("/my/calendar")
@requires(Permission.OWN_RECORD_SEE)
def page() -> ResponseReturnValue:
    """Show what is planned with the reader, which calendars count, and whether there is a feed."""
    return _page()


def _page(status: int = 200, *, form: FlaskForm | None = None, address: str | None = None) -> ResponseReturnValue:
    reader = viewer()
    person_id = reader.person_id
    page = render_template(
        "coaching/own_calendar.html",
        rows=next_appointments(reader, clock.now()),
        calendars=[row for row in own_calendars(reader) if row.taken_in_at is not None],
        feed_since=queries.feed_since(person_id) if person_id is not None else None,
        form=form or OwnCalendarForm(None),
        address=address,
    )
    return page, status


@bp.post("/my/calendar/feed")
@requires(Permission.OWN_RECORD_SEE)
def make_feed() -> ResponseReturnValue:
    """Make the address of the feed, or a new one in its place, and show it once."""
    secret = run(commands.make_calendar_feed, viewer(), "made on the page")
    return _page(address=url_for("own_calendar.feed", secret=secret, _external=True))


@bp.post("/my/calendar/feed/end")
@requires(Permission.OWN_RECORD_SEE)
def end_feed() -> ResponseReturnValue:
    """End the address of the feed."""
    run(commands.end_calendar_feed, viewer(), "ended on the page")
    flash(_("Ended. The address opens nothing any more."))
    return redirect(url_for(".page"))


@bp.post("/people/<uuid:person_id>/calendar-feed/end")
@requires(Permission.PEOPLE_MANAGE)
def end_feed_of(person_id: UUID) -> ResponseReturnValue:
    """End somebody's feed for them."""
    run(commands.end_calendar_feed_of, viewer(), "ended on the page of the person", person_id)
    flash(_("Ended. The address opens nothing any more."))
    return redirect(url_for("people.person", person_id=person_id))


@bp.post("/my/calendar/files")
@requires(Permission.OWN_RECORD_SEE)
def look() -> ResponseReturnValue:
    """Read a calendar file and show what it would take, before any of it counts."""
    form, status = OwnCalendarForm(), 422
    if form.validate_on_submit():
        try:
            seen = run(
                exchange.look_at_own_calendar,
                viewer(),
                "looked at on the page",
                name=form.name.data or "",
                data=form.file.data.read(LARGEST + 1),
            )
            return redirect(url_for(".looked_at", calendar_id=seen.id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "file")
    return _page(status, form=form)


@bp.get("/my/calendar/files/<uuid:calendar_id>")
@requires(Permission.OWN_RECORD_SEE)
def looked_at(calendar_id: UUID) -> ResponseReturnValue:
    """Show what a file takes of its owner's time, and what of it is refused."""
    row = own_calendar(viewer(), calendar_id)
    return render_template(
        "coaching/own_calendar_file.html", c=row, spans=spans_of(row.id, SHOWN), shown=SHOWN, older=_older(row)
    )


def _older(row: OwnCalendarRow) -> OwnCalendarRow | None:
    same = (other for other in own_calendars(viewer()) if other.name == row.name and other.id != row.id)
    return next(same, None) if row.taken_in_at is None else None


@bp.post("/my/calendar/files/<uuid:calendar_id>/take-in")
@requires(Permission.OWN_RECORD_SEE)
def take_in(calendar_id: UUID) -> ResponseReturnValue:
    """Let the times of a file count."""
    run(exchange.take_in_own_calendar, viewer(), "taken in on the page", calendar_id)
    flash(_("Taken in. No review is planned at these times."))
    return redirect(url_for(".page"))


@bp.post("/my/calendar/files/<uuid:calendar_id>/forget")
@requires(Permission.OWN_RECORD_SEE)
def forget(calendar_id: UUID) -> ResponseReturnValue:
    """Forget a file and all its times."""
    run(exchange.forget_own_calendar, viewer(), "forgotten on the page", calendar_id)
    flash(_("Forgotten. Nothing of it is kept."))
    return redirect(url_for(".page"))


@bp.get("/calendar/<secret>.ics")
@requires(PUBLIC)
def feed(secret: str) -> ResponseReturnValue:
    """Hand the owner's appointments to whoever knows the secret; 410 and nothing else once the owner has left."""
    owner = queries.owner_of(rules.hash_of(secret))
    if owner is None:
        abort(404)
    now = clock.now()
    headers = {"Referrer-Policy": "no-referrer"}
    if rules.has_left(owner.left_on, local_day(now, owner.zone)):
        return Response(status=410, headers=headers)
    rows = queries.shown_in_feed(owner.person_id, now)
    base_url = current_app.config["SETTINGS"].base_url
    text = feed_text(rows, made_at=now, name=_("Candor"), summary=_("Coaching review"), base_url=base_url)
    answer = Response(text, mimetype="text/calendar", headers=headers)
    # weak: DTSTAMP is the moment of asking, what is shown is the same
    answer.set_etag(rules.tag_of(rows), weak=True)
    return answer.make_conditional(request)
