"""Pages of the just-culture step: one's own cases, stating a concern, answering alone, settling, the person's words."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf import FlaskForm

from coaching.just_culture import commands, forms, queries, rules
from lms import clock
from lms.identity.sessions import prove
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from lms.web.refused import blame, version_of
from lms.web.times import local_day

bp = Blueprint("just_culture", __name__, template_folder="../templates")


@bp.get("/just-culture")
@requires(Permission.HOME_SEE)
def mine() -> ResponseReturnValue:
    """List the reader's own cases: those about them, and those they assess."""
    return render_template("coaching/just_culture_mine.html", rows=queries.cases_of(viewer()))


@bp.route("/deviations/<uuid:deviation_id>/just-culture", methods=["GET", "POST"])
@requires(Permission.JUST_CULTURE_ASSESS)
def new(deviation_id: UUID) -> ResponseReturnValue:
    """State a concern about somebody's part in a deviation."""
    about = queries.opening(viewer(), deviation_id)
    now = clock.now()
    today = local_day(now, viewer().zone)
    choice = queries.assessors(about.site_id, today, now)
    form = forms.ConcernForm()
    form.subject.choices = [(str(person_id), name) for person_id, name in about.involved]
    form.second.choices = [(str(person_id), name) for person_id, name in choice if person_id not in about.named]
    form.second.choices = [one for one in form.second.choices if one[0] != str(viewer().person_id)]
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            proof = prove(viewer(), form.password.data, current_user.session_started_at)
            case = run(
                commands.open_just_culture_case,
                viewer().proven(proof),
                "",
                deviation_id,
                subject_id=UUID(form.subject.data),
                second_id=UUID(form.second.data),
                concern=form.concern.data,
            )
            flash(_("Stated and signed. The person and the second assessor are told."))
            return redirect(url_for(".case", case_id=case.id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "concern")
    page = render_template(
        "coaching/just_culture_new.html",
        about=about,
        form=form,
        trained=any(person_id == viewer().person_id for person_id, _name in choice),
        looked_at=about.investigated and (about.factors or about.excluded),
        purge_on=rules.purge_on(today),
    )
    return page, status


@bp.get("/just-culture/<uuid:case_id>")
@requires(Permission.HOME_SEE)
def case(case_id: UUID) -> ResponseReturnValue:
    """Show one case to its assessors and the person."""
    return _page(case_id)


@bp.post("/just-culture/<uuid:case_id>/answers")
@requires(Permission.JUST_CULTURE_ASSESS)
def answer(case_id: UUID) -> ResponseReturnValue:
    """Keep one assessor's answers."""
    facts = queries.case_page(viewer(), case_id)
    form = forms.AnswersForm()
    status = 422
    if form.validate_on_submit():
        try:
            run(
                commands.answer_just_culture,
                viewer(),
                "",
                case_id,
                answers=form.given(facts.questions),
                route=form.route.data or "",
                reason=form.reason.data,
            )
            flash(_("Kept. The other assessor’s answers are shown once both are in."))
            return redirect(url_for(".case", case_id=case_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "reason")
    return _page(case_id, status, answers=form)


@bp.post("/just-culture/<uuid:case_id>/settle")
@requires(Permission.JUST_CULTURE_ASSESS)
def settle(case_id: UUID) -> ResponseReturnValue:
    """Record the route that two who differed agreed on."""
    form = forms.SettleForm()
    status = 422
    if form.validate_on_submit():
        try:
            run(
                commands.settle_just_culture,
                viewer(),
                "",
                case_id,
                version=version_of(form),
                route=form.route.data or "",
                reason=form.reason.data,
            )
            flash(_("Recorded. The person is told."))
            return redirect(url_for(".case", case_id=case_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "reason")
    return _page(case_id, status, settle=form)


@bp.post("/just-culture/<uuid:case_id>/words")
@requires(Permission.HOME_SEE)
def words(case_id: UUID) -> ResponseReturnValue:
    """Keep what the person says to it."""
    form = forms.WordsForm()
    if form.validate_on_submit():
        run(commands.add_own_words, viewer(), "", case_id, words=form.words.data or "")
        flash(_("Kept. Both assessors are told."))
        return redirect(url_for(".case", case_id=case_id))
    return _page(case_id, 422, words=form)


def _page(case_id: UUID, status: int = 200, **submitted: FlaskForm) -> ResponseReturnValue:
    facts = queries.case_page(viewer(), case_id)
    made: dict[str, Any] = {
        "answers": forms.AnswersForm(None),
        "settle": forms.SettleForm(None, version=facts.version),
        "words": forms.WordsForm(None, words=facts.words),
        **submitted,
    }
    made["answers"].offer(facts.questions)
    made["settle"].offer()
    made["settle"].version.data = facts.version
    questions = rules.QUESTIONS[facts.questions]
    return render_template("coaching/just_culture_case.html", c=facts, forms=made, questions=questions), status
