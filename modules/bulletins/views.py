"""Pages of bulletins: the list, writing one from a closed deviation, and one with its steps and what followed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf import FlaskForm

from lms import clock
from lms.deviations.queries import deviation
from lms.deviations.rules import State as DeviationState
from lms.exports.download import download
from lms.identity.sessions import prove
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed, NotFound
from lms.signatures.queries import signatures_on
from lms.unit_of_work import run
from lms.web import labels
from lms.web.labels import label
from lms.web.refused import blame, version_of
from lms.web.times import local_day
from modules.bulletins import commands, exports, queries, rules
from modules.bulletins.anonymity import redacted
from modules.bulletins.effect import per_hundred
from modules.bulletins.forms import ApproveForm, BulletinForm, ReasonForm, StepForm
from modules.bulletins.rules import Proposal, State, Text

bp = Blueprint("bulletins", __name__, template_folder="../templates")


def _state() -> str:
    state = request.args.get("state", "")
    return state if state in set(State) else ""


@bp.get("/bulletins")
@requires(Permission.BULLETIN_SEE)
def index() -> ResponseReturnValue:
    """List the bulletins: all for those who govern, what came to their sites for others."""
    return render_template(
        "modules/bulletins.html",
        rows=queries.bulletins(viewer(), _state()),
        state=_state(),
        states=labels.choices("bulletin_state"),
        governs=queries.governs(viewer()),
        drafts=queries.drafts(viewer()),
    )


@bp.get("/bulletins.<any(csv, xlsx):file_type>")
@requires(Permission.BULLETIN_SEE)
def export(file_type: str) -> ResponseReturnValue:
    """Hand out the same list as a file."""
    rows = queries.bulletins(viewer(), _state())
    return download(file_type, "bulletins", exports.HEADINGS, exports.cells(rows))


# -- writing -----------------------------------------------------------------------------------------------------------


@bp.route("/deviations/<uuid:deviation_id>/bulletin", methods=["GET", "POST"])
@requires(Permission.BULLETIN_DRAFT)
def new(deviation_id: UUID) -> ResponseReturnValue:
    """Draft a bulletin from a closed deviation, prefilled from its record without what would tell who or where."""
    if not queries.drafts(viewer()):
        raise NotFound("Bulletins are written for the whole network.")
    facts = deviation(viewer(), deviation_id)
    if facts.state != DeviationState.CLOSED:
        message = f"{facts.number} is not closed yet. Others learn from what is understood: close it first."
        flash(_(message), "warn")
        return redirect(url_for("deviations.record", deviation_id=deviation_id))
    proposals = rules.propose(queries.site_facts(facts.process_step, clock.now()))
    form = _form(proposals)
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            made = run(commands.draft_bulletin, viewer(), "", deviation_id, **_given(form))
            flash(_("%(number)s is drafted. Read it once more, then send it to a trainer.", number=made.number))
            return redirect(url_for(".bulletin", bulletin_id=made.id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "title")
    elif not form.is_submitted():
        form.show(_prefilled(deviation_id, facts.title, facts.description, facts.root_cause_class, facts.process_step))
        form.due_on.data = local_day(clock.now(), viewer().zone) + timedelta(days=30)
        form.sites.data = [str(one.site_id) for one in proposals if one.chosen]
    return _writing(form, proposals, number="", step=facts.process_step, back=facts.number), status


@bp.route("/bulletins/<uuid:bulletin_id>/edit", methods=["GET", "POST"])
@requires(Permission.BULLETIN_DRAFT)
def edit(bulletin_id: UUID) -> ResponseReturnValue:
    """Change a draft."""
    if not queries.drafts(viewer()):
        raise NotFound("Bulletins are written for the whole network.")
    facts = queries.bulletin_facts(viewer(), bulletin_id, clock.now())
    proposals = rules.propose(queries.site_facts(facts.bulletin.process_step, clock.now()))
    form = _form(proposals)
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            run(commands.edit_bulletin, viewer(), "", bulletin_id, version=version_of(form), **_given(form))
            flash(_("Saved."))
            return redirect(url_for(".bulletin", bulletin_id=bulletin_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "title")
    elif not form.is_submitted():
        form.show(facts.text)
        form.due_on.data, form.version.data = facts.bulletin.due_on, facts.bulletin.version
        form.sites.data = [str(one.site_id) for one in facts.sites if one.chosen]
        form.site_reason.data = next((one.reason for one in facts.sites if one.by_hand), "")
    bulletin = facts.bulletin
    return _writing(form, proposals, number=bulletin.number, step=bulletin.process_step, back=bulletin.number), status


def _form(proposals: Sequence[Proposal]) -> BulletinForm:
    form = BulletinForm()
    form.sites.choices = [(str(one.site_id), one.name) for one in proposals]
    return form


def _given(form: BulletinForm) -> dict[str, Any]:
    return {
        "text": form.text(),
        "due_on": form.due_on.data,
        "sites": {UUID(site_id) for site_id in form.sites.data or ()},
        "site_reason": form.site_reason.data or "",
    }


def _writing(form: BulletinForm, proposals: Sequence[Proposal], *, number: str, step: str, back: str) -> str:
    page: str = render_template(
        "modules/bulletin_edit.html", form=form, proposals=proposals, number=number, step=step, back=back
    )
    return page


def _prefilled(deviation_id: UUID, title: str, description: str, cause: str, step: str) -> Text:
    """Return what the record says, in words that tell neither who nor where nor when."""
    secrets = queries.secrets_of(deviation_id)
    answers = queries.answers_to(deviation_id)
    changed = "\n\n".join(f"{one.title}. {one.description}".strip() for one in answers)
    why = _("The cause was found in: %(cause)s.", cause=label(cause, "root_cause_class"))
    return Text(
        title=redacted(f"{label(step, 'process_step')}: {title}", secrets)[:160],
        what_happened=redacted(description, secrets),
        why=why,
        what_changed=redacted(changed, secrets),
        look_for="",
    )


# -- one bulletin ------------------------------------------------------------------------------------------------------


@bp.get("/bulletins/<uuid:bulletin_id>")
@requires(Permission.BULLETIN_SEE)
def bulletin(bulletin_id: UUID) -> ResponseReturnValue:
    """Show one bulletin: what it says, to which sites it goes and why, and what followed."""
    return _page(bulletin_id)


@bp.post("/bulletins/<uuid:bulletin_id>/send")
@requires(Permission.BULLETIN_DRAFT)
def send(bulletin_id: UUID) -> ResponseReturnValue:
    """Hand a draft to a trainer."""
    form = StepForm()
    if form.validate_on_submit():
        try:
            run(commands.send_bulletin, viewer(), "", bulletin_id, version=version_of(form))
            flash(_("A trainer of the network reads it now."))
        except NotFound:
            raise
        except NotAllowed as refusal:
            flash(_(str(refusal)), "warn")
    return redirect(url_for(".bulletin", bulletin_id=bulletin_id))


@bp.post("/bulletins/<uuid:bulletin_id>/return")
@requires(Permission.BULLETIN_APPROVE)
def give_back(bulletin_id: UUID) -> ResponseReturnValue:
    """Give a bulletin back with what should change."""
    return _with_reason(bulletin_id, "give_back", commands.return_bulletin, _("It is a draft again."))


@bp.post("/bulletins/<uuid:bulletin_id>/withdraw")
@requires(Permission.BULLETIN_DRAFT)
def withdraw(bulletin_id: UUID) -> ResponseReturnValue:
    """Withdraw a bulletin with its reason."""
    return _with_reason(bulletin_id, "withdraw", commands.withdraw_bulletin, _("Withdrawn. It stays on record."))


def _with_reason(bulletin_id: UUID, name: str, what: Any, done: str) -> ResponseReturnValue:  # noqa: ANN401 - a command
    form = ReasonForm()
    status = 422
    if form.validate_on_submit():
        reason = form.reason.data or ""
        try:
            run(what, viewer(), reason, bulletin_id, version=version_of(form), reason=reason)
            flash(done)
            return redirect(url_for(".bulletin", bulletin_id=bulletin_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "reason")
    return _page(bulletin_id, status, **{name: form})


@bp.post("/bulletins/<uuid:bulletin_id>/approve")
@requires(Permission.BULLETIN_APPROVE)
def approve(bulletin_id: UUID) -> ResponseReturnValue:
    """Sign a bulletin: its module is assigned where the step is run."""
    form = ApproveForm()
    status = 422
    if form.validate_on_submit():
        try:
            proof = prove(viewer(), form.password.data or "", current_user.session_started_at)
            run(commands.approve_bulletin, viewer().proven(proof), "", bulletin_id, version=version_of(form))
            flash(_("Signed. It is on the list of everybody who does this step."))
            return redirect(url_for(".bulletin", bulletin_id=bulletin_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "password")
    return _page(bulletin_id, status, approve=form)


@bp.post("/bulletins/<uuid:bulletin_id>/assign")
@requires(Permission.BULLETIN_APPROVE)
def assign(bulletin_id: UUID) -> ResponseReturnValue:
    """Assign it to whoever joined its sites since."""
    count = run(commands.assign_bulletin, viewer(), "", bulletin_id)
    flash(_("Assigned to %(count)s more.", count=count))
    return redirect(url_for(".bulletin", bulletin_id=bulletin_id))


@bp.post("/bulletins/<uuid:bulletin_id>/sites/<uuid:site_id>/not-applicable")
@requires(Permission.BULLETIN_ANSWER)
def not_applicable(bulletin_id: UUID, site_id: UUID) -> ResponseReturnValue:
    """Say that it does not apply at one's site, and why."""
    form = ReasonForm()
    status = 422
    if form.validate_on_submit():
        reason = form.reason.data or ""
        try:
            run(commands.answer_not_applicable, viewer(), reason, bulletin_id, site_id, reason=reason)
            flash(_("Noted, with its reason. Its open training at the site is withdrawn."))
            return redirect(url_for(".bulletin", bulletin_id=bulletin_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "reason")
    return _page(bulletin_id, status, answer=form)


def _page(bulletin_id: UUID, status: int = 200, **submitted: FlaskForm) -> ResponseReturnValue:
    facts = queries.bulletin_facts(viewer(), bulletin_id, clock.now())
    made: dict[str, Any] = {
        "send": StepForm(None),
        "give_back": ReasonForm(None),
        "withdraw": ReasonForm(None),
        "approve": ApproveForm(None),
        "answer": ReasonForm(None),
        **submitted,
    }
    for form in made.values():
        form.version.data = facts.bulletin.version
    everywhere = Permission.BULLETIN_APPROVE
    page = render_template(
        "modules/bulletin.html",
        b=facts.bulletin,
        facts=facts,
        forms=made,
        per_hundred=per_hundred,
        governs=queries.governs(viewer()),
        drafts=queries.drafts(viewer()),
        approves=viewer().may(everywhere) and viewer().sites_for(everywhere) is None,
        wrote=str(viewer().person_id) in facts.bulletin.writers,
        # QA of a receiving site answers for it; QA of the network asks them
        answers=[]
        if queries.governs(viewer())
        else [one for one in facts.sites if one.chosen and viewer().may(Permission.BULLETIN_ANSWER, one.site_id)],
        signed=signatures_on(facts.bulletin) if facts.bulletin.approved_at else [],
    )
    return page, status
