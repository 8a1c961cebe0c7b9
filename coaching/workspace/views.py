"""Pages of a review: the list, the workspace of the two people in it, the signatures, the follow-up."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf import FlaskForm

from coaching.barriers import queries as barriers
from coaching.barriers.rules import DUE_DAYS, Kind
from coaching.follow_up import commands as follow_up
from coaching.reviews import commands, guides, rules
from coaching.triggers.queries import open_proposals
from coaching.workspace import queries
from coaching.workspace.commands import drop_draft, keep_draft
from coaching.workspace.forms import (
    AgreeForm,
    CloseForm,
    DecideWaitForm,
    DoneForm,
    GuideForm,
    HoldForm,
    OwnAccountForm,
    VerifyForm,
    WaitForm,
)
from lms import clock
from lms.identity.sessions import prove
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from lms.web.labels import Words, choices
from lms.web.refused import blame, version_of
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


def _page(
    review_id: UUID, refused: FlaskForm | None = None, status: int = 200, *, of: UUID | None = None
) -> ResponseReturnValue:
    """Return the page; `refused` is a form that was sent and is shown again, `of` the commitment it was about."""
    review = queries.review_page(viewer(), review_id, clock.now())
    today = local_day(clock.now(), review.zone)
    shown: dict[str, Any] = {
        "own": OwnAccountForm(None, own_account=review.own_account, went_well=review.own_went_well),
        "hold": _hold_form(review, today),
        "agree": AgreeForm(None),
        "close": CloseForm(None, **_usual_effect(review)),
        "verify": VerifyForm(None, done_on=today),
        "done": DoneForm(None, done_on=today),
        "wait": WaitForm(None),
        "decide": DecideWaitForm(None),
        "guide": GuideForm(None, guide=review.guide.id),
    }
    if refused is None and review.draft is not None:
        _restore(shown["hold" if review.is_coach else "own"], review.draft)
    sent_again = {name: refused for name, form in shown.items() if type(form) is type(refused)}
    if of is None:
        shown |= sent_again
    else:
        _name_after(of, refused)
    writes = review.is_coach and review.state in {"accepted", "scheduled", "held"} and not review.signed_by_coachee
    if writes:
        shown["hold"].offer(owner_choices(review, today))
    for name in ("agree", "close"):
        shown[name].version.data = review.version
    shown["verify"].state.choices = _results()
    shown["guide"].guide.choices = [(guide.id, guide.title) for guide in guides.current_guides()]
    return (
        render_template(
            "coaching/review.html",
            review=review,
            **shown,
            writes=writes,
            actions=barriers.of_review(review.id) if review.state == "closed" else [],
            today=today,
            refused=refused,
            of=of,
            sent_again=sent_again,
            signed_by_me=any(s.printed_name == viewer().name for s in review.signatures),
        ),
        status,
    )


def _name_after(commitment_id: UUID, form: FlaskForm | None) -> None:
    """Give the fields of a form that stands at each commitment the ids they have at this one, where its summary leads."""
    for each in form or ():
        each.id = f"{each.id}-{commitment_id}"


def _results() -> list[tuple[str, Words]]:
    """Return what can have become of a commitment."""
    return [choice for choice in choices("commitment_state") if choice[0] != "open"]


def owner_choices(review: queries.ReviewPage, today: date) -> list[tuple[str, str]]:
    """Return who at the site can own what the review asks for: its leads first, and marked; never the operator."""
    return [
        (str(person_id), _("%(name)s (site lead)", name=name) if leads else name)
        for person_id, name, leads in barriers.owners(review.site_id, today, coachee_id=review.coachee_id)
    ]


def _hold_form(review: queries.ReviewPage, today: date) -> HoldForm:
    support = next((one for one in review.asked if one.kind is Kind.SUPPORT), None)
    form = HoldForm(
        None,
        went_well=review.went_well,
        coach_account=review.coach_account,
        barrier=review.barrier,
        support_owed=review.support_owed,
        support_due_on=review.support_due_on,
        support_owner=str(support.owner_id) if support else "",
        follow_up_on=review.follow_up_on or today + timedelta(days=rules.USUAL_FOLLOW_UP_DAYS),
        version=review.version,
    )
    for entry, commitment in zip(form.commitments.entries, review.commitments, strict=False):
        entry.form.process(
            None, text=commitment.text, why=commitment.why, shown_by=commitment.shown_by, due_on=commitment.due_on
        )
    for entry in form.commitments.entries[len(review.commitments) :]:
        entry.form.due_on.data = today + timedelta(days=rules.USUAL_COMMITMENT_DAYS)
    named = [one for one in review.asked if one.kind is Kind.BARRIER]
    for entry, one in zip(form.barriers.entries, named, strict=False):
        entry.form.process(None, what=one.what, owner=str(one.owner_id), due_on=one.due_on)
    for entry in form.barriers.entries[len(named) :]:
        entry.form.due_on.data = today + timedelta(days=DUE_DAYS)
    return form


def _restore(form: FlaskForm, draft: queries.Draft) -> None:
    """Put what was typed and not saved back into the form; a day that is not understood stays as it was."""
    for name, text in draft.content.items():
        place: Any = form
        for part in name.split("-"):
            place = place.entries[int(part)].form if part.isdigit() else place[part]
        if place.type == "DateField":
            try:
                place.data = date.fromisoformat(text) if text else None
            except ValueError:
                continue
        else:
            place.data = text


def _usual_effect(review: queries.ReviewPage) -> dict[str, int]:
    if review.deviation_id is None:
        return {}
    return {"clean_batches": rules.USUAL_CLEAN_BATCHES, "clean_days": rules.USUAL_CLEAN_DAYS}


@bp.post("/<uuid:review_id>/own-account")
@requires(Permission.REVIEW_TAKE_PART)
def write_own_account(review_id: UUID) -> ResponseReturnValue:
    """Keep what the operator wrote."""
    form, status = OwnAccountForm(), 422
    if form.validate_on_submit():
        try:
            text, well = form.own_account.data or "", form.went_well.data or ""
            run(commands.write_own_account, viewer(), "", review_id, own_account=text, went_well=well)
            run(drop_draft, viewer(), "", review_id)
            flash(_("Saved. Your coach reads it before you talk."))
            return redirect(url_for(".page", review_id=review_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "own_account")
    return _page(review_id, form, status)


@bp.post("/<uuid:review_id>/hold")
@requires(Permission.REVIEW_COACH)
def hold(review_id: UUID) -> ResponseReturnValue:
    """Keep what was said and agreed."""
    form, status = HoldForm(), 422
    if form.validate_on_submit() and form.follow_up_on.data:
        try:
            run(
                commands.hold_review,
                viewer(),
                "",
                review_id,
                went_well=form.went_well.data or "",
                coach_account=form.coach_account.data or "",
                barrier=form.barrier.data or "",
                support_owed=form.support_owed.data or "",
                support_due_on=form.support_due_on.data,
                commitments=form.agreed(),
                asked=form.asked(local_day(clock.now(), viewer().zone)),
                follow_up_on=form.follow_up_on.data,
                version=version_of(form),
            )
            run(drop_draft, viewer(), "", review_id)
            flash(_("Saved. The operator can read and sign it now."))
            return redirect(url_for(".page", review_id=review_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "coach_account")
    return _page(review_id, form, status)


@bp.post("/<uuid:review_id>/guide")
@requires(Permission.REVIEW_COACH)
def choose_guide(review_id: UUID) -> ResponseReturnValue:
    """Change the model whose prompts both are shown."""
    run(commands.choose_guide, viewer(), "", review_id, guide=request.form.get("guide", ""))
    flash(_("Both of you see the prompts of this model now."))
    return redirect(url_for(".page", review_id=review_id))


@bp.post("/<uuid:review_id>/draft")
@requires(Permission.HOME_SEE)
def draft(review_id: UUID) -> ResponseReturnValue:
    """Keep what is being typed: asked by the page's script while somebody writes."""
    given = {name: text for name, text in request.form.items() if isinstance(text, str)}
    sequence = request.form.get("sequence", 0, type=int)
    kept = run(keep_draft, viewer(), "", review_id, content=given, sequence=sequence)
    return jsonify({"kept": _time(kept.saved_at), "sequence": kept.sequence})


def _time(at: datetime) -> str:
    return at.astimezone(ZoneInfo(viewer().zone)).strftime("%H:%M:%S")


@bp.post("/<uuid:review_id>/draft/drop")
@requires(Permission.HOME_SEE)
def forget_draft(review_id: UUID) -> ResponseReturnValue:
    """Forget what was typed and not saved."""
    run(drop_draft, viewer(), "", review_id)
    flash(_("What was not saved is gone."))
    return redirect(url_for(".page", review_id=review_id))


@bp.post("/<uuid:review_id>/sign")
@requires(Permission.HOME_SEE)
def sign(review_id: UUID) -> ResponseReturnValue:
    """Sign what was agreed: the operator first; the coach's signature closes the review."""
    is_coach = queries.is_coach_of(viewer(), review_id)
    form, status = CloseForm() if is_coach else AgreeForm(), 422
    if form.validate_on_submit():
        try:
            signer = viewer().proven(prove(viewer(), form.password.data or "", current_user.session_started_at))
            if is_coach:
                run(
                    commands.close_review,
                    signer,
                    "",
                    review_id,
                    version=version_of(form),
                    clean_batches=form.clean_batches.data,
                    clean_days=form.clean_days.data,
                )
                flash(_("Signed and closed."))
            else:
                run(commands.agree_to_review, signer, "", review_id, version=version_of(form))
                flash(_("Signed. Your coach signs next."))
            return redirect(url_for(".page", review_id=review_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "password")
    return _page(review_id, form, status)


# -- what was agreed, looked at again ----------------------------------------------------------------------------------


@bp.post("/<uuid:review_id>/commitments/<uuid:commitment_id>/verify")
@requires(Permission.REVIEW_COACH)
def verify(review_id: UUID, commitment_id: UUID) -> ResponseReturnValue:
    """Record what became of a commitment, with what shows it."""
    form, status = VerifyForm(), 422
    form.state.choices = _results()
    if form.validate_on_submit():
        try:
            run(
                commands.verify_commitment,
                viewer(),
                "",
                commitment_id,
                review_id=review_id,
                state=form.state.data,
                done_on=form.done_on.data if form.state.data in {"kept", "partly"} else None,
                evidence=form.evidence.data or "",
                evidence_link=form.evidence_link.data or "",
            )
            flash(_("Recorded."))
            return redirect(url_for(".page", review_id=review_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "state")
    return _page(review_id, form, status, of=commitment_id)


@bp.post("/<uuid:review_id>/commitments/<uuid:commitment_id>/done")
@requires(Permission.REVIEW_TAKE_PART)
def done(review_id: UUID, commitment_id: UUID) -> ResponseReturnValue:
    """Record the operator's word that a commitment is done."""
    form, status = DoneForm(), 422
    if form.validate_on_submit() and form.done_on.data is not None:
        try:
            run(commands.report_done, viewer(), "", commitment_id, review_id=review_id, done_on=form.done_on.data)
            flash(_("Thank you. Your coach looks at it at the follow-up."))
            return redirect(url_for(".page", review_id=review_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "done_on")
    return _page(review_id, form, status, of=commitment_id)


@bp.post("/<uuid:review_id>/commitments/<uuid:commitment_id>/wait")
@requires(Permission.REVIEW_TAKE_PART)
def wait(review_id: UUID, commitment_id: UUID) -> ResponseReturnValue:
    """Record the operator's word that a commitment waits on others."""
    form, status = WaitForm(), 422
    if form.validate_on_submit():
        try:
            run(
                follow_up.ask_to_wait,
                viewer(),
                "",
                commitment_id,
                review_id=review_id,
                waits_on=form.waits_on.data or "",
            )
            flash(_("Your coach is asked. Once it is accepted, the days from today do not count."))
            return redirect(url_for(".page", review_id=review_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "waits_on")
    return _page(review_id, form, status, of=commitment_id)


@bp.post("/<uuid:review_id>/commitments/<uuid:commitment_id>/wait/decide")
@requires(Permission.REVIEW_COACH)
def decide_wait(review_id: UUID, commitment_id: UUID) -> ResponseReturnValue:
    """Record the coach's answer to a wait."""
    form, status = DecideWaitForm(), 422
    if form.validate_on_submit():
        accepted = form.accepted.data == "1"
        try:
            run(
                follow_up.decide_wait,
                viewer(),
                "",
                commitment_id,
                review_id=review_id,
                accepted=accepted,
                refusal=form.refusal.data or "",
            )
            flash(_("Its clock stands.") if accepted else _("Its clock goes on. The operator reads why."))
            return redirect(url_for(".page", review_id=review_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "refusal")
    return _page(review_id, form, status, of=commitment_id)


@bp.post("/<uuid:review_id>/commitments/<uuid:commitment_id>/go-on")
@requires(Permission.HOME_SEE)
def go_on(review_id: UUID, commitment_id: UUID) -> ResponseReturnValue:
    """Record that a commitment waits no longer."""
    run(follow_up.go_on, viewer(), "", commitment_id, review_id=review_id)
    flash(_("From today its days count again."))
    return redirect(url_for(".page", review_id=review_id))


@bp.post("/<uuid:review_id>/follow-up/close")
@requires(Permission.REVIEW_COACH)
def close_follow_up(review_id: UUID) -> ResponseReturnValue:
    """Close the follow-up."""
    run(follow_up.close_follow_up, viewer(), "", review_id)
    flash(_("The follow-up is recorded."))
    return redirect(url_for(".page", review_id=review_id))
