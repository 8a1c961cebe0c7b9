"""Pages of checklists: those in force and those that wait, writing one or its next version, approving it."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from assessments.checklists import commands, queries
from assessments.checklists.forms import SPARE_ROWS, ApproveForm, ChecklistForm, NextChecklistForm, ReturnForm
from assessments.observations.models import Checklist
from assessments.observations.queries import checklists, current_points, points_of
from assessments.observations.rules import MOST_POINTS, ChecklistState
from assessments.training.queries import tasks
from lms.identity.sessions import prove
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run
from lms.web.refused import blame, version_of

bp = Blueprint("observations_checklists", __name__, template_folder="../templates")


@bp.get("/checklists")
@requires(Permission.QUALIFICATION_SEE)
def index() -> ResponseReturnValue:
    """Show the checklists in their current version, and the versions that wait for approval."""
    points = current_points()
    rows = [(row, points.get(row.id, [])) for row in checklists()]
    return render_template(
        "assessments/checklists.html",
        rows=rows,
        waiting=queries.waiting(),
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
        written = _write(form, code=(form.code.data or "").strip(), task_id=UUID(form.task.data), replaces=0)
        if written is not None:
            flash(_("Sent for approval. Assessors mark it once quality assurance has approved it."))
            return redirect(url_for(".version", checklist_id=written.id))
    return render_template("assessments/checklist_new.html", form=form), 422 if form.errors else 200


@bp.route("/checklists/<uuid:checklist_id>/next", methods=["GET", "POST"])
@requires(Permission.ITEM_AUTHOR)
def next_version(checklist_id: UUID) -> ResponseReturnValue:
    """Write the next version. Signed runs, and drafts begun before, keep theirs."""
    _refuse_others()
    shown = queries.newest(checklist_id)
    points = points_of(shown.id)
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
        written = _write(form, code=shown.code, task_id=shown.task_id, replaces=version_of(form) or -1)
        if written is not None:
            unchanged = written.number == shown.number
            flash(_("Nothing was changed, so there is no new version.") if unchanged else _("Sent for approval."))
            return redirect(url_for(".version", checklist_id=written.id))
    form.version.data = str(shown.number)  # whoever was told of a newer version has read it now
    task = next(task.title for task in tasks() if task.id == shown.task_id)
    page = render_template("assessments/checklist_next.html", form=form, shown=shown, task=task, points=points)
    return page, 422 if form.errors else 200


@bp.get("/checklists/<uuid:checklist_id>")
@requires(Permission.QUALIFICATION_SEE)
def version(checklist_id: UUID) -> ResponseReturnValue:
    """Show a version: what it changes, who wrote it and why, and its signature or the way to it."""
    return _version_page(queries.version_page(checklist_id), ApproveForm(None), ReturnForm(None))


@bp.post("/checklists/<uuid:checklist_id>/approve")
@requires(Permission.DOCUMENT_APPROVE)
def approve(checklist_id: UUID) -> ResponseReturnValue:
    """Approve a version with a signature; runs begun from now on are marked on it."""
    form, status = ApproveForm(), 422
    if form.validate_on_submit():
        try:
            proof = prove(viewer(), form.password.data or "", current_user.session_started_at)
            run(commands.approve_checklist, viewer().proven(proof), "approved", checklist_id)
        except NotAllowed as refusal:
            status = blame(form, refusal, "password")
        else:
            flash(_("Approved and signed. Runs begun from now on are marked on it."))
            return redirect(url_for(".version", checklist_id=checklist_id))
    return _version_page(queries.version_page(checklist_id), form, ReturnForm(None), status)


@bp.post("/checklists/<uuid:checklist_id>/return")
@requires(Permission.DOCUMENT_APPROVE)
def send_back(checklist_id: UUID) -> ResponseReturnValue:
    """Give a version back to its author with what should be changed."""
    form, status = ReturnForm(), 422
    if form.validate_on_submit():
        try:
            run(commands.return_checklist, viewer(), form.reason.data or "", checklist_id)
        except NotAllowed as refusal:
            status = blame(form, refusal, "reason")
        else:
            flash(_("Given back to the author."))
            return redirect(url_for(".version", checklist_id=checklist_id))
    return _version_page(queries.version_page(checklist_id), ApproveForm(None), form, status)


def _version_page(
    shown: queries.VersionPage, form: ApproveForm, returning: ReturnForm, status: int = 200
) -> ResponseReturnValue:
    page = render_template(
        "assessments/checklist.html",
        shown=shown,
        c=shown.version,
        points=shown.points,
        task=next(task.title for task in tasks() if task.id == shown.version.task_id),
        form=form,
        returning=returning,
        may_write=_may_write() and shown.version.state in {ChecklistState.IN_FORCE, ChecklistState.IN_REVIEW},
    )
    return page, status


def _may_write() -> bool:
    return viewer().may(Permission.ITEM_AUTHOR) and viewer().sites_for(Permission.ITEM_AUTHOR) is None


def _refuse_others() -> None:
    """Say so before somebody has typed a checklist that they may not send."""
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


def _write(form: ChecklistForm, *, code: str, task_id: UUID, replaces: int) -> Checklist | None:
    """Send what was typed for approval; None if it was refused, which the form then says."""
    try:
        return run(
            commands.write_checklist,
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
