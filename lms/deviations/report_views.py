"""Pages of whoever raises something: the report, its receipt, and what QA answered."""

from __future__ import annotations

from dataclasses import fields
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from lms import clock
from lms.answers.commands import report_deviation
from lms.answers.rules import moments
from lms.calendars.queries import free_days
from lms.deviations import forms, report_queries, rules
from lms.ids import new_id
from lms.network.queries import sites
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed, NotFound
from lms.site_fields.queries import fields_of, typed
from lms.unit_of_work import run
from lms.web.times import local_day

bp = Blueprint("reports", __name__, template_folder="../templates")


@bp.route("/good-catch", methods=["GET", "POST"])
@requires(Permission.DEVIATION_RAISE)
def new() -> ResponseReturnValue:
    """Take a report at the bench: four fields, a minute."""
    places = sites(viewer(), Permission.DEVIATION_RAISE)
    places.sort(key=lambda place: place.id != current_user.site_id)
    if not places:
        raise NotFound(_("There is no site for which you may report. Ask your administrator."))
    form = forms.RaiseForm()
    form.offer([(str(place.id), place.name) for place in places])
    place = next((place for place in places if str(place.id) == form.site.data), places[0])
    own = fields_of(place.id)
    records_for_others = viewer().may(Permission.DEVIATION_SEE)
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        extra = {"kind": form.kind.data, "detection_channel": form.detection_channel.data} if records_for_others else {}
        try:
            raised = run(
                report_deviation,
                viewer(),
                "reported",
                site_id=place.id,
                description=form.description.data,
                process_step=form.process_step.data or "",
                occurred_at=form.occurred_at.data.replace(tzinfo=ZoneInfo(place.zone)),
                immediate_action=form.immediate_action.data or "",
                late_reason=form.late_reason.data or "",
                own=typed(own, request.form),
                further=further_of(form, place.zone) if records_for_others else None,
                draft=_draft(form.draft.data),
                **{name: code for name, code in extra.items() if code},
            )
            return redirect(url_for("reports.received", deviation_id=raised.id, draft=_draft(form.draft.data)))
        except NotAllowed as refusal:
            if isinstance(refusal, NotFound):
                raise
            form[refusal.field if refusal.field in form else "description"].errors = [_(str(refusal))]
            status = 422
    elif request.method == "GET":
        form.occurred_at.data = clock.now().astimezone(ZoneInfo(place.zone))
        form.draft.data = str(new_id())
    page = "lms/deviations/report.html"
    return render_template(
        page, form=form, own=own, several=len(places) > 1, for_others=records_for_others, place=place
    ), status


def further_of(form: forms.FurtherFields, zone: str) -> rules.Further:
    """Return what was said further in a form; its moment is one at the site."""
    given: dict[str, Any] = {field.name: form[field.name].data for field in fields(rules.Further) if field.name in form}
    found = given.get("detected_at")
    return rules.Further(**{**given, "detected_at": found.replace(tzinfo=ZoneInfo(zone)) if found else None})


@bp.get("/good-catch/<uuid:deviation_id>")
@requires(Permission.DEVIATION_RAISE)
def received(deviation_id: UUID) -> ResponseReturnValue:
    """Tell the reporter the number, and by when QA answers."""
    report = report_queries.own_report(viewer(), deviation_id)
    answer_by = report.answer_by
    if answer_by is None:
        free = free_days(report.site_id, local_day(report.recorded_at, report.zone))
        answer_by = moments(report.recorded_at, report.zone, free).due_at
    draft = _draft(request.args.get("draft"))
    return render_template("lms/deviations/received.html", report=report, answer_by=answer_by, draft=draft)


@bp.get("/deviations/mine")
@requires(Permission.DEVIATION_RAISE)
def mine() -> ResponseReturnValue:
    """Show what the reader raised and what QA answered."""
    return render_template("lms/deviations/mine.html", reports=report_queries.own_reports(viewer()))


def _draft(given: str | None) -> UUID | None:
    """Return the id of the draft that a report was sent from; None where the device kept none."""
    try:
        return UUID(given or "")
    except ValueError:
        return None
