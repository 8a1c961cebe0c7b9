"""Pages of the waves: what was said and done, the note, and at which sites the survey runs."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from coaching.voice import commands, exports, queries
from coaching.voice.forms import NoteForm, SwitchForm
from lms import clock
from lms.exports.download import download
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run
from lms.web.refused import blame, version_of
from lms.web.times import local_day
from lms.web.typed import page_asked

bp = Blueprint("voice", __name__, template_folder="../templates", url_prefix="/survey")
#: Notes on one page: two quarters of a dozen sites.
PAGE_SIZE = 24


@bp.get("/waves")
@requires(Permission.VOICE_SEE)
def waves() -> ResponseReturnValue:
    """Show what teams said and what their site did about it, and what is still owed."""
    rows = queries.waves(viewer())
    sites = viewer().sites_for(Permission.VOICE_ANSWER)
    answered, page = [row for row in rows if row.answered], page_asked()
    return render_template(
        "coaching/voice/waves.html",
        rows=answered[(page - 1) * PAGE_SIZE : page * PAGE_SIZE],
        page=page,
        pages=-(-len(answered) // PAGE_SIZE),
        owed=[row for row in rows if not row.answered],
        may_answer=frozenset(row.site_id for row in rows if sites is None or row.site_id in sites),
        blocked=request.args.get("owed", "")[:7],
    )


@bp.get("/waves.<any(csv, xlsx):file_type>")
@requires(Permission.VOICE_SEE)
def export(file_type: str) -> ResponseReturnValue:
    """Hand out the page's rows as a file."""
    return download(file_type, "you-said-we-did", exports.headings(), exports.cells(queries.waves(viewer())))


@bp.route("/waves/<uuid:wave_id>", methods=["GET", "POST"])
@requires(Permission.VOICE_ANSWER)
def note(wave_id: UUID) -> ResponseReturnValue:
    """Write the note about one wave."""
    row = queries.wave(viewer(), wave_id)
    form = NoteForm()
    today = local_day(clock.now(), viewer().zone)
    form.owner.choices = [("", "–"), *((str(one), name) for one, name in queries.owners(row.site_id, today))]
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            run(
                commands.answer_wave,
                viewer(),
                form.did.data,
                wave_id,
                version=version_of(form),
                said=form.said.data,
                did=form.did.data,
                owner_id=UUID(form.owner.data),
                due_on=form.due_on.data,
            )
        except NotAllowed as refusal:
            status = blame(form, refusal, "did")
        else:
            flash(_("It stands on every sheet of the site from now on."))
            return redirect(url_for("voice.waves"))
    if not form.is_submitted():
        form.said.data, form.did.data, form.due_on.data = row.said, row.did, row.due_on
    form.version.data = row.version
    return render_template("coaching/voice/note.html", row=row, form=form), status


@bp.get("/sites")
@requires(Permission.SURVEY_GOVERN)
def sites() -> ResponseReturnValue:
    """Show at which sites the survey runs."""
    return _sites()


def _sites(refused: tuple[UUID, SwitchForm] | None = None, status: int = 200) -> ResponseReturnValue:
    return (
        render_template(
            "coaching/voice/sites.html",
            rows=queries.site_switches(viewer()),
            form=SwitchForm(None),
            refused=dict([refused]) if refused else {},
        ),
        status,
    )


@bp.post("/sites/<uuid:site_id>/<any(on, off):wanted>")
@requires(Permission.SURVEY_GOVERN)
def switch(site_id: UUID, wanted: str) -> ResponseReturnValue:
    """Switch the survey at a site."""
    form = SwitchForm()
    if site_id not in {row.id for row in queries.site_switches(viewer())}:
        raise NotFound("There is no such site of yours.")
    if not form.validate_on_submit():
        return _sites((site_id, form), 422)
    try:
        run(commands.switch_survey, viewer(), form.reason.data, site_id, on=wanted == "on", reason=form.reason.data)
    except NotAllowed as refusal:
        return _sites((site_id, form), blame(form, refusal, "reason"))
    flash(
        _("The survey is on. The next closed review is asked about.")
        if wanted == "on"
        else _("The survey is off. Sheets that are out stay open until their last day.")
    )
    return redirect(url_for("voice.sites"))
