"""Page of a planned batch with its roster."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from assessments.rosters import commands, exports, queries
from assessments.rosters.forms import RosterForm, id_of
from assessments.standing.queries import workers
from lms.exports.download import download
from lms.permissions import Permission, requires, viewer
from lms.planning.forms import StepForm
from lms.planning.queries import planned
from lms.planning.rules import State
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from lms.web.refused import blame

bp = Blueprint("rosters", __name__, template_folder="../templates")


@bp.get("/planned/<uuid:planned_id>/roster")
@requires(Permission.QUALIFICATION_SEE)
def roster(planned_id: UUID) -> ResponseReturnValue:
    """Show a planned batch and who is planned for it, as ``may`` answers now for the planned start."""
    return _page(planned_id)


@bp.get("/planned/<uuid:planned_id>/roster.<any(csv, xlsx):file_type>")
@requires(Permission.QUALIFICATION_SEE)
def export(planned_id: UUID, file_type: str) -> ResponseReturnValue:
    """Hand out the same roster."""
    row = planned(viewer(), planned_id, Permission.QUALIFICATION_SEE)
    rows = queries.rosters(viewer(), [row], Permission.QUALIFICATION_SEE)
    return download(file_type, f"roster-{row.number}", exports.HEADINGS, exports.cells(rows))


@bp.post("/planned/<uuid:planned_id>/roster")
@requires(Permission.EXPOSURE_RECORD)
def put_on(planned_id: UUID) -> ResponseReturnValue:
    """Put somebody on the roster, or say why not."""
    planned(viewer(), planned_id, Permission.EXPOSURE_RECORD)
    form = RosterForm()
    if form.validate_on_submit():
        try:
            run(
                commands.put_on_roster,
                viewer(),
                "rostered",
                planned_id,
                person_id=id_of(form.person),
                task_id=id_of(form.task),
            )
            flash(_("On the roster, and told."))
            return redirect(url_for("rosters.roster", planned_id=planned_id))
        except NotAllowed as refusal:
            return _page(planned_id, form, blame(form, refusal, "person"))
    return _page(planned_id, form, 422)


@bp.post("/planned/<uuid:planned_id>/roster/<uuid:entry_id>/off")
@requires(Permission.EXPOSURE_RECORD)
def take_off(planned_id: UUID, entry_id: UUID) -> ResponseReturnValue:
    """Take somebody off the roster."""
    try:
        run(commands.take_off_roster, viewer(), "taken off the roster", entry_id)
        flash(_("Taken off the roster."))
    except NotAllowed as refusal:
        form = RosterForm()
        return _page(planned_id, form, blame(form, refusal, "person"))
    return redirect(url_for("rosters.roster", planned_id=planned_id))


def _page(planned_id: UUID, form: RosterForm | None = None, status: int = 200) -> ResponseReturnValue:
    row = planned(viewer(), planned_id, Permission.QUALIFICATION_SEE)
    may_record = viewer().may(Permission.EXPOSURE_RECORD, row.site_id) and row.state == State.PLANNED
    rows, tasks = queries.roster_with_tasks(viewer(), row, Permission.QUALIFICATION_SEE)
    form = form or RosterForm(None)
    if may_record:
        here = workers(viewer(), Permission.EXPOSURE_RECORD, row.starts_at, site_id=row.site_id)
        form.person.choices = [("", "–"), *((str(one.person_id), one.name) for one in here)]
        form.task.choices = [("", "–"), *((str(task.id), task.title) for task in tasks)]
    step = StepForm(None)
    step.version.data = row.version
    page = render_template(
        "assessments/roster.html",
        b=row,
        rows=rows,
        form=form,
        step=step,
        may_record=may_record,
        refused=len({one.person_id for one in rows if one.is_refused}),
    )
    return page, status
