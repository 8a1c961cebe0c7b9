"""Page of a site's gates: what is done, what shows it, and the two signatures that make the site active."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from lms import clock
from lms.exports.download import download
from lms.gates import commands, exports, queries, rules
from lms.gates.forms import ActivationForm, GateForm
from lms.identity.sessions import prove
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed
from lms.standings.rules import State
from lms.unit_of_work import run
from lms.web.refused import blame

bp = Blueprint("gates", __name__, template_folder="../templates", url_prefix="/sites")


@bp.get("/<uuid:site_id>/gates")
@requires(Permission.NETWORK_SEE)
def index(site_id: UUID) -> ResponseReturnValue:
    """Show the gates of a site."""
    return _page(site_id)


@bp.get("/<uuid:site_id>/gates.<any(csv, xlsx):file_type>")
@requires(Permission.NETWORK_SEE)
def export(site_id: UUID, file_type: str) -> ResponseReturnValue:
    """Hand out the same list."""
    found = queries.onboarding(viewer(), site_id)
    rows = queries.gate_rows(site_id, clock.now())
    return download(file_type, f"{found.place.code}-gates", exports.HEADINGS, exports.cells(rows))


@bp.post("/<uuid:site_id>/gates/<gate>/<any(done, open):what>")
@requires(Permission.STANDING_CHANGE)
def confirm(site_id: UUID, gate: str, what: str) -> ResponseReturnValue:
    """Sign that a gate is done, or that it is not after all."""
    queries.onboarding(viewer(), site_id)
    form = GateForm(prefix=gate)
    status = 422
    if form.validate_on_submit():
        try:
            proof = prove(viewer(), form.password.data, current_user.session_started_at)
            run(
                commands.confirm_gate,
                viewer().proven(proof),
                form.evidence.data,
                site_id,
                gate,
                is_done=what == "done",
                evidence=form.evidence.data,
            )
            flash(_("Signed."))
            return redirect(url_for("gates.index", site_id=site_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "evidence")
    return _page(site_id, status, gate=form, of_gate=gate)


@bp.post("/<uuid:site_id>/activation")
@requires(Permission.STANDING_CHANGE)
def activate(site_id: UUID) -> ResponseReturnValue:
    """Sign that all gates are done."""
    queries.onboarding(viewer(), site_id)
    form = ActivationForm()
    status = 422
    if form.validate_on_submit():
        try:
            proof = prove(viewer(), form.password.data, current_user.session_started_at)
            made = run(commands.sign_activation, viewer().proven(proof), "all gates are done", site_id)
            if made.activated_at is None:
                flash(_("Signed. The site becomes active with the second signature, by another person."))
            else:
                flash(_("Signed. The site is active from now on."))
            return redirect(url_for("gates.index", site_id=site_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "password")
    return _page(site_id, status, activation=form)


def _page(
    site_id: UUID,
    status: int = 200,
    *,
    gate: GateForm | None = None,
    of_gate: str = "",
    activation: ActivationForm | None = None,
) -> ResponseReturnValue:
    found = queries.onboarding(viewer(), site_id)
    rows = queries.gate_rows(site_id, clock.now())
    may_sign = viewer().may(Permission.STANDING_CHANGE, site_id) and found.place.state == State.ONBOARDING
    forms = {
        row.gate.code: gate if gate is not None and row.gate.code == of_gate else GateForm(None, prefix=row.gate.code)
        for row in rows
        if may_sign and not row.gate.is_computed
    }
    page = render_template(
        "lms/gates/list.html",
        place=found.place,
        activation=found.activation,
        signatures=found.signatures,
        rows=rows,
        done=sum(row.is_done for row in rows),
        forms=forms,
        may_sign=may_sign,
        form=activation or ActivationForm(None),
        needed=rules.QUALIFIED_NEEDED,
    )
    return page, status
