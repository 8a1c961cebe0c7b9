"""Pages about qualifications: one's own, anybody's at any moment with the evidence, granting, pausing and withdrawing."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from flask import Blueprint, Response, flash, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from assessments.qualifications import commands as records
from assessments.qualifications.granting import due
from assessments.qualifications.rules import Decision, decide
from assessments.standing import commands, queries
from assessments.standing.exports import as_file
from assessments.standing.forms import AskForm, GrantForm, PauseForm, ReasonForm
from assessments.standing.queries import Case
from assessments.training.moments import read_moment
from assessments.training.queries import tasks
from assessments.words import answer_of
from lms import clock
from lms.identity.sessions import prove
from lms.network.queries import sites
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run
from lms.web.labels import choices

bp = Blueprint("standing", __name__, template_folder="../templates")


@bp.get("/my-qualifications")
@requires(Permission.OWN_RECORD_SEE)
def mine() -> ResponseReturnValue:
    """Show what the reader is qualified for, until when, and what runs out first."""
    now = clock.now()
    return render_template("assessments/my_qualifications.html", rows=queries.own_standings(viewer(), now), present=now)


@bp.get("/qualified")
@requires(Permission.QUALIFICATION_SEE)
def ask() -> ResponseReturnValue:
    """Ask whether somebody was qualified for a task at a site at a moment."""
    form = AskForm(request.args)
    places = sites(viewer(), Permission.QUALIFICATION_SEE)
    form.task.choices = [("", "–"), *((str(task.id), task.title) for task in tasks())]
    form.site.choices = [("", _("the person's own site")), *((str(site.id), site.name) for site in places)]
    people: list[queries.Worker] = []
    if "person" in request.args and form.validate():
        people = queries.find_person(viewer(), form.person.data or "")
        chosen = next((w for w in people if str(w.person_id) == request.args.get("which")), None)
        person = people[0] if len(people) == 1 else chosen
        site = next((site for site in places if str(site.id) == form.site.data), None)
        if person is None and not people:
            form.person.errors = [_("Nobody of that name or number works at your sites.")]
        if person is not None:
            zone = site.zone if site else person.zone
            try:
                at = read_moment(form.at.data, zone) if form.at.data else clock.now()
            except NotAllowed as refusal:
                form.at.errors = [_(str(refusal))]
            else:
                return redirect(
                    _address(person.person_id, UUID(form.task.data), site.id if site else person.site_id, at=_stamp(at))
                )
    status = 422 if form.errors else 200
    return render_template("assessments/ask.html", form=form, people=people, args=request.args), status


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _address(person_id: UUID, task_id: UUID, site_id: UUID, at: str | None = None) -> str:
    return url_for("standing.answer", person_id=person_id, task_id=task_id, site_id=site_id, at=at)


def _case(person_id: UUID, task_id: UUID, site_id: UUID) -> tuple[Case, Decision]:
    """Return the case and its decision at the moment asked for. Raises ``NotFound`` outside the reader's sites."""
    own = person_id == viewer().person_id
    if not own and not viewer().may(Permission.QUALIFICATION_SEE, site_id):
        raise NotFound("There is no such person at your sites.")
    now = clock.now()
    asked = request.args.get("at")
    at = read_moment(asked, viewer().zone) if asked else now
    if at > now:
        raise NotAllowed(_("This moment lies in the future. Ask about now, or about a moment that has been."))
    case = queries.case_of(person_id, task_id, site_id, at, now=now)
    if not case.belongs:
        raise NotFound("There is no such person at this site.")
    return case, decide(case.facts, at, known_until=now)


@bp.get("/qualifications/<uuid:person_id>/<uuid:task_id>/<uuid:site_id>")
@requires(Permission.HOME_SEE)
def answer(person_id: UUID, task_id: UUID, site_id: UUID) -> ResponseReturnValue:
    """Answer with the evidence: versions in force, training, runs and assessors, grant, signatures, and what came later.

    Everybody may ask about themself, and whoever may see the qualifications of the site about others.
    """
    case, decision = _case(person_id, task_id, site_id)
    sentence = answer_of(
        decision, name=case.worker.name, task=case.task.title, site=case.worker.site_name, now="at" not in request.args
    )
    if request.headers.get("HX-Request"):
        return render_template("assessments/_cell.html", case=case, d=decision, sentence=sentence)
    return render_template("assessments/answer.html", case=case, d=decision, sentence=sentence)


@bp.get("/qualifications/<uuid:person_id>/<uuid:task_id>/<uuid:site_id>/evidence.json")
@requires(Permission.QUALIFICATION_SEE)
def evidence(person_id: UUID, task_id: UUID, site_id: UUID) -> ResponseReturnValue:
    """Hand the answer out as a file for another system."""
    case, decision = _case(person_id, task_id, site_id)
    response: Response = make_response(jsonify(as_file(case, decision)))
    name = f"{case.worker.employee_no}-{case.task.code}-{case.site_code}.json"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@bp.route("/qualifications/<uuid:person_id>/<uuid:task_id>/<uuid:site_id>/grant", methods=["GET", "POST"])
@requires(Permission.QUALIFICATION_GRANT)
def grant(person_id: UUID, task_id: UUID, site_id: UUID) -> ResponseReturnValue:
    """Show what a grant would rest on, and sign it."""
    form, now = GrantForm(), clock.now()
    if not viewer().may(Permission.QUALIFICATION_GRANT, site_id):
        raise NotFound("There is no such person at your sites.")
    if form.validate_on_submit():
        try:
            signer = viewer().proven(prove(viewer(), form.password.data or ""))
            run(
                commands.grant_due_qualification,
                signer,
                "qualification granted",
                person_id=person_id,
                task_id=task_id,
                site_id=site_id,
            )
        except NotAllowed as refusal:
            form.password.errors = [_(str(refusal))]
        else:
            flash(_("Granted and signed. It holds from now on."))
            return redirect(_address(person_id, task_id, site_id))
    case = queries.case_of(person_id, task_id, site_id, now)
    if not case.belongs:
        raise NotFound("There is no such person at your sites.")
    page = render_template(
        "assessments/grant.html",
        case=case,
        d=decide(case.facts, now),
        due=due(case.facts, now, case.worker.zone),
        form=form,
    )
    return page, 422 if form.errors else 200


@bp.get("/qualifications/<uuid:person_id>/<uuid:task_id>/<uuid:site_id>/change")
@requires(Permission.QUALIFICATION_SUSPEND)
def change(person_id: UUID, task_id: UUID, site_id: UUID) -> ResponseReturnValue:
    """Show how to pause, to lift a pause, or to withdraw."""
    return _change(person_id, task_id, site_id, _pause_form(), ReasonForm(None))


def _pause_form() -> PauseForm:
    form = PauseForm()
    form.kind.choices = choices("pause_kind")
    form.scope.choices = [("task", _("This task only")), ("all", _("Every task at this site"))]
    return form


def _change(person_id: UUID, task_id: UUID, site_id: UUID, pause: PauseForm, reason: ReasonForm) -> ResponseReturnValue:
    if not viewer().may(Permission.QUALIFICATION_SUSPEND, site_id):
        raise NotFound("There is no such person at your sites.")
    case, decision = _case(person_id, task_id, site_id)
    page = render_template("assessments/change.html", case=case, d=decision, pause=pause, reason=reason)
    return page, 422 if pause.errors or reason.errors else 200


@bp.post("/qualifications/<uuid:person_id>/<uuid:task_id>/<uuid:site_id>/pause")
@requires(Permission.QUALIFICATION_SUSPEND)
def suspend(person_id: UUID, task_id: UUID, site_id: UUID) -> ResponseReturnValue:
    """Pause from now on."""
    form = _pause_form()
    if form.validate_on_submit():
        try:
            run(
                records.suspend,
                viewer(),
                form.reason.data or "",
                person_id=person_id,
                site_id=site_id,
                task_id=task_id if form.scope.data == "task" else None,
                kind=form.kind.data,
                reason=form.reason.data or "",
            )
        except NotFound:
            raise
        except NotAllowed as refusal:
            form[refusal.field if refusal.field in form else "reason"].errors = [_(str(refusal))]
        else:
            flash(_("Paused from now on."))
            return redirect(_address(person_id, task_id, site_id))
    return _change(person_id, task_id, site_id, form, ReasonForm(None))


@bp.post("/qualifications/<uuid:person_id>/<uuid:task_id>/<uuid:site_id>/lift/<uuid:suspension_id>")
@requires(Permission.QUALIFICATION_SUSPEND)
def lift(person_id: UUID, task_id: UUID, site_id: UUID, suspension_id: UUID) -> ResponseReturnValue:
    """Lift a pause now."""
    form = ReasonForm()
    if form.validate_on_submit():
        try:
            run(records.lift_suspension, viewer(), form.reason.data or "", suspension_id, reason=form.reason.data or "")
        except NotFound:
            raise
        except NotAllowed as refusal:
            form.reason.errors = [_(str(refusal))]
        else:
            flash(_("Lifted."))
            return redirect(_address(person_id, task_id, site_id))
    return _change(person_id, task_id, site_id, _pause_form(), form)


@bp.post("/qualifications/<uuid:person_id>/<uuid:task_id>/<uuid:site_id>/withdraw")
@requires(Permission.QUALIFICATION_SUSPEND)
def withdraw(person_id: UUID, task_id: UUID, site_id: UUID) -> ResponseReturnValue:
    """Withdraw now, with the cause."""
    form = ReasonForm()
    if form.validate_on_submit():
        try:
            run(
                records.withdraw_qualification,
                viewer(),
                form.reason.data or "",
                person_id=person_id,
                task_id=task_id,
                site_id=site_id,
                reason=form.reason.data or "",
            )
        except NotFound:
            raise
        except NotAllowed as refusal:
            form.reason.errors = [_(str(refusal))]
        else:
            flash(_("Withdrawn from now on. The past stays as it was."))
            return redirect(_address(person_id, task_id, site_id))
    return _change(person_id, task_id, site_id, _pause_form(), form)
