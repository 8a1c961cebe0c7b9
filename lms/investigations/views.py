"""The page of a deviation's course: where it stands, what comes next, and everything that was signed about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf import FlaskForm

from lms import clock
from lms.deviations import commands as deviations
from lms.deviations import rules
from lms.deviations.queries import DeviationFacts, deviation
from lms.identity.sessions import prove
from lms.investigations import commands, forms, queries
from lms.permissions import Actor, Permission, requires, viewer
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from lms.web.refused import blame, version_of
from lms.web.times import local_day

bp = Blueprint(
    "investigations", __name__, template_folder="../templates", url_prefix="/deviations/<uuid:deviation_id>/course"
)


@bp.get("")
@requires(Permission.DEVIATION_SEE)
def course(deviation_id: UUID) -> ResponseReturnValue:
    """Show how far a deviation has come, what may be done next, and what was signed."""
    return _page(deviation_id)


@bp.get("/signed")
@requires(Permission.DEVIATION_SEE)
def signed(deviation_id: UUID) -> ResponseReturnValue:
    """Give the record's page what was signed about it, fetched beside the page."""
    facts = deviation(viewer(), deviation_id)
    life = queries.life(viewer(), deviation_id)
    return render_template("lms/investigations/_signed.html", life=life, d=facts)


@bp.post("/containment")
@requires(Permission.DEVIATION_INVESTIGATE)
def contain(deviation_id: UUID) -> ResponseReturnValue:
    """Note what holds the deviation off for now."""
    form = forms.ContainForm()

    def change() -> None:
        zone = deviation(viewer(), deviation_id, Permission.DEVIATION_INVESTIGATE).zone
        run(
            commands.note_containment,
            viewer(),
            form.what.data,
            deviation_id,
            version=version_of(form),
            what=form.what.data,
            contained_at=form.contained_at.data.replace(tzinfo=ZoneInfo(zone)),
        )

    return _changed(deviation_id, "contain", form, change, _("Noted."), "what")


@bp.post("/investigation")
@requires(Permission.DEVIATION_INVESTIGATE)
def start(deviation_id: UUID) -> ResponseReturnValue:
    """Start the investigation, or go on with it, under somebody who leads it."""
    form = forms.StartForm()
    facts = deviation(viewer(), deviation_id, Permission.DEVIATION_INVESTIGATE)
    form.lead.choices = _leads(facts)

    def change() -> None:
        lead_id = UUID(form.lead.data)
        run(
            commands.start_investigation,
            viewer(),
            "investigation",
            deviation_id,
            version=version_of(form),
            lead_id=lead_id,
        )

    return _changed(deviation_id, "start", form, change, _("Under investigation. Its lead is told."), "lead")


@bp.post("/result")
@requires(Permission.DEVIATION_INVESTIGATE)
def result(deviation_id: UUID) -> ResponseReturnValue:
    """Record what the investigation found."""
    form = forms.ResultForm()
    form.offer()

    def change() -> None:
        run(
            commands.record_result,
            viewer(),
            form.finding.data,
            deviation_id,
            version=version_of(form),
            method=form.method.data,
            finding=form.finding.data,
            factors=form.factors.data or (),
            root_cause_class=form.root_cause_class.data,
            action_needed=form.action.data == "1",
            why_none=form.why_none.data or "",
        )

    return _changed(
        deviation_id, "result", form, change, _("Recorded. The recurrence rules have looked again."), "finding"
    )


@bp.post("/review")
@requires(Permission.DEVIATION_INVESTIGATE)
def send(deviation_id: UUID) -> ResponseReturnValue:
    """Send the deviation to QA's review."""
    form = forms.SendForm()

    def change() -> None:
        run(commands.send_to_review, viewer(), "to QA review", deviation_id, version=version_of(form))

    return _changed(deviation_id, "send", form, change, _("Sent to QA review."), "version")


@bp.post("/back")
@requires(Permission.DEVIATION_TRIAGE)
def send_back(deviation_id: UUID) -> ResponseReturnValue:
    """Send the deviation back to its investigation."""
    form = forms.SendBackForm()

    def change() -> None:
        run(
            commands.send_back,
            viewer(),
            form.reason.data,
            deviation_id,
            version=version_of(form),
            reason=form.reason.data,
        )

    return _changed(deviation_id, "back", form, change, _("Sent back. Its lead is told why."), "reason")


@bp.post("/reopening")
@requires(Permission.DEVIATION_TRIAGE)
def reopen(deviation_id: UUID) -> ResponseReturnValue:
    """Open a closed deviation again with a signature."""
    form = forms.ReasonForm()

    def change() -> None:
        given: dict[str, Any] = {"version": version_of(form), "reason": form.reason.data}
        run(commands.reopen_deviation, _proven(form), form.reason.data, deviation_id, **given)

    return _changed(deviation_id, "reopen", form, change, _("Signed. It is open again."), "reason")


@bp.post("/extension")
@requires(Permission.DEVIATION_TRIAGE)
def extend(deviation_id: UUID) -> ResponseReturnValue:
    """Sign a later day for closing."""
    form = forms.ExtendForm()

    def change() -> None:
        run(
            commands.extend_closing,
            _proven(form),
            form.reason.data,
            deviation_id,
            version=version_of(form),
            extended_to=form.extended_to.data,
            reason=form.reason.data,
            risk=form.risk.data,
        )

    return _changed(
        deviation_id, "extend", form, change, _("Signed. The first day stays on record and counts."), "reason"
    )


@bp.post("/downgrade")
@requires(Permission.DEVIATION_TRIAGE)
def downgrade(deviation_id: UUID) -> ResponseReturnValue:
    """Sign that the record is an event and no deviation."""
    form = forms.ReasonForm()

    def change() -> None:
        given: dict[str, Any] = {"version": version_of(form), "reason": form.reason.data}
        run(deviations.downgrade_to_event, _proven(form), form.reason.data, deviation_id, **given)

    return _changed(deviation_id, "downgrade", form, change, _("Signed. It stays on record as an event."), "reason")


def _proven(form: Any) -> Actor:  # noqa: ANN401 - any of the forms that sign
    return viewer().proven(prove(viewer(), form.password.data, current_user.session_started_at))


def _changed(
    deviation_id: UUID, name: str, form: FlaskForm, change: Callable[[], None], done: str, otherwise: str
) -> ResponseReturnValue:
    """Make the change and show the course, or show the refusal at its field with everything that was typed."""
    status = 422
    if form.validate_on_submit():
        try:
            change()
            flash(done)
            return redirect(url_for("investigations.course", deviation_id=deviation_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, otherwise)
    return _page(deviation_id, status, **{name: form})


def _leads(facts: DeviationFacts) -> list[tuple[str, str]]:
    found = queries.leads(facts.site_id, local_day(clock.now(), facts.zone))
    return [(str(person_id), name) for person_id, name in found]


def _page(deviation_id: UUID, status: int = 200, **submitted: FlaskForm) -> ResponseReturnValue:
    facts = deviation(viewer(), deviation_id)
    may_investigate = viewer().may(Permission.DEVIATION_INVESTIGATE, facts.site_id)
    may_start = may_investigate and rules.State.UNDER_INVESTIGATION in rules.FOLLOWING[facts.state]
    may_start = may_start and facts.state != rules.State.QA_REVIEW
    page = render_template(
        "lms/investigations/course.html",
        d=facts,
        life=queries.life(viewer(), deviation_id),
        forms=_forms(facts, may_start=may_start, submitted=submitted),
        may_investigate=may_investigate,
        may_start=may_start,
        may_triage=viewer().may(Permission.DEVIATION_TRIAGE, facts.site_id),
        may_follow={str(state) for state in rules.FOLLOWING[facts.state]},
        steps=_steps(facts),
        at=clock.now(),
        is_open=facts.state in rules.OPEN,
    )
    return page, status


def _forms(facts: DeviationFacts, *, may_start: bool, submitted: dict[str, FlaskForm]) -> dict[str, Any]:
    here = ZoneInfo(facts.zone)
    later = (facts.due_now or clock.now()).astimezone(here).date() + timedelta(days=14)
    known = {
        "method": facts.method,
        "finding": facts.finding,
        "root_cause_class": facts.root_cause_class,
        "factors": (facts.contributing_factors or "").split(),
        "action": None if facts.investigated_by_id is None else str(int(facts.action_needed or False)),
        "why_none": facts.why_no_action,
    }
    moment = (facts.contained_at or clock.now()).astimezone(here)
    made: dict[str, Any] = {
        "contain": forms.ContainForm(None, what=facts.containment, contained_at=moment),
        "start": forms.StartForm(None, lead=str(facts.lead_id or viewer().person_id)),
        "result": forms.ResultForm(None, data=known),
        "send": forms.SendForm(None),
        "back": forms.SendBackForm(None),
        "reopen": forms.ReasonForm(None),
        "extend": forms.ExtendForm(None, extended_to=later),
        "downgrade": forms.ReasonForm(None),
        **submitted,
    }
    made["result"].offer()
    if "start" not in submitted:
        made["start"].lead.choices = _leads(facts) if may_start else []
    for form in made.values():
        form.version.data = facts.version
    return made


#: The way of a deviation that is investigated, in order.
_WAY = (
    rules.State.REPORTED,
    rules.State.TRIAGED,
    rules.State.CONTAINED,
    rules.State.UNDER_INVESTIGATION,
    rules.State.CAPA_DEFINED,
    rules.State.QA_REVIEW,
    rules.State.CLOSED,
)


def _steps(facts: DeviationFacts) -> list[tuple[str, str]]:
    """Return the states on the way, each as ``done``, ``now`` or ``ahead``; what was passed over is left out."""
    state = rules.State.TRIAGED if facts.state == rules.State.REOPENED else facts.state
    if state not in _WAY:
        return []
    here = _WAY.index(rules.State(state))
    went_through = {
        rules.State.CONTAINED: facts.contained_at is not None,
        rules.State.UNDER_INVESTIGATION: facts.investigation_started_at is not None,
        rules.State.CAPA_DEFINED: facts.method is not None,
        rules.State.QA_REVIEW: facts.method is not None,
    }
    done = [(str(step), "done") for step in _WAY[:here] if went_through.get(step, True)]
    return [*done, (facts.state, "now"), *((str(step), "ahead") for step in _WAY[here + 1 :])]
