"""Pages of second coding: the queue, the blind coding, and the two codings side by side."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed
from lms.second_coding import commands, forms, queries, rules
from lms.unit_of_work import run
from lms.web.refused import blame, version_of

bp = Blueprint("second_coding", __name__, template_folder="../templates")


@bp.get("/second-coding")
@requires(Permission.DEVIATION_TRIAGE)
def index() -> ResponseReturnValue:
    """List what waits for a second coding, and what two people coded differently."""
    return render_template(
        "lms/second_coding/list.html", waiting=queries.waiting(viewer()), unsettled=queries.unsettled(viewer())
    )


@bp.route("/second-coding/<uuid:coding_id>", methods=["GET", "POST"])
@requires(Permission.DEVIATION_TRIAGE)
def code(coding_id: UUID) -> ResponseReturnValue:
    """Code a deviation a second time, or show both codings once that is done."""
    story = queries.story(viewer(), coding_id)
    if story.coded:
        return _compared(story, 200)
    form = forms.CodesForm()
    form.offer()
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            version = version_of(form)
            run(commands.code_a_second_time, viewer(), "second coding", coding_id, version=version, codes=form.codes)
            flash(_("Coded. Now you see both codings."))
            return redirect(url_for("second_coding.code", coding_id=coding_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "process_step")
    form.version.data = story.version
    return render_template("lms/second_coding/code.html", s=story, form=form), status


@bp.post("/second-coding/<uuid:coding_id>/proposal")
@requires(Permission.DEVIATION_TRIAGE)
def propose(coding_id: UUID) -> ResponseReturnValue:
    """Propose how to settle a difference."""
    form = forms.SettlementForm()
    form.offer()
    status = 422
    if form.validate_on_submit():
        try:
            run(
                commands.propose_settlement,
                viewer(),
                form.reason.data,
                coding_id,
                version=version_of(form),
                codes=form.codes,
                reason=form.reason.data,
            )
            flash(_("Proposed. The other of the two has been told."))
            return redirect(url_for("second_coding.code", coding_id=coding_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "reason")
    return _compared(queries.story(viewer(), coding_id), status, settlement=form)


@bp.post("/second-coding/<uuid:coding_id>/agreement")
@requires(Permission.DEVIATION_TRIAGE)
def agree(coding_id: UUID) -> ResponseReturnValue:
    """Agree to what the other of the two proposed."""
    form = forms.AgreementForm()
    status = 422
    if form.validate_on_submit():
        try:
            reason = queries.comparison(viewer(), coding_id).reason
            run(commands.agree_to_settlement, viewer(), reason, coding_id, version=version_of(form))
            flash(_("Settled. Agreement is still measured on what each of the two coded alone."))
            return redirect(url_for("second_coding.code", coding_id=coding_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "version")
    return _compared(queries.story(viewer(), coding_id), status, agreement=form)


def _compared(
    story: queries.Story,
    status: int,
    *,
    settlement: forms.SettlementForm | None = None,
    agreement: forms.AgreementForm | None = None,
) -> ResponseReturnValue:
    both = queries.comparison(viewer(), story.id)
    if settlement is None:
        settlement = forms.SettlementForm(None, data=both.agreed if both.proposed else both.first)
        settlement.offer()
    agreement = agreement or forms.AgreementForm(None)
    settlement.version.data = agreement.version.data = story.version
    page = render_template(
        "lms/second_coding/compared.html",
        s=story,
        both=both,
        fields=rules.FIELDS,
        differing=rules.differing(both.first, both.second),
        is_one_of_two=story.own or both.is_second,
        may_be_classified=commands.may_be_classified(story.state),
        settlement=settlement,
        agreement=agreement,
    )
    return page, status
