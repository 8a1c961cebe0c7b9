"""Pages of site calendars: the holidays of a site, by hand and by file."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_wtf import FlaskForm

from lms import clock
from lms.calendars import commands, forms, queries, rules
from lms.exports.download import download
from lms.imports.reading import read_table
from lms.network.queries import SiteRow, sites
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run
from lms.web.refused import blame
from lms.web.times import local_day

bp = Blueprint("calendars", __name__, template_folder="../templates", url_prefix="/calendars")


@bp.get("")
@requires(Permission.NETWORK_SEE)
def index() -> ResponseReturnValue:
    """List the sites with a calendar within reach."""
    return render_template("lms/calendars/index.html", sites=sites(viewer(), Permission.NETWORK_SEE))


@bp.get("/<uuid:site_id>")
@requires(Permission.NETWORK_SEE)
def calendar(site_id: UUID) -> ResponseReturnValue:
    """Show the holidays of a site from the beginning of this year on."""
    return _page(site_id)


@bp.get("/<uuid:site_id>.<any(csv, xlsx):file_type>")
@requires(Permission.NETWORK_SEE)
def export(site_id: UUID, file_type: str) -> ResponseReturnValue:
    """Hand out the holidays of a site, in the form in which a file of them is taken in."""
    site = _site(site_id)
    rows = queries.holidays(viewer(), site_id, _new_year(site))
    return download(file_type, f"holidays-{site.code}", ("day", "name"), [(row.day, row.name) for row in rows])


@bp.post("/<uuid:site_id>")
@requires(Permission.CALENDAR_MANAGE)
def note(site_id: UUID) -> ResponseReturnValue:
    """Note one holiday."""
    form = forms.HolidayForm()
    status = 422
    if form.validate_on_submit():
        try:
            run(
                commands.note_holidays,
                viewer(),
                "holiday",
                site_id,
                holidays={form.day.data: form.name.data},
            )
            flash(_("Noted. Clocks set from now on leave this day out."))
            return redirect(url_for("calendars.calendar", site_id=site_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "day")
    return _page(site_id, status, note=form)


@bp.post("/<uuid:site_id>/file")
@requires(Permission.CALENDAR_MANAGE)
def take_in(site_id: UUID) -> ResponseReturnValue:
    """Note the holidays of a file, all of them or none."""
    form = forms.HolidayFileForm()
    status = 422
    if form.validate_on_submit():
        try:
            site, data = _site(site_id), form.file.data.read()
            if rules.is_calendar(data):
                found = rules.holidays_in(data, site.zone, local_day(clock.now(), site.zone))
                return _page(site_id, 200, found=found)
            table = read_table(data, form.file.data.filename or "")
            lines = [(row.line, row.cells) for row in table.rows]
            holidays = rules.holidays_of(table.columns, lines, local_day(clock.now(), site.zone))
            changed = run(commands.note_holidays, viewer(), f"file {table.name}", site_id, holidays=holidays)
            flash(ngettext("%(num)s day is new or changed.", "%(num)s days are new or changed.", changed))
            return redirect(url_for("calendars.calendar", site_id=site_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "file")
    return _page(site_id, status, file=form)


@bp.post("/<uuid:site_id>/found")
@requires(Permission.CALENDAR_MANAGE)
def take_in_found(site_id: UUID) -> ResponseReturnValue:
    """Note the holidays that were found in a calendar file and looked at."""
    form = forms.FoundForm()
    status = 422
    try:
        site = _site(site_id)
        holidays = rules.confirmed(form.days.data or "", local_day(clock.now(), site.zone))
        changed = run(commands.note_holidays, viewer(), "calendar file", site_id, holidays=holidays)
        flash(ngettext("%(num)s day is new or changed.", "%(num)s days are new or changed.", changed))
        return redirect(url_for("calendars.calendar", site_id=site_id))
    except NotAllowed as refusal:
        file = forms.HolidayFileForm(None)
        status = blame(file, refusal, "file")
    return _page(site_id, status, file=file)


@bp.post("/<uuid:site_id>/<uuid:holiday_id>/strike-out")
@requires(Permission.CALENDAR_MANAGE)
def strike_out(site_id: UUID, holiday_id: UUID) -> ResponseReturnValue:
    """Strike out a holiday that was noted wrongly."""
    version = request.form.get("version", 0, type=int)
    run(commands.strike_out_holiday, viewer(), "the site works on this day", holiday_id, version=version)
    flash(_("Struck out. It stays on record."))
    return redirect(url_for("calendars.calendar", site_id=site_id))


def _site(site_id: UUID) -> SiteRow:
    found = next((site for site in sites(viewer(), Permission.NETWORK_SEE) if site.id == site_id), None)
    if found is None:
        raise NotFound("There is no such site among yours.")
    return found


def _new_year(site: SiteRow) -> date:
    return local_day(clock.now(), site.zone).replace(month=1, day=1)


def _page(
    site_id: UUID, status: int = 200, *, found: rules.Found | None = None, **submitted: FlaskForm
) -> ResponseReturnValue:
    site = _site(site_id)
    page = render_template(
        "lms/calendars/calendar.html",
        site=site,
        rows=queries.holidays(viewer(), site_id, _new_year(site)),
        may_manage=viewer().may(Permission.CALENDAR_MANAGE, site_id),
        found=found,
        confirm=forms.FoundForm(None, days=rules.as_text(found.holidays)) if found else None,
        note=submitted.get("note") or forms.HolidayForm(None),
        file=submitted.get("file") or forms.HolidayFileForm(None),
    )
    return page, status
