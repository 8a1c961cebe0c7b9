"""Pages of an attempt: the question, the overview before handing in, the result; and the trainer's list of used-up attempts."""

from __future__ import annotations

from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from assessments.attempts import commands, queries
from assessments.attempts.commands import AlreadyHandedIn, Saved
from assessments.attempts.forms import AnswerForm, FurtherForm
from assessments.attempts.rules import is_released
from lms import clock
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed
from lms.unit_of_work import run

bp = Blueprint("attempts", __name__, template_folder="../templates")


@bp.post("/attempts")
@requires(Permission.ATTEMPT_SIT)
def start() -> ResponseReturnValue:
    """Start an attempt, or go on with the open one."""
    try:
        assignment_id, part_id = UUID(request.form.get("assignment", "")), UUID(request.form.get("part", ""))
    except ValueError:
        raise NotAllowed(_("Open the knowledge check from your training page.")) from None
    try:
        attempt_id = run(commands.start_attempt, viewer(), "knowledge check", assignment_id, part_id)
    except IntegrityError:  # pressed twice at once: the other request started it, this one goes on with it
        attempt_id = run(commands.start_attempt, viewer(), "knowledge check", assignment_id, part_id)
    return redirect(url_for(".resume", attempt_id=attempt_id))


@bp.get("/attempts/<uuid:attempt_id>")
@requires(Permission.ATTEMPT_SIT)
def resume(attempt_id: UUID) -> ResponseReturnValue:
    """Lead to where the attempt stands: its first open question, or its result."""
    attempt = queries.own_attempt(viewer(), attempt_id)
    if not attempt.is_open:
        return redirect(url_for(".result", attempt_id=attempt_id))
    _shown, places = queries.question(attempt_id, 1)
    first = next((place.position for place in places if not place.answered), 1)
    return redirect(url_for(".question", attempt_id=attempt_id, position=first))


@bp.route("/attempts/<uuid:attempt_id>/questions/<int:position>", methods=["GET", "POST"])
@requires(Permission.ATTEMPT_SIT)
def question(attempt_id: UUID, position: int) -> ResponseReturnValue:
    """Show one question, or save it and go where the button leads; works without a script."""
    if request.method == "POST":
        return _save_and_go(attempt_id, position)
    attempt = queries.own_attempt(viewer(), attempt_id)
    if not attempt.is_open:
        return redirect(url_for(".result", attempt_id=attempt_id))
    left = int((attempt.deadline_at - clock.now()).total_seconds())
    if left <= 0:
        return render_template("assessments/attempt_over.html", attempt=attempt, form=AnswerForm())
    shown, places = queries.question(attempt_id, position)
    return render_template(
        "assessments/question.html",
        attempt=attempt,
        q=shown,
        places=places,
        left=left,
        form=AnswerForm(),
        answered=sum(place.answered for place in places),
        flagged=sum(place.flagged for place in places),
        saved_at=shown.saved_at and _clock_time(shown.saved_at),
    )


def _clock_time(at: object) -> str:
    return f"{at.astimezone(ZoneInfo(viewer().zone)):%H:%M:%S}"  # type: ignore[attr-defined]


def _save_and_go(attempt_id: UUID, position: int) -> ResponseReturnValue:
    form, go = AnswerForm(), request.form.get("go", "next")
    if not form.validate_on_submit():
        raise NotAllowed(_("This answer was not complete. Go back and choose again."))
    flagged = request.form.get("flagged") == "1"
    try:
        saved = run(
            commands.save_answer,
            viewer(),
            "answer",
            attempt_id,
            position,
            chosen=request.form.getlist("chosen"),
            flagged=not flagged if go == "flag" else flagged,
            sequence=form.sequence.data or 0,
        )
    except AlreadyHandedIn:
        return redirect(url_for(".result", attempt_id=attempt_id))
    if saved.closed:
        return redirect(url_for(".result", attempt_id=attempt_id))
    if go == "review":
        return redirect(url_for(".review", attempt_id=attempt_id))
    steps = {"next": position + 1, "previous": position - 1, "flag": position}
    wanted = steps.get(go) or (int(go) if go.isdecimal() else position)
    total = queries.own_attempt(viewer(), attempt_id).out_of
    if wanted > total:
        return redirect(url_for(".review", attempt_id=attempt_id))
    return redirect(url_for(".question", attempt_id=attempt_id, position=max(1, wanted)))


@bp.post("/attempts/<uuid:attempt_id>/questions/<int:position>/answer")
@requires(Permission.ATTEMPT_SIT)
def answer(attempt_id: UUID, position: int) -> ResponseReturnValue:
    """Save an answer as it is chosen. Asked by the page's script; answers in JSON, also when it refuses."""
    sent = request.get_json(silent=True)
    if not isinstance(sent, dict) or not isinstance(sent.get("chosen"), list) or type(sent.get("sequence")) is not int:
        return {"error": _("This answer was not complete. Reload the page and choose again.")}, 400
    chosen = [str(option) for option in sent["chosen"]]
    try:
        saved: Saved = run(
            commands.save_answer,
            viewer(),
            "answer",
            attempt_id,
            position,
            chosen=chosen,
            flagged=sent.get("flagged") is True,
            sequence=sent["sequence"],
        )
    except AlreadyHandedIn as refusal:
        return {"error": _(str(refusal)), "result": url_for(".result", attempt_id=attempt_id)}, 409
    if saved.closed:
        sentence = _("The time is over. Everything saved before counts.")
        return {"error": sentence, "result": url_for(".result", attempt_id=attempt_id)}, 409
    return {"sequence": saved.sequence, "saved": saved.saved_at and _clock_time(saved.saved_at)}


@bp.get("/attempts/<uuid:attempt_id>/review")
@requires(Permission.ATTEMPT_SIT)
def review(attempt_id: UUID) -> ResponseReturnValue:
    """Show what is answered, flagged and open before handing in."""
    attempt = queries.own_attempt(viewer(), attempt_id)
    if not attempt.is_open:
        return redirect(url_for(".result", attempt_id=attempt_id))
    left = int((attempt.deadline_at - clock.now()).total_seconds())
    if left <= 0:
        return render_template("assessments/attempt_over.html", attempt=attempt, form=AnswerForm())
    _shown, places = queries.question(attempt_id, 1)
    return render_template(
        "assessments/attempt_review.html", attempt=attempt, places=places, left=left, form=AnswerForm()
    )


@bp.post("/attempts/<uuid:attempt_id>/hand-in")
@requires(Permission.ATTEMPT_SIT)
def hand_in(attempt_id: UUID) -> ResponseReturnValue:
    """Hand in, once; a second request is told so with 409 and sees the result that stands."""
    try:
        run(commands.submit_attempt, viewer(), "handed in", attempt_id)
    except AlreadyHandedIn as refusal:
        return _result(attempt_id, _(str(refusal))), 409
    return redirect(url_for(".result", attempt_id=attempt_id))


@bp.get("/attempts/<uuid:attempt_id>/result")
@requires(Permission.ATTEMPT_SIT)
def result(attempt_id: UUID) -> ResponseReturnValue:
    """Show the result; right answers and explanations once they are released."""
    if queries.own_attempt(viewer(), attempt_id).is_open:
        return redirect(url_for(".question", attempt_id=attempt_id, position=1))
    return _result(attempt_id)


def _result(attempt_id: UUID, notice: str = "") -> str:
    attempt = queries.own_attempt(viewer(), attempt_id)
    released = is_released(passed=bool(attempt.passed), used=attempt.number, allowed=attempt.allowed)
    questions = queries.reviewed(attempt)
    return render_template(
        "assessments/attempt_result.html",
        attempt=attempt,
        questions=questions,
        released=released,
        notice=notice,
        critical_missed=sum(q.critical and not q.is_right for q in questions),
        form=AnswerForm(),
        sections=sorted({q.section for q in questions if not q.is_right and q.section}),
    )


@bp.get("/attempts/used-up")
@requires(Permission.ASSIGNMENT_MANAGE)
def used_up() -> ResponseReturnValue:
    """Show who failed with the last attempt and waits for a trainer."""
    return _used_up(FurtherForm())


def _used_up(form: FurtherForm, attempt_id: UUID | None = None) -> ResponseReturnValue:
    rows = queries.used_up(viewer())
    page = render_template("assessments/used_up.html", rows=rows, form=form, refused=attempt_id)
    return page, 422 if form.errors else 200


@bp.post("/attempts/<uuid:attempt_id>/further")
@requires(Permission.ASSIGNMENT_MANAGE)
def allow_further(attempt_id: UUID) -> ResponseReturnValue:
    """Allow one more attempt, with what was gone through together."""
    form = FurtherForm()
    if form.validate_on_submit():
        try:
            run(commands.allow_further_attempt, viewer(), form.note.data or "", attempt_id, note=form.note.data or "")
        except NotAllowed as refusal:
            form.note.errors = [_(str(refusal))]
        else:
            flash(_("Allowed: one more attempt. The person sees it on their training page."))
            return redirect(url_for(".used_up"))
    return _used_up(form, attempt_id)
