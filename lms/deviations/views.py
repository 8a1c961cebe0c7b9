"""Pages of deviations: list, record, triage desk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from lms import clock
from lms.coding.forms import coded
from lms.deviations import commands, desk_queries, exports, forms, queries, rules
from lms.deviations.filters import Filters
from lms.deviations.report_views import further_of
from lms.exports.download import download
from lms.identity.sessions import prove
from lms.network.queries import teams
from lms.permissions import Permission, Proof, requires, viewer
from lms.recurrences import commands as recurrences
from lms.recurrences.queries import NetworkMatch, RecurrenceRow, network_matches, recurrences_of
from lms.recurrences.rules import WINDOW_DAYS, Decision, Occurrence
from lms.recurrences.similar import Alike, similar
from lms.refusals import NotAllowed
from lms.site_fields.queries import fields_of, typed
from lms.unit_of_work import run
from lms.web import labels
from lms.web.refused import blame, version_of
from lms.web.slots import filled
from lms.web.times import local_day, show_day, start_of_day
from lms.web.typed import page_asked

bp = Blueprint("deviations", __name__, template_folder="../templates")

# -- list and record ---------------------------------------------------------------------------------------------------


@bp.get("/deviations")
@requires(Permission.DEVIATION_SEE)
def index() -> ResponseReturnValue:
    """List deviations, narrowed by the address (``lms.deviations.filters`` says by what)."""
    filters = Filters.of(request.args)
    page = page_asked()
    now = clock.now()
    total, rows = queries.count_and_list(viewer(), filters, page, now=now)
    return render_template(
        "lms/deviations/list.html",
        filters=filters,
        total=total,
        rows=rows,
        at=now,
        page=page,
        pages=-(-total // queries.PAGE_SIZE),
        places=queries.places(viewer(), filters.network),
        choices=labels.choices,
        may_triage=viewer().may(Permission.DEVIATION_TRIAGE),
        shown={name: value for name, value in filters.as_query().items() if name not in _IN_THE_BAR},
    )


#: Filters that have a control above the list; the others came with the address and are shown beside it.
_IN_THE_BAR = frozenset(
    {
        "network",
        "site",
        "team",
        "state",
        "severity",
        "recurrence",
        "self_reported",
        "overdue",
        "from",
        "to",
        "known_on",
        "q",
    }
)


@bp.get("/deviations.<any(csv, xlsx):file_type>")
@requires(Permission.DEVIATION_SEE)
def export(file_type: str) -> ResponseReturnValue:
    """Hand out the list with the same filters as on the page, all of it."""
    rows = queries.rows(viewer(), Filters.of(request.args), now=clock.now())
    return download(file_type, "deviations", exports.HEADINGS, exports.cells(rows))


@bp.get("/deviations/<uuid:deviation_id>")
@requires(Permission.DEVIATION_SEE)
def record(deviation_id: UUID) -> ResponseReturnValue:
    """Show one deviation: its facts, what it repeats, who signed, and what other rooms know about it."""
    return _record(deviation_id, forms.CloseForm(None), 200)


def _record(deviation_id: UUID, close: forms.CloseForm, status: int) -> ResponseReturnValue:
    facts = queries.deviation(viewer(), deviation_id)
    close.offer()
    if not close.is_submitted():
        close.root_cause_class.data = facts.root_cause_class
    close.version.data = facts.version
    panels = filled("deviation.panels", viewer=viewer(), deviation_id=deviation_id)
    return (
        render_template(
            "lms/deviations/record.html",
            d=facts,
            matches=recurrences_of(viewer(), deviation_id),
            close=close,
            panels=sorted(panels, key=lambda panel: panel.order),
            day_of=lambda at: local_day(at, facts.zone),
            late=rules.is_late(facts.occurred_at, facts.recorded_at),
            at=clock.now(),
            is_open=facts.state in rules.OPEN,
            may_triage=viewer().may(Permission.DEVIATION_TRIAGE, facts.site_id),
            may_classify=facts.state in rules.CLASSIFIABLE and viewer().may(Permission.DEVIATION_TRIAGE, facts.site_id),
            may_investigate=viewer().may(Permission.DEVIATION_INVESTIGATE, facts.site_id),
            may_close=rules.State.CLOSED in rules.FOLLOWING[facts.state]
            and (facts.state == rules.State.QA_REVIEW or facts.severity == "minor"),
        ),
        status,
    )


@bp.post("/deviations/<uuid:deviation_id>/close")
@requires(Permission.DEVIATION_TRIAGE)
def close(deviation_id: UUID) -> ResponseReturnValue:
    """Close a deviation with a signature."""
    form = forms.CloseForm()
    form.offer()
    status = 422
    if form.validate_on_submit():
        try:
            proof = prove(viewer(), form.password.data, current_user.session_started_at)
            run(
                commands.close_deviation,
                viewer().proven(proof),
                form.reason.data or "root cause confirmed",
                deviation_id,
                version=version_of(form),
                root_cause_class=form.root_cause_class.data,
                reason=form.reason.data or "",
            )
            flash(_("Signed and closed."))
            return redirect(url_for("deviations.record", deviation_id=deviation_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "root_cause_class")
    return _record(deviation_id, form, status)


@bp.route("/deviations/<uuid:deviation_id>/people", methods=["GET", "POST"])
@requires(Permission.DEVIATION_TRIAGE)
def people(deviation_id: UUID) -> ResponseReturnValue:
    """Name who was at the bench: a page of its own, for QA of the site, and nowhere else."""
    facts = queries.deviation(viewer(), deviation_id, Permission.DEVIATION_TRIAGE)
    form = forms.PersonForm()
    form.person.choices = [(str(person_id), name) for person_id, name in queries.people_at(viewer(), facts.site_id)]
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            person_id = UUID(form.person.data)
            run(commands.name_person_involved, viewer(), form.reason.data, deviation_id, person_id=person_id)
            flash(_("Noted. Only QA of this site sees it."))
            return redirect(url_for("deviations.people", deviation_id=deviation_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "person")
    involved = queries.people_involved(viewer(), deviation_id)
    return render_template("lms/deviations/people.html", d=facts, form=form, involved=involved), status


# -- the triage desk ---------------------------------------------------------------------------------------------------


@bp.get("/deviations/triage")
@requires(Permission.DEVIATION_TRIAGE)
def desk() -> ResponseReturnValue:
    """Open the desk at what has the least time left."""
    now = clock.now()
    waiting = desk_queries.queue(viewer(), since=start_of_day(local_day(now, viewer().zone), viewer().zone))
    if waiting.next is None:
        return render_template("lms/deviations/desk_empty.html")
    return redirect(url_for("deviations.triage", deviation_id=waiting.next.id))


@bp.route("/deviations/<uuid:deviation_id>/triage", methods=["GET", "POST"])
@requires(Permission.DEVIATION_TRIAGE)
def triage(deviation_id: UUID) -> ResponseReturnValue:
    """Classify one deviation beside its story."""
    facts = queries.deviation(viewer(), deviation_id, Permission.DEVIATION_TRIAGE)
    form = forms.TriageForm(data=_classified(facts)) if request.method == "GET" else forms.TriageForm()
    form.offer(_teams_of(facts.site_id))
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            batch_id = queries.batch_of_number(form.batch.data, facts.site_id) if form.batch.data else None
            run(
                commands.triage_deviation,
                viewer(),
                form.severity_rationale.data,
                deviation_id,
                version=version_of(form),
                process_step=form.process_step.data,
                category=form.category.data,
                kind=form.kind.data,
                root_cause_class=form.root_cause_class.data,
                detection_channel=form.detection_channel.data,
                severity=form.severity.data,
                severity_rationale=form.severity_rationale.data,
                team_id=UUID(form.team.data) if form.team.data else None,
                batch_id=batch_id,
                answer=form.answer.data or "",
                further=further_of(form, facts.zone),
                own=typed(fields_of(facts.site_id), request.form),
                coding=form.coding,
            )
            flash(_("Classified. The recurrence rule has looked again."))
            return redirect(url_for("deviations.triage", deviation_id=deviation_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "process_step")
            facts = queries.deviation(viewer(), deviation_id, Permission.DEVIATION_TRIAGE)
            form.version.data = facts.version
    return _desk(facts, status, form=form)


@bp.post("/deviations/<uuid:deviation_id>/duplicate")
@requires(Permission.DEVIATION_TRIAGE)
def duplicate(deviation_id: UUID) -> ResponseReturnValue:
    """Reject a record of an event that is recorded already."""
    form = forms.DuplicateForm()
    status = 422
    if form.validate_on_submit():
        try:
            run(
                commands.reject_as_duplicate,
                viewer(),
                f"same event as {form.of_number.data}",
                deviation_id,
                version=version_of(form),
                of_number=form.of_number.data,
            )
            flash(_("Rejected as the same event. Both records stay."))
            return redirect(url_for("deviations.desk"))
        except NotAllowed as refusal:
            status = blame(form, refusal, "of_number")
    return _desk(queries.deviation(viewer(), deviation_id, Permission.DEVIATION_TRIAGE), status, duplicate=form)


@bp.post("/deviations/<uuid:deviation_id>/recurrences/<uuid:recurrence_id>")
@requires(Permission.RECURRENCE_DECIDE)
def decide(deviation_id: UUID, recurrence_id: UUID) -> ResponseReturnValue:
    """Sign the decision whether it is the same one again."""
    form = forms.DecisionForm()
    return _decided(
        deviation_id,
        recurrence_id,
        form,
        lambda proof: run(
            recurrences.decide_recurrence,
            viewer().proven(proof),
            form.reason.data,
            recurrence_id,
            version=version_of(form),
            decision=form.decision.data,
            reason=form.reason.data,
        ),
    )


@bp.post("/deviations/<uuid:deviation_id>/elsewhere/<uuid:earlier_id>")
@requires(Permission.RECURRENCE_DECIDE)
def decide_elsewhere(deviation_id: UUID, earlier_id: UUID) -> ResponseReturnValue:
    """Sign the decision whether another site has had the same one: QA of the control site, who answers for both."""
    form = forms.DecisionForm()
    return _decided(
        deviation_id,
        earlier_id,
        form,
        lambda proof: run(
            recurrences.decide_network_match,
            viewer().proven(proof),
            form.reason.data,
            deviation_id,
            earlier_id=earlier_id,
            version=version_of(form),
            decision=form.decision.data,
            reason=form.reason.data,
        ),
    )


def _decided(
    deviation_id: UUID, match_id: UUID, form: forms.DecisionForm, decide: Callable[[Proof], object]
) -> ResponseReturnValue:
    status = 422
    if form.validate_on_submit():
        try:
            decide(prove(viewer(), form.password.data, current_user.session_started_at))
            flash(_("Signed. The decision counts from now on."))
            return redirect(url_for("deviations.triage", deviation_id=deviation_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "reason")
    facts = queries.deviation(viewer(), deviation_id, Permission.DEVIATION_TRIAGE)
    return _desk(facts, status, decision=form, decision_on=match_id)


@bp.get("/deviations/<uuid:deviation_id>/preview")
@requires(Permission.DEVIATION_TRIAGE)
def preview(deviation_id: UUID) -> ResponseReturnValue:
    """Show what the rules would find with the classification as it stands in the form."""
    codes = {name: request.args.get(name, "") for name in ("process_step", "category", "root_cause_class")}
    found = desk_queries.preview(viewer(), deviation_id, **codes)
    return render_template("lms/deviations/_preview.html", found=found, window=WINDOW_DAYS)


@bp.get("/deviations/<uuid:deviation_id>/elsewhere")
@requires(Permission.DEVIATION_TRIAGE)
def elsewhere(deviation_id: UUID) -> ResponseReturnValue:
    """Show, beside the desk, where else in the network the same has been and what reads alike."""
    facts = queries.deviation(viewer(), deviation_id, Permission.DEVIATION_TRIAGE)
    return render_template("lms/deviations/_elsewhere.html", d=facts, elsewhere=_elsewhere(facts), window=WINDOW_DAYS)


@dataclass(frozen=True, slots=True)
class _Elsewhere:
    """What stands beside the desk: matches with other sites, records that read alike, and a decision that was refused."""

    #: The nearest of the other sites, and those that somebody decided on or decides on now.
    matches: list[NetworkMatch]
    #: How many sites there are in all.
    sites: int
    alike: list[Alike]
    decision: forms.DecisionForm
    decision_on: UUID | None


def _elsewhere(
    facts: queries.DeviationFacts, decision: forms.DecisionForm | None = None, on: UUID | None = None
) -> _Elsewhere:
    this = Occurrence(
        facts.id, facts.site_id, facts.process_step, facts.category, facts.root_cause_class, facts.occurred_at
    )
    matches = network_matches(viewer(), this)
    named = {match.earlier_id for match in matches}
    alike = [record for record in similar(viewer(), this, facts.description) if record.id not in named]
    shown = [
        match
        for place, match in enumerate(matches)
        if place < _SITES_SHOWN or match.decision != Decision.PROPOSED or (on is not None and match.earlier_id == on)
    ]
    return _Elsewhere(shown, len(matches), alike, decision or forms.DecisionForm(None), on)


#: Other sites that are listed beside the desk; the rest is counted.
_SITES_SHOWN = 10


def _desk(
    facts: queries.DeviationFacts,
    status: int,
    *,
    form: forms.TriageForm | None = None,
    duplicate: forms.DuplicateForm | None = None,
    decision: forms.DecisionForm | None = None,
    decision_on: UUID | None = None,
) -> ResponseReturnValue:
    now = clock.now()
    if form is None:
        form = forms.TriageForm(None, data=_classified(facts))
        form.offer(_teams_of(facts.site_id))
    duplicate = duplicate or forms.DuplicateForm(None)
    duplicate.version.data = facts.version
    matches = recurrences_of(viewer(), facts.id)
    decided_elsewhere = decision is not None and decision_on not in {match.id for match in matches}
    page = render_template(
        "lms/deviations/desk.html",
        d=facts,
        form=form,
        duplicate=duplicate,
        decisions=_decision_forms(matches, decision, decision_on),
        elsewhere=_elsewhere(facts, decision, decision_on) if decided_elsewhere else None,
        matches=matches,
        at=now,
        queue=desk_queries.queue(viewer(), since=start_of_day(local_day(now, viewer().zone), viewer().zone)),
        late=rules.is_late(facts.occurred_at, facts.recorded_at),
        may_classify=facts.state in rules.CLASSIFIABLE,
        own=fields_of(facts.site_id) if form.is_submitted() else None,
        is_open=facts.state in rules.OPEN,
        window=WINDOW_DAYS,
        left=_left,
        day_of=lambda moment: local_day(moment, facts.zone),
    )
    return page, status


def _decision_forms(
    matches: list[RecurrenceRow], submitted: forms.DecisionForm | None, on: UUID | None
) -> dict[UUID, forms.DecisionForm]:
    """Return a form for each match that is decided here; the submitted one keeps what was typed."""
    found = {}
    for match in matches:
        form = submitted if submitted is not None and match.id == on else forms.DecisionForm(None)
        form.version.data = match.version
        found[match.id] = form
    return found


def _classified(facts: queries.DeviationFacts) -> dict[str, Any]:
    names = (
        "version",
        "process_step",
        "category",
        "kind",
        "detection_channel",
        "severity",
        "severity_rationale",
        "root_cause_class",
        "answer",
        "area",
        "subcategory",
        "detected_by_role",
        "patient_impact",
        "batch_disposition",
    )
    values = {name: getattr(facts, name) for name in names}
    if facts.detected_at is not None:
        values["detected_at"] = facts.detected_at.astimezone(ZoneInfo(facts.zone))
    return {**values, **coded(facts.coding), "team": str(facts.team_id or ""), "batch": facts.batch_number or ""}


def _teams_of(site_id: UUID) -> list[tuple[str, str]]:
    return [(str(team.id), team.name) for team in teams(viewer(), Permission.DEVIATION_TRIAGE, site_id)]


def _left(due: datetime | None, now: datetime) -> str:
    """Return how much time is left, in the largest unit that helps."""
    if due is None:
        return ""
    minutes = int((due - now).total_seconds() // 60)
    if minutes < 0:
        return str(_("overdue"))
    if minutes < 60:
        return str(_("%(count)s min left", count=minutes))
    if minutes < 24 * 60:
        return str(_("%(count)s h left", count=minutes // 60))
    return str(_("due %(day)s", day=show_day(local_day(due, viewer().zone))))
