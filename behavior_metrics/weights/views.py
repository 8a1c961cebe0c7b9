"""The weights of the index: in force, proposed, signed, and all that ever were."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from behavior_metrics.stats.followthrough import PARTS
from behavior_metrics.weights import commands, forms, queries
from behavior_metrics.weights.rules import DELIVERED, HEAVIEST, WeightsState
from lms.identity.sessions import prove
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from lms.web.refused import blame, version_of

bp = Blueprint("follow_through_weights", __name__, template_folder="../templates")


@bp.get("/behavior/accountability/weights")
@requires(Permission.METRICS_SEE)
def index() -> ResponseReturnValue:
    """Show the weights in force and every version with its signatures."""
    return _page()


@bp.post("/behavior/accountability/weights")
@requires(Permission.FOLLOW_THROUGH_GOVERN)
def propose() -> ResponseReturnValue:
    """Propose the next version."""
    form = forms.ProposeForm()
    status = 422
    if form.validate_on_submit():
        try:
            run(
                commands.propose_weights,
                viewer(),
                form.reason.data,
                percents=form.percents(),
                reason=form.reason.data,
            )
            flash(_("Proposed. Nothing changes until another of quality assurance signs."))
            return redirect(url_for("follow_through_weights.index"))
        except NotAllowed as refusal:
            status = blame(form, refusal, "reason")
    return _page(status, proposing=form)


@bp.post("/behavior/accountability/weights/<uuid:weights_id>/sign")
@requires(Permission.FOLLOW_THROUGH_GOVERN)
def sign(weights_id: UUID) -> ResponseReturnValue:
    """Sign a proposed version."""
    form = forms.SignWeightsForm()
    status = 422
    if form.validate_on_submit():
        try:
            proof = prove(viewer(), form.password.data, current_user.session_started_at)
            run(
                commands.sign_weights,
                viewer().proven(proof),
                "weights signed",
                weights_id,
                version=version_of(form),
            )
            flash(_("Signed. Every index is computed with these weights from now on, past quarters too."))
            return redirect(url_for("follow_through_weights.index"))
        except NotAllowed as refusal:
            status = blame(form, refusal, "password")
    return _page(status, signing=form)


@bp.post("/behavior/accountability/weights/<uuid:weights_id>/withdraw")
@requires(Permission.FOLLOW_THROUGH_GOVERN)
def withdraw(weights_id: UUID) -> ResponseReturnValue:
    """Take a proposed version back."""
    form = forms.WithdrawForm()
    try:
        run(commands.withdraw_weights, viewer(), "weights withdrawn", weights_id, version=version_of(form))
        flash(_("Withdrawn. It stays in the history."))
    except NotAllowed as refusal:
        status = blame(form, refusal, "version")
        flash(_(str(refusal)), "warn")
        return _page(status)
    return redirect(url_for("follow_through_weights.index"))


def _page(
    status: int = 200, *, proposing: forms.ProposeForm | None = None, signing: forms.SignWeightsForm | None = None
) -> ResponseReturnValue:
    history = queries.weights_history()
    current = next((row for row in history if row.state == WeightsState.IN_FORCE), None)
    percents = current.percents if current else DELIVERED.percents
    waiting = next((row for row in history if row.state == WeightsState.PROPOSED), None)
    governs = viewer().may(Permission.FOLLOW_THROUGH_GOVERN) and (
        viewer().sites_for(Permission.FOLLOW_THROUGH_GOVERN) is None
    )
    propose_form = proposing or forms.ProposeForm(None, data=percents if request.method == "GET" else None)
    sign_form, withdraw_form = signing or forms.SignWeightsForm(None), forms.WithdrawForm(None)
    if waiting is not None:
        sign_form.version.data = withdraw_form.version.data = waiting.version
    page = render_template(
        "behavior_metrics/weights.html",
        parts=PARTS,
        history=history,
        delivered=DELIVERED,
        delivered_in_force=current is None,
        number=current.number if current else DELIVERED.number,
        percents=percents,
        waiting=waiting,
        governs=governs,
        own_proposal=waiting is not None and waiting.proposed_by_id == viewer().person_id,
        heaviest=HEAVIEST,
        propose=propose_form,
        sign=sign_form,
        withdraw=withdraw_form,
    )
    return page, status
