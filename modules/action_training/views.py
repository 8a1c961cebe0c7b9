"""Pages of actions that are training: opening one, confirming its completions, and its people as a file."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms import clock
from lms.capas.queries import owners
from lms.capas.rules import DUE_DAYS, due_on
from lms.deviations.queries import deviation
from lms.exports.download import download
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run
from lms.web.refused import blame, version_of
from lms.web.times import local_day
from modules.action_training import commands, exports, queries
from modules.action_training.forms import ConfirmForm, TrainingActionForm
from modules.action_training.rules import Audience, Chosen
from modules.library.queries import module_names

bp = Blueprint("action_training", __name__, template_folder="../templates")


def _chosen(form: TrainingActionForm) -> Chosen:
    """Return by what people are chosen: what was left in the fields of another audience does not count."""
    audience = form.audience.data
    return Chosen(
        audience,
        UUID(form.team.data) if audience == Audience.TEAM and form.team.data else None,
        form.role.data or "" if audience == Audience.ROLE else "",
        UUID(form.task.data) if audience == Audience.TASK and form.task.data else None,
    )


@bp.route("/deviations/<uuid:deviation_id>/capas/new-training", methods=["GET", "POST"])
@requires(Permission.CAPA_MANAGE)
def new(deviation_id: UUID) -> ResponseReturnValue:
    """Open an action from a deviation that asks people of its site to complete a module."""
    facts = deviation(viewer(), deviation_id, Permission.CAPA_MANAGE)
    form, offered = TrainingActionForm(), queries.choices_at(viewer(), facts.site_id)
    form.offer(
        modules=[(str(m.id), f"{m.code} {m.title}") for m in module_names()],
        teams=[(str(team_id), name) for team_id, name in offered.teams],
        tasks=[(str(task_id), title) for task_id, title in offered.tasks],
        owners=[(str(person_id), name) for person_id, name in owners(viewer(), facts.site_id)],
    )
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            opened = run(
                commands.open_training_action,
                viewer(),
                form.title.data,
                deviation_id,
                title=form.title.data,
                description=form.description.data or "",
                owner_id=UUID(form.owner.data),
                due_on=form.due_on.data,
                module_id=UUID(form.module.data),
                chosen=_chosen(form),
            )
            flash(_("%(number)s is open and its training is assigned. Its owner is told.", number=opened.number))
            return redirect(url_for("capas.record", capa_id=opened.id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "module")
    elif not form.is_submitted():
        form.due_on.data = due_on(local_day(clock.now(), facts.zone), facts.severity)
    return render_template("modules/action_training.html", d=facts, form=form, days=DUE_DAYS), status


@bp.post("/actions/<uuid:capa_id>/training/confirm")
@requires(Permission.ACTION_CARRY_OUT)
def confirm(capa_id: UUID) -> ResponseReturnValue:
    """Put an action in place by the completions of its training."""
    form = ConfirmForm()
    if form.validate_on_submit():
        try:
            run(
                commands.confirm_training,
                viewer(),
                "every training completed",
                capa_id,
                version=version_of(form),
            )
            flash(_("In place, with the completions as evidence."))
        except NotFound:
            raise
        except NotAllowed as refusal:
            flash(_(str(refusal)), "warn")
    return redirect(url_for("capas.own", capa_id=capa_id))


@bp.get("/capas/<uuid:capa_id>/training.<any(csv, xlsx):file_type>")
@requires(Permission.CAPA_MANAGE)
def export(capa_id: UUID, file_type: str) -> ResponseReturnValue:
    """Hand out who completed an action's training, and who was taken out and why."""
    facts = queries.exported(viewer(), capa_id)
    return download(file_type, "action-training", exports.HEADINGS, exports.cells(facts.trainees))
