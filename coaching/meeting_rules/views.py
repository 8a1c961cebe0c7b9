"""Pages of what sites permit at remote reviews."""

from __future__ import annotations

from dataclasses import asdict
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from coaching.meeting_rules import commands, exports, queries
from coaching.meeting_rules.forms import MeetingRulesForm
from lms.exports.download import download
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from lms.web.refused import blame, version_of

bp = Blueprint("meeting_rules", __name__, template_folder="../templates", url_prefix="/meeting-rules")


@bp.get("")
@requires(Permission.NETWORK_SEE)
def index() -> ResponseReturnValue:
    """List what the sites within reach permit."""
    return render_template("coaching/meeting_rules.html", rows=queries.rules_of_sites(viewer()))


@bp.get("/sites.<any(csv, xlsx):file_type>")
@requires(Permission.NETWORK_SEE)
def export(file_type: str) -> ResponseReturnValue:
    """Hand the list out."""
    rows = queries.rules_of_sites(viewer())
    return download(file_type, "meeting-rules", exports.HEADINGS, exports.cells(rows))


@bp.get("/<uuid:site_id>")
@requires(Permission.NETWORK_SEE)
def site(site_id: UUID) -> ResponseReturnValue:
    """Show what one site permits."""
    return _site(queries.rules_of_site(viewer(), site_id))


@bp.post("/<uuid:site_id>")
@requires(Permission.CALENDAR_MANAGE)
def change(site_id: UUID) -> ResponseReturnValue:
    """Change what a site permits."""
    row = queries.rules_of_site(viewer(), site_id)
    form = MeetingRulesForm()
    form.offer()
    status = 422
    if form.validate_on_submit():
        try:
            run(
                commands.set_meeting_rules,
                viewer(),
                form.reason.data,
                site_id,
                version=version_of(form),
                permitted=form.permitted(),
                reason=form.reason.data,
            )
            flash(_("Changed. Whoever books from now on is held to it; planned reviews stay as they are."))
            return redirect(url_for("meeting_rules.site", site_id=site_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "reason")
    return _site(row, form, status)


def _site(row: queries.RulesRow, form: MeetingRulesForm | None = None, status: int = 200) -> ResponseReturnValue:
    if form is None:
        form = MeetingRulesForm(None, **asdict(row.permitted))
        form.offer()
    form.version.data = row.version
    may_manage = viewer().may(Permission.CALENDAR_MANAGE, row.site_id)
    return render_template("coaching/meeting_rules_of_site.html", row=row, form=form, may_manage=may_manage), status
