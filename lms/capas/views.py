"""Pages of actions: list, record, one's own, and everything that is done with one."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf import FlaskForm

from lms import clock
from lms.capas import commands, exports, forms, queries, rules
from lms.capas.counting import Counted, seen
from lms.deviations.queries import deviation
from lms.exports.download import download
from lms.identity.sessions import prove
from lms.network.queries import sites
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from lms.web import labels
from lms.web.refused import blame, version_of
from lms.web.slots import filled
from lms.web.times import local_day
from lms.web.typed import page_asked

bp = Blueprint("capas", __name__, template_folder="../templates")


def _today() -> date:
    return local_day(clock.now(), viewer().zone)


@bp.get("/capas")
@requires(Permission.DEVIATION_SEE)
def index() -> ResponseReturnValue:
    """List actions, narrowed by the address (``queries.CapaFilters`` says by what)."""
    filters = queries.CapaFilters.of(request.args)
    page = page_asked()
    total, rows = queries.count_and_list(viewer(), filters, page, today=_today())
    return render_template(
        "lms/capas/list.html",
        filters=filters,
        total=total,
        rows=rows,
        page=page,
        pages=-(-total // queries.PAGE_SIZE),
        sites=sites(viewer(), Permission.DEVIATION_SEE),
        choices=labels.choices,
        today=_today(),
    )


@bp.get("/capas.<any(csv, xlsx):file_type>")
@requires(Permission.DEVIATION_SEE)
def export(file_type: str) -> ResponseReturnValue:
    """Hand out the list with the same filters as on the page, all of it."""
    rows = queries.rows(viewer(), queries.CapaFilters.of(request.args), today=_today())
    return download(file_type, "capas", exports.HEADINGS, exports.cells(rows))


@bp.get("/actions")
@requires(Permission.ACTION_CARRY_OUT)
def mine() -> ResponseReturnValue:
    """Show the actions that the reader owns."""
    return render_template("lms/capas/mine.html", rows=queries.owned(viewer()), today=_today())


@bp.route("/deviations/<uuid:deviation_id>/capas/new", methods=["GET", "POST"])
@requires(Permission.CAPA_MANAGE)
def new(deviation_id: UUID) -> ResponseReturnValue:
    """Open an action from a deviation, or the one that follows an action that did not work (``?follows=``)."""
    facts = deviation(viewer(), deviation_id, Permission.CAPA_MANAGE)
    follows = request.args.get("follows", type=UUID)
    form = forms.CapaForm()
    form.offer([(str(person_id), name) for person_id, name in queries.owners(viewer(), facts.site_id)])
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            opened = run(
                commands.open_capa,
                viewer(),
                form.title.data,
                deviation_id,
                kind=form.kind.data,
                title=form.title.data,
                description=form.description.data or "",
                owner_id=UUID(form.owner.data),
                due_on=form.due_on.data,
                follows_id=follows,
            )
            flash(_("%(number)s is open. Its owner is told.", number=opened.number))
            return redirect(url_for("capas.record", capa_id=opened.id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "title")
    elif request.method == "GET":
        form.due_on.data = rules.due_on(_today(), facts.severity)
    return render_template("lms/capas/new.html", d=facts, form=form, days=rules.DUE_DAYS, follows=follows), status


# -- one action --------------------------------------------------------------------------------------------------------


@bp.get("/capas/<uuid:capa_id>")
@requires(Permission.DEVIATION_SEE)
def record(capa_id: UUID) -> ResponseReturnValue:
    """Show one action: what it is, how it stands, and whether it is shown to have worked."""
    return _record(capa_id)


@bp.get("/actions/<uuid:capa_id>")
@requires(Permission.ACTION_CARRY_OUT)
def own(capa_id: UUID) -> ResponseReturnValue:
    """Show its owner one action."""
    return _record(capa_id)


@bp.post("/actions/<uuid:capa_id>/in-place")
@requires(Permission.ACTION_CARRY_OUT)
def in_place(capa_id: UUID) -> ResponseReturnValue:
    """Note that an action is in place."""
    form = forms.InPlaceForm()
    status = 422
    if form.validate_on_submit():
        try:
            run(
                commands.implement_capa,
                viewer(),
                form.evidence.data,
                capa_id,
                version=version_of(form),
                implemented_on=form.implemented_on.data,
                evidence=form.evidence.data,
            )
            flash(_("Noted. From the day after, the same deviation counts as having come back."))
            return redirect(url_for("capas.own", capa_id=capa_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "evidence")
    return _record(capa_id, status, in_place=form)


@bp.post("/capas/<uuid:capa_id>/extend")
@requires(Permission.CAPA_MANAGE)
def extend(capa_id: UUID) -> ResponseReturnValue:
    """Sign a later due day."""
    form = forms.ExtendForm()
    status = 422
    if form.validate_on_submit():
        try:
            proof = prove(viewer(), form.password.data, current_user.session_started_at)
            run(
                commands.extend_capa,
                viewer().proven(proof),
                form.reason.data,
                capa_id,
                version=version_of(form),
                extended_to=form.extended_to.data,
                reason=form.reason.data,
                risk=form.risk.data,
            )
            flash(_("Signed. The first due day stays on record."))
            return redirect(url_for("capas.record", capa_id=capa_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "reason")
    return _record(capa_id, status, extend=form)


@bp.post("/capas/<uuid:capa_id>/plan")
@requires(Permission.CAPA_MANAGE)
def plan(capa_id: UUID) -> ResponseReturnValue:
    """Declare how it will be told whether the action worked."""
    form = forms.PlanForm()
    form.offer()
    status = 422
    if form.validate_on_submit():
        try:
            run(
                commands.plan_effectiveness,
                viewer(),
                form.criterion.data,
                capa_id,
                version=version_of(form),
                criterion=form.criterion.data,
                plan=rules.Plan(
                    form.baseline_days.data,
                    form.window_days.data,
                    form.window_batches.data,
                    form.reduction_percent.data,
                    form.grace_days.data,
                ),
                process_step=form.process_step.data or "",
                category=form.category.data or "",
                root_cause_class=form.root_cause_class.data or "",
            )
            flash(_("Declared. It can be changed until the first look."))
            return redirect(url_for("capas.record", capa_id=capa_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "criterion")
    return _record(capa_id, status, plan=form)


@bp.post("/capas/<uuid:capa_id>/look")
@requires(Permission.CAPA_MANAGE)
def look(capa_id: UUID) -> ResponseReturnValue:
    """Sign the verdict that follows from the counts."""
    form = forms.LookForm()
    status = 422
    if form.validate_on_submit():
        try:
            proof = prove(viewer(), form.password.data, current_user.session_started_at)
            made = run(
                commands.look_at_effect,
                viewer().proven(proof),
                form.remark.data,
                capa_id,
                version=version_of(form),
                remark=form.remark.data,
            )
            flash(_("Signed: %(verdict)s.", verdict=labels.label(made.verdict, "capa_verdict")))
            return redirect(url_for("capas.record", capa_id=capa_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "remark")
    return _record(capa_id, status, look=form)


@bp.post("/capas/<uuid:capa_id>/cancel")
@requires(Permission.CAPA_MANAGE)
def cancel(capa_id: UUID) -> ResponseReturnValue:
    """Cancel an open action."""
    form = forms.CancelForm()
    status = 422
    if form.validate_on_submit():
        try:
            run(
                commands.cancel_capa,
                viewer(),
                form.reason.data,
                capa_id,
                version=version_of(form),
                reason=form.reason.data,
            )
            flash(_("Cancelled. It stays on record."))
            return redirect(url_for("capas.record", capa_id=capa_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "reason")
    return _record(capa_id, status, cancel=form)


def _record(capa_id: UUID, status: int = 200, **submitted: FlaskForm) -> ResponseReturnValue:
    facts = queries.capa(viewer(), capa_id)
    today = local_day(clock.now(), facts.row.zone)
    made: dict[str, Any] = {
        "in_place": forms.InPlaceForm(None, implemented_on=today),
        "extend": forms.ExtendForm(None, extended_to=facts.row.due + timedelta(days=14)),
        "plan": forms.PlanForm(None, data=_planned(facts)),
        "look": forms.LookForm(None),
        "cancel": forms.CancelForm(None),
        **submitted,
    }
    made["plan"].offer()
    for form in made.values():
        form.version.data = facts.row.version
    panels = filled("capa.panels", viewer=viewer(), capa=facts.row)
    page = render_template(
        "lms/capas/record.html",
        c=facts.row,
        facts=facts,
        forms=made,
        counts=_counts(facts, today),
        today=today,
        rules=rules,
        panels=panels,
        own_way_in_place=any(panel.values.get("puts_in_place") for panel in panels),
        may_manage=viewer().may(Permission.CAPA_MANAGE, facts.row.site_id),
        is_owner=facts.row.owner_id == viewer().person_id,
        sees_deviation=viewer().may(Permission.DEVIATION_SEE, facts.row.site_id),
    )
    return page, status


def _counts(facts: queries.CapaFacts, today: date) -> Counted | None:
    """Return what is to be seen of the effect today, if it is planned and the action is in place."""
    if facts.check is None or facts.row.implemented_on is None or facts.row.state != rules.State.IMPLEMENTED:
        return None
    return seen(facts.row, facts.check, zone=facts.row.zone, today=today)


def _planned(facts: queries.CapaFacts) -> dict[str, Any]:
    """Return what the plan's form shows first: the plan as it stands, or one that suits most actions."""
    if facts.check is None:
        return {
            "baseline_days": 365,
            "window_days": 180,
            "window_batches": 40,
            "reduction_percent": 50,
            "grace_days": facts.row.grace_days,
        }
    plan = facts.check
    return {
        "criterion": plan.criterion,
        "process_step": plan.process_step,
        "category": plan.category,
        "root_cause_class": plan.root_cause_class,
        "baseline_days": plan.baseline_days,
        "window_days": plan.window_days,
        "window_batches": plan.window_batches,
        "reduction_percent": plan.reduction_percent,
        "grace_days": facts.row.grace_days,
    }
