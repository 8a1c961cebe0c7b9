"""Pages of calibration: one's own, rating alone, comparing."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from assessments.api import checklists
from coaching.calibration import commands, forms, queries, rules
from lms import clock
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from lms.web import labels
from lms.web.refused import blame
from lms.web.slots import filled

bp = Blueprint("calibration", __name__, template_folder="../templates", url_prefix="/calibration")


@bp.route("", methods=["GET", "POST"])
@requires(Permission.REVIEW_COACH)
def index() -> ResponseReturnValue:
    """List the reader's calibrations, and ask another coach to rate a run."""
    form = forms.AskForm()
    form.checklist.choices = [(str(row.id), row.title) for row in checklists()]
    form.second.choices = [(str(person_id), name) for person_id, name in queries.coaches(viewer(), clock.now().date())]
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            asked = run(
                commands.ask_calibration,
                viewer(),
                "",
                checklist_id=UUID(form.checklist.data),
                second_id=UUID(form.second.data),
                about=form.about.data,
            )
            flash(_("Asked. Rate it alone; you compare once both have."))
            return redirect(url_for(".exercise", exercise_id=asked.id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "about")
    return render_template("coaching/calibrations.html", rows=queries.exercises_of(viewer()), form=form), status


@bp.get("/<uuid:exercise_id>")
@requires(Permission.REVIEW_COACH)
def exercise(exercise_id: UUID) -> ResponseReturnValue:
    """Show one calibration to its two coaches."""
    return _page(exercise_id, forms.RateForm(None), {})


@bp.post("/<uuid:exercise_id>/rate")
@requires(Permission.REVIEW_COACH)
def rate(exercise_id: UUID) -> ResponseReturnValue:
    """Keep one coach's marks."""
    form = forms.RateForm()
    marks = form.given(request.form)
    status = 422
    if form.validate_on_submit():
        try:
            run(commands.rate_calibration, viewer(), "", exercise_id, marks=marks)
            flash(_("Kept. You compare once both have rated."))
            return redirect(url_for(".exercise", exercise_id=exercise_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "marks")
    return _page(exercise_id, form, marks, status)


def _page(exercise_id: UUID, form: forms.RateForm, marks: Mapping[str, str], status: int = 200) -> ResponseReturnValue:
    facts = queries.exercise_page(viewer(), exercise_id)
    agreement = filled("calibration.agreement", table=rules.crossed(facts.pairs)) if facts.theirs else []
    page = render_template(
        "coaching/calibration.html",
        e=facts,
        form=form,
        marks=marks,
        choices=labels.choices("calibration_mark"),
        agreement=agreement[0] if agreement else None,
    )
    return page, status
