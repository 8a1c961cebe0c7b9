"""The page of a review's notes, also fetched beside the review."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from coaching.notes import commands, queries
from coaching.notes.forms import NoteForm, RewriteForm
from coaching.notes.rules import choices_of
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from lms.web.labels import label
from lms.web.refused import blame, version_of

bp = Blueprint("review_notes", __name__, template_folder="../templates", url_prefix="/reviews")


def _offered(form: NoteForm, notes: queries.Notes) -> NoteForm:
    offered = choices_of(is_coach=notes.is_coach)
    form.readers.choices = [(str(one), label(one, "note_readers")) for one in offered]
    return form


@bp.get("/<uuid:review_id>/notes")
@requires(Permission.HOME_SEE)
def page(review_id: UUID) -> ResponseReturnValue:
    """Show the notes that the reader may read, and a form for a new one."""
    return _page(queries.notes_of(viewer(), review_id))


def _page(
    notes: queries.Notes,
    *,
    form: NoteForm | None = None,
    rewrite: RewriteForm | None = None,
    of: UUID | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    form = form or _offered(NoteForm(None, readers="shared"), notes)
    template = "coaching/_notes.html" if request.headers.get("HX-Request") else "coaching/notes.html"
    return render_template(template, notes=notes, form=form, rewrite=rewrite or RewriteForm(None), of=of), status


@bp.post("/<uuid:review_id>/notes")
@requires(Permission.HOME_SEE)
def write(review_id: UUID) -> ResponseReturnValue:
    """Keep a new note."""
    notes = queries.notes_of(viewer(), review_id)
    form, status = _offered(NoteForm(), notes), 422
    if form.validate_on_submit():
        try:
            run(commands.write_note, viewer(), "", review_id, text=form.text.data, readers=form.readers.data)
            flash(_("The note is kept."))
            return redirect(url_for("reviews.page", review_id=review_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "text")
    return _page(notes, form=form, status=status)


@bp.post("/<uuid:review_id>/notes/<uuid:note_id>")
@requires(Permission.HOME_SEE)
def rewrite(review_id: UUID, note_id: UUID) -> ResponseReturnValue:
    """Keep the text of one's own note, put right."""
    notes = queries.notes_of(viewer(), review_id)
    form, status = RewriteForm(), 422
    if form.validate_on_submit():
        try:
            run(commands.rewrite_note, viewer(), "", note_id, version=version_of(form), text=form.text.data)
            flash(_("The note is kept."))
            return redirect(url_for("reviews.page", review_id=review_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "text")
    return _page(notes, rewrite=form, of=note_id, status=status)
