"""Pages of files: for those who read the deviation, and for whoever raised it."""

from __future__ import annotations

from urllib.parse import quote
from uuid import UUID

from flask import Blueprint, Response, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from lms.attachments import commands, forms, queries
from lms.attachments.rules import MOST
from lms.attachments.storage import Storage
from lms.identity.sessions import prove
from lms.permissions import Permission, requires, viewer
from lms.redactions.commands import redact_file
from lms.redactions.queries import content_is_used
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from lms.web.refused import blame, version_of

bp = Blueprint("attachments", __name__, template_folder="../templates")


@bp.get("/deviations/<uuid:deviation_id>/files")
@requires(Permission.DEVIATION_SEE)
def index(deviation_id: UUID) -> ResponseReturnValue:
    """Show the files of a deviation."""
    return _files(deviation_id, 200)


@bp.route("/good-catch/<uuid:deviation_id>/files", methods=["GET", "POST"])
@requires(Permission.DEVIATION_RAISE)
def add(deviation_id: UUID) -> ResponseReturnValue:
    """Add a file: to what one raised, or to what one may read."""
    form = forms.FileForm()
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            name, data = form.file.data.filename or "", form.file.data.read()
            added = run(commands.attach_file, viewer(), "attached", deviation_id, name=name, data=data)
            flash(_("%(name)s is attached.", name=added.name))
            return redirect(url_for("attachments.add", deviation_id=deviation_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "file")
    return _files(deviation_id, status, file=form)


@bp.get("/deviations/<uuid:deviation_id>/files/<uuid:attachment_id>")
@requires(Permission.DEVIATION_SEE)
def content(deviation_id: UUID, attachment_id: UUID) -> ResponseReturnValue:
    """Hand out a file to be saved."""
    return _content(deviation_id, attachment_id)


@bp.get("/good-catch/<uuid:deviation_id>/files/<uuid:attachment_id>")
@requires(Permission.DEVIATION_RAISE)
def own_content(deviation_id: UUID, attachment_id: UUID) -> ResponseReturnValue:
    """Hand out a file of one's own report to be saved."""
    return _content(deviation_id, attachment_id)


@bp.route("/deviations/<uuid:deviation_id>/files/<uuid:attachment_id>/redact", methods=["GET", "POST"])
@requires(Permission.DEVIATION_REDACT)
def redact(deviation_id: UUID, attachment_id: UUID) -> ResponseReturnValue:
    """Take the content of a file out for good."""
    row = queries.file_of(viewer(), deviation_id, attachment_id)
    form = forms.RedactFileForm()
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            proof = prove(viewer(), form.password.data, current_user.session_started_at)
            run(
                redact_file,
                viewer().proven(proof),
                form.reason.data,
                attachment_id,
                version=version_of(form),
                reason=form.reason.data,
            )
            # after the commit: a record never names a content that is gone before it is redacted
            if not content_is_used(row.sha256):
                Storage.here().remove(row.sha256)
            flash(_("Redacted and signed: the content of %(name)s is gone, its row and hash stay.", name=row.name))
            return redirect(url_for("attachments.index", deviation_id=deviation_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "reason")
    form.version.data = row.version
    return render_template("lms/attachments/redact.html", row=row, deviation_id=deviation_id, form=form), status


def _files(deviation_id: UUID, status: int, file: forms.FileForm | None = None) -> ResponseReturnValue:
    page = render_template(
        "lms/attachments/files.html",
        files=queries.files_of(viewer(), deviation_id),
        form=file or forms.FileForm(None),
        most=MOST,
        megabytes=current_app.config["SETTINGS"].upload_megabytes,
        sees=viewer().may(Permission.DEVIATION_SEE),
        may_redact=viewer().may(Permission.DEVIATION_REDACT),
        may_add=viewer().may(Permission.DEVIATION_RAISE),
    )
    return page, status


def _content(deviation_id: UUID, attachment_id: UUID) -> Response:
    """Answer with the bytes as a file to save; should a browser show them all the same, nothing in them may act."""
    row = queries.file_of(viewer(), deviation_id, attachment_id)
    answer = Response(Storage.here().content(row.sha256), mimetype=row.media_type)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(row.name)}"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
