"""Pages of a review: the list, the workspace of the two people in it, the signatures, the follow-up."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf import FlaskForm

from coaching.reviews import commands
from coaching.triggers.queries import open_proposals
from coaching.workspace import queries
from coaching.workspace.forms import AgreeForm, DoneForm, HoldForm, OwnAccountForm, VerifyForm
from lms import clock
from lms.identity.sessions import prove
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed, NotFound, StaleForm
from lms.unit_of_work import run
from lms.web.labels import choices
from lms.web.times import local_day

bp = Blueprint("reviews", __name__, template_folder="../templates", url_prefix="/reviews")


@bp.get("")
@requires(Permission.REVIEW_TAKE_PART)
def mine() -> ResponseReturnValue:
    """Show the operator's own reviews."""
    return _list()


@bp.get("/coaching")
@requires(Permission.REVIEW_COACH)
def coaching() -> ResponseReturnValue:
    """Show the coach's week: what is proposed, going on, to follow up."""
    return _list()


def _list() -> ResponseReturnValue:
    today = clock.now().date()
    is_coach = viewer().may(Permission.REVIEW_COACH)
    going, ended = queries.reviews_of(viewer()), queries.reviews_of(viewer(), closed=True)
    return render_template(
        "coaching/reviews.html",
        proposals=open_proposals(viewer()) if is_coach else [],
        going=going,
        ended=ended,
        today=today,
        is_coach=is_coach,
    )


@bp.get("/<uuid:review_id>")
@requires(Permission.HOME_SEE)
def page(review_id: UUID) -> ResponseReturnValue:
    """Show one review to its two people."""
    return _page(review_id)


def _page(review_id: UUID, refused: FlaskForm | None = None, status: int = 200) -> ResponseReturnValue:
    review = queries.review_page(viewer(), review_id)
    today = local_day(clock.now(), review.zone)
    own = refused if isinstance(refused, OwnAccountForm) else OwnAccountForm(None, own_account=review.own_account)
    hold = refused if isinstance(refused, HoldForm) else _hold_form(review, today)
    agree = refused if isinstance(refused, AgreeForm) else AgreeForm(None, version=review.version)
    verify = VerifyForm(None, done_on=today)
    verify.state.choices = [choice for choice in choices("commitment_state") if choice[0] != "open"]
    return (
        render_template(
            "coaching/review.html",
            review=review,
            own=own,
            hold=hold,
            agree=agree,
            verify=verify,
            done=DoneForm(None, done_on=today),
            today=today,
            refused=refused,
            signed_by_me=any(s.printed_name == viewer().name for s in review.signatures),
        ),
        status,
    )


def _hold_form(review: queries.ReviewPage, today: date) -> HoldForm:
    form = HoldForm(
        None,
        coach_account=review.coach_account,
        barrier=review.barrier,
        support_owed=review.support_owed,
        support_due_on=review.support_due_on,
        follow_up_on=review.follow_up_on or today + timedelta(days=30),
        version=review.version,
    )
    for entry, commitment in zip(form.commitments.entries, review.commitments, strict=False):
        entry.form.process(None, text=commitment.text, shown_by=commitment.shown_by, due_on=commitment.due_on)
    return form


def _refuse(form: FlaskForm, refusal: NotAllowed, fallback: str) -> None:
    name = refusal.field if refusal.field in form else fallback
    form[name].errors = [_(str(refusal))]


@bp.post("/<uuid:review_id>/own-account")
@requires(Permission.REVIEW_TAKE_PART)
def write_own_account(review_id: UUID) -> ResponseReturnValue:
    """Keep what the operator wrote."""
    form = OwnAccountForm()
    if form.validate_on_submit():
        try:
            run(commands.write_own_account, viewer(), "", review_id, own_account=form.own_account.data or "")
        except NotFound:
            raise
        except NotAllowed as refusal:
            _refuse(form, refusal, "own_account")
        else:
            flash(_("Saved. Your coach reads it before you talk."))
            return redirect(url_for(".page", review_id=review_id))
    return _page(review_id, form, 422)


@bp.post("/<uuid:review_id>/hold")
@requires(Permission.REVIEW_COACH)
def hold(review_id: UUID) -> ResponseReturnValue:
    """Keep what was said and agreed."""
    form = HoldForm()
    if form.validate_on_submit() and form.follow_up_on.data:
        try:
            run(
                commands.hold_review,
                viewer(),
                "",
                review_id,
                coach_account=form.coach_account.data or "",
                barrier=form.barrier.data or "",
                support_owed=form.support_owed.data or "",
                support_due_on=form.support_due_on.data,
                commitments=form.agreed(),
                follow_up_on=form.follow_up_on.data,
                version=_number(form.version.data),
            )
        except NotFound:
            raise
        except NotAllowed as refusal:
            _refuse(form, refusal, "coach_account")
            return _page(review_id, form, 409 if isinstance(refusal, StaleForm) else 422)
        else:
            flash(_("Saved. The operator can read and sign it now."))
            return redirect(url_for(".page", review_id=review_id))
    return _page(review_id, form, 422)


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0


@bp.post("/<uuid:review_id>/sign")
@requires(Permission.HOME_SEE)
def sign(review_id: UUID) -> ResponseReturnValue:
    """Sign what was agreed: the operator first; the coach's signature closes the review."""
    form = AgreeForm()
    review = queries.review_page(viewer(), review_id)
    if form.validate_on_submit():
        try:
            signer = viewer().proven(prove(viewer(), form.password.data or "", current_user.session_started_at))
            what = commands.close_review if review.is_coach else commands.agree_to_review
            run(what, signer, "", review_id, version=_number(form.version.data))
        except NotFound:
            raise
        except NotAllowed as refusal:
            _refuse(form, refusal, "password")
            return _page(review_id, form, 409 if isinstance(refusal, StaleForm) else 422)
        else:
            flash(_("Signed and closed.") if review.is_coach else _("Signed. Your coach signs next."))
            return redirect(url_for(".page", review_id=review_id))
    return _page(review_id, form, 422)


@bp.post("/<uuid:review_id>/commitments/<uuid:commitment_id>/verify")
@requires(Permission.REVIEW_COACH)
def verify(review_id: UUID, commitment_id: UUID) -> ResponseReturnValue:
    """Record what became of a commitment."""
    form = VerifyForm()
    form.state.choices = choices("commitment_state")
    if not form.validate_on_submit():
        return _page(review_id, form, 422)
    run(
        commands.verify_commitment,
        viewer(),
        "",
        commitment_id,
        review_id=review_id,
        state=form.state.data,
        done_on=form.done_on.data if form.state.data == "kept" else None,
        note=form.note.data or "",
    )
    flash(_("Recorded."))
    return redirect(url_for(".page", review_id=review_id))


@bp.post("/<uuid:review_id>/commitments/<uuid:commitment_id>/done")
@requires(Permission.REVIEW_TAKE_PART)
def done(review_id: UUID, commitment_id: UUID) -> ResponseReturnValue:
    """Record the operator's word that a commitment is done."""
    form = DoneForm()
    if not form.validate_on_submit() or form.done_on.data is None:
        return _page(review_id, form, 422)
    run(commands.report_done, viewer(), "", commitment_id, review_id=review_id, done_on=form.done_on.data)
    flash(_("Thank you. Your coach looks at it at the follow-up."))
    return redirect(url_for(".page", review_id=review_id))


@bp.post("/<uuid:review_id>/follow-up")
@requires(Permission.REVIEW_COACH)
def follow_up(review_id: UUID) -> ResponseReturnValue:
    """Close the follow-up."""
    run(commands.record_follow_up, viewer(), "", review_id)
    flash(_("The follow-up is recorded."))
    return redirect(url_for(".page", review_id=review_id))
