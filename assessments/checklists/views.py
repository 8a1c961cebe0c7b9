"""Pages of checklists: those in force, writing one, writing the next version."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from assessments.checklists.forms import SPARE_ROWS, ChecklistForm, NextChecklistForm
from assessments.observations import queries
from assessments.observations.commands import publish_checklist
from assessments.observations.models import Checklist
from assessments.observations.rules import MOST_POINTS
from assessments.training.queries import tasks
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run
from lms.web.refused import blame, version_of

bp = Blueprint("observations_checklists", __name__, template_folder="../templates")


@bp.get("/checklists")
@requires(Permission.QUALIFICATION_SEE)
def index() -> ResponseReturnValue:
    """Show the checklists in their current version."""
    points = queries.current_points()
    rows = [(row, points.get(row.id, [])) for row in queries.checklists()]
    return render_template(
        "assessments/checklists.html",
        rows=rows,
        names={task.id: task.title for task in tasks()},
        may_write=_may_write(),
    )


@bp.route("/checklists/new", methods=["GET", "POST"])
@requires(Permission.ITEM_AUTHOR)
def new() -> ResponseReturnValue:
    """Write the first checklist of a task."""
    _refuse_others()
    form = ChecklistForm()
    form.task.choices = [("", "–"), *((str(task.id), f"{task.code} {task.title}") for task in tasks())]
    if _more_rows(form):
        return render_template("assessments/checklist_new.html", form=form)
    if form.validate_on_submit():
        written = _publish(form, code=(form.code.data or "").strip(), task_id=UUID(form.task.data), replaces=0)
        if written is not None:
            flash(_("Published. Assessors mark it from now on."))
            return redirect(url_for(".index"))
    return render_template("assessments/checklist_new.html", form=form), 422 if form.errors else 200


@bp.route("/checklists/<uuid:checklist_id>/next", methods=["GET", "POST"])
@requires(Permission.ITEM_AUTHOR)
def next_version(checklist_id: UUID) -> ResponseReturnValue:
    """Write the next version. Signed runs, and drafts begun before, keep theirs."""
    _refuse_others()
    shown = queries.checklist_in_force(checklist_id)
    points = queries.points_of(shown.id)
    form = NextChecklistForm()
    if not form.is_submitted():
        form = NextChecklistForm(
            None,
            title=shown.title,
            version=shown.number,
            points=[
                *({"text": point.text, "critical": point.critical} for point in points),
                *({} for _row in range(min(SPARE_ROWS, MOST_POINTS - len(points)))),
            ],
        )
    elif not _more_rows(form) and form.validate():
        written = _publish(form, code=shown.code, task_id=shown.task_id, replaces=version_of(form) or -1)
        if written is not None:
            unchanged = written.number == shown.number
            flash(_("Nothing was changed, so there is no new version.") if unchanged else _("Published."))
            return redirect(url_for(".index"))
    form.version.data = str(shown.number)  # whoever was told of a newer version has read it now
    task = next(task.title for task in tasks() if task.id == shown.task_id)
    page = render_template("assessments/checklist_next.html", form=form, shown=shown, task=task, points=points)
    return page, 422 if form.errors else 200


def _may_write() -> bool:
    return viewer().sites_for(Permission.ITEM_AUTHOR) is None


def _refuse_others() -> None:
    """Say so before somebody has typed a checklist that they may not publish."""
    if not _may_write():
        raise NotFound("A checklist holds in the whole network, so a trainer of the whole network writes it.")


def _more_rows(form: ChecklistForm) -> bool:
    """Whether the reader asked for rows at the end, or for one above another, which the form then has."""
    if "more" in request.form:
        form.add_rows()
    elif "above" in request.form:
        form.add_row_above(request.form.get("above", 0, type=int))
    else:
        return False
    return True


def _publish(form: ChecklistForm, *, code: str, task_id: UUID, replaces: int) -> Checklist | None:
    """Publish what was typed; None if it was refused, which the form then says."""
    try:
        return run(
            publish_checklist,
            viewer(),
            form.reason.data or "",
            code=code,
            title=(form.title.data or "").strip(),
            task_id=task_id,
            points=form.written(),
            replaces=replaces,
        )
    except NotAllowed as refusal:
        blame(form, refusal, "points")
        return None
