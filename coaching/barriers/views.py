"""Pages of system actions: the list of the reader's sites, one's own, one with what its owner does."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from coaching.barriers import commands, exports, forms, queries, rules
from lms import clock
from lms.exports.download import download
from lms.network.queries import sites
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from lms.web import labels
from lms.web.refused import blame, version_of
from lms.web.times import local_day
from lms.web.typed import page_asked

bp = Blueprint("system_actions", __name__, template_folder="../templates", url_prefix="/system-actions")


@bp.get("")
@requires(Permission.SYSTEM_ACTION_SEE)
def index() -> ResponseReturnValue:
    """List the system actions of the reader's sites, narrowed by the address (``queries.Filters`` says by what)."""
    filters = queries.Filters.of(request.args)
    page, today = page_asked(), local_day(clock.now(), viewer().zone)
    total, rows = queries.count_and_list(viewer(), filters, page, today=today)
    return render_template(
        "coaching/system_actions.html",
        filters=filters,
        total=total,
        rows=rows,
        page=page,
        pages=-(-total // queries.PAGE_SIZE),
        sites=sites(viewer(), Permission.SYSTEM_ACTION_SEE),
        choices=labels.choices,
        today=today,
    )


@bp.get("/list.<any(csv, xlsx):file_type>")
@requires(Permission.SYSTEM_ACTION_SEE)
def export(file_type: str) -> ResponseReturnValue:
    """Hand out the list with the same filters as on the page, all of it."""
    today = local_day(clock.now(), viewer().zone)
    rows = queries.rows(viewer(), queries.Filters.of(request.args), today=today)
    return download(file_type, "system-actions", exports.HEADINGS, exports.cells(rows))


@bp.get("/mine")
@requires(Permission.ACTION_CARRY_OUT)
def mine() -> ResponseReturnValue:
    """Show the system actions that the reader owns."""
    today = local_day(clock.now(), viewer().zone)
    return render_template("coaching/system_actions_mine.html", rows=queries.owned(viewer()), today=today)


@bp.get("/<uuid:action_id>")
@requires(Permission.HOME_SEE)
def record(action_id: UUID) -> ResponseReturnValue:
    """Show one system action to its owner, and to whoever sees those of its site."""
    return _record(action_id)


def _record(action_id: UUID, status: int = 200, **submitted: FlaskForm) -> ResponseReturnValue:
    row = queries.action(viewer(), action_id)
    today = local_day(clock.now(), row.zone)
    is_owner = row.owner_id == viewer().person_id
    may_hand_on = is_owner or viewer().may(Permission.SYSTEM_ACTION_SEE, row.site_id)
    made: dict[str, Any] = {
        "done": forms.DoneForm(None, done_on=today),
        "decline": forms.DeclineForm(None),
        "hand_on": forms.HandOnForm(None),
        **submitted,
    }
    if row.state == rules.State.OPEN and may_hand_on:
        made["hand_on"].owner.choices = owner_choices(row.site_id)
    for form in made.values():
        form.version.data = row.version
    page = render_template(
        "coaching/system_action.html", a=row, forms=made, today=today, is_owner=is_owner, may_hand_on=may_hand_on
    )
    return page, status


def owner_choices(site_id: UUID) -> list[tuple[str, str]]:
    """Return who can own a system action of a site, for a select field: the site's leads first, and marked."""
    return [
        (str(person_id), _("%(name)s (site lead)", name=name) if leads else name)
        for person_id, name, leads in queries.owners(site_id, local_day(clock.now(), viewer().zone))
    ]


@bp.post("/<uuid:action_id>/done")
@requires(Permission.ACTION_CARRY_OUT)
def done(action_id: UUID) -> ResponseReturnValue:
    """Note that it is done."""
    form, status = forms.DoneForm(), 422
    if form.validate_on_submit():
        try:
            run(
                commands.finish_system_action,
                viewer(),
                "",
                action_id,
                version=version_of(form),
                done_on=form.done_on.data,
                evidence=form.evidence.data,
            )
            flash(_("Done. The two who asked for it are told."))
            return redirect(url_for(".record", action_id=action_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "evidence")
    return _record(action_id, status, done=form)


@bp.post("/<uuid:action_id>/decline")
@requires(Permission.ACTION_CARRY_OUT)
def decline(action_id: UUID) -> ResponseReturnValue:
    """Say that it will not be done."""
    form, status = forms.DeclineForm(), 422
    if form.validate_on_submit():
        try:
            run(
                commands.decline_system_action,
                viewer(),
                "",
                action_id,
                version=version_of(form),
                reason=form.reason.data,
            )
            flash(_("Kept with your reason. The two who asked for it are told."))
            return redirect(url_for(".record", action_id=action_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "reason")
    return _record(action_id, status, decline=form)


@bp.post("/<uuid:action_id>/hand-on")
@requires(Permission.ACTION_CARRY_OUT)
def hand_on(action_id: UUID) -> ResponseReturnValue:
    """Give it to another owner."""
    row = queries.action(viewer(), action_id)
    form, status = forms.HandOnForm(), 422
    form.owner.choices = owner_choices(row.site_id)
    if form.validate_on_submit():
        try:
            run(
                commands.hand_on_system_action,
                viewer(),
                form.handed_because.data,
                action_id,
                version=version_of(form),
                owner_id=UUID(form.owner.data),
                reason=form.handed_because.data,
            )
            flash(_("Handed on. The new owner is told."))
            still_mine = viewer().may(Permission.SYSTEM_ACTION_SEE, row.site_id)
            return redirect(url_for(".record", action_id=action_id) if still_mine else url_for(".mine"))
        except NotAllowed as refusal:
            status = blame(form, refusal, "owner")
    return _record(action_id, status, hand_on=form)
