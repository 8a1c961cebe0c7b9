"""Pages of writing: upload or start an SOP, edit a draft with its preview, see whom it will hit, review, approve."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import PurePosixPath
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.datastructures import FileStorage

from lms import clock
from lms.identity.sessions import prove
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed, StaleForm
from lms.unit_of_work import run
from lms.web.refused import version_of
from lms.web.times import is_meant, local_day
from modules.authoring import queries
from modules.authoring.forms import ApproveForm, DraftForm, ReturnForm, StartForm, UploadForm
from modules.documents import commands
from modules.documents.markdown import render, split_sections
from modules.documents.pictures import address_of
from modules.documents.queries import document_names
from modules.documents.sop_file import find_pictures, read_sop

#: Days between approval and effect that the form suggests, so that there is time to train.
TRAINING_DAYS = 14

bp = Blueprint("documents_authoring", __name__, template_folder="../templates")


def _given(files: Iterable[FileStorage] | None) -> dict[str, bytes]:
    """Return the uploaded files by their bare name; browsers send no folders worth trusting."""
    named = [(PurePosixPath((file.filename or "").replace("\\", "/")).name, file) for file in files or ()]
    return {name: file.read() for name, file in named if name}


@bp.route("/sops/new", methods=["GET", "POST"])
@requires(Permission.DOCUMENT_AUTHOR)
def new() -> ResponseReturnValue:
    """Start an SOP with its number and title."""
    start = StartForm()
    start.offer()
    known = {name.code.lower() for name in document_names(viewer())} if start.is_submitted() else set()
    if start.validate_on_submit() and (start.code.data or "").strip().lower() in known:
        start.code.errors = [_("This number is taken. Open that SOP and draft its next version.")]
    elif start.validate_on_submit():
        try:
            draft = run(
                commands.draft_document_version,
                viewer(),
                "started",
                code=start.code.data or "",
                title=start.title.data or "",
                source="",
                process_step=start.process_step.data or "",
            )
        except NotAllowed as refusal:
            start[refusal.field if refusal.field in start else "code"].errors = [_(str(refusal))]
        else:
            return redirect(url_for(".edit", version_id=draft.id))
    return render_template("modules/sop_new.html", start=start, upload=UploadForm()), 422 if start.errors else 200


@bp.post("/sops/upload")
@requires(Permission.DOCUMENT_AUTHOR)
def upload() -> ResponseReturnValue:
    """Make a draft from a Markdown file and its pictures, and show what could not be represented."""
    form, start = UploadForm(), StartForm(None)
    start.offer()
    given = _given(form.files.data)
    texts = [name for name in given if name.lower().endswith((".md", ".markdown"))]
    if len(texts) != 1:
        form.files.errors = [_("Choose one Markdown file (.md), and with it the pictures it shows.")]
        return render_template("modules/sop_new.html", start=start, upload=form), 422
    try:
        sop = read_sop(texts[0], given[texts[0]], lambda path: given.get(PurePosixPath(path).name))
        draft = run(commands.import_document_version, viewer(), f"uploaded {texts[0]}", sop)
    except NotAllowed as refusal:
        form.files.errors = [_(str(refusal))]
        return render_template("modules/sop_new.html", start=start, upload=form), 422
    flash(_("Taken in as a draft. Look at what is shown otherwise than written, below the text."))
    return redirect(url_for(".edit", version_id=draft.id))


@bp.route("/sops/versions/<uuid:version_id>/edit", methods=["GET", "POST"])
@requires(Permission.DOCUMENT_AUTHOR)
def edit(version_id: UUID) -> ResponseReturnValue:
    """Edit a draft beside its preview."""
    shown = queries.open_version(viewer(), version_id)
    form = DraftForm(obj=shown.record)
    form.offer()
    if form.validate_on_submit() and "preview" not in request.form:
        given = _given(form.pictures.data)
        pictures, refused = find_pictures(form.source.data or "", lambda path: given.get(PurePosixPath(path).name))
        try:
            run(
                commands.edit_document_version,
                viewer(),
                "edited",
                version_id,
                version=version_of(form),
                title=form.title.data or "",
                source=(form.source.data or "").replace("\r\n", "\n"),
                change_summary=form.change_summary.data or "",
                change_reason=form.change_reason.data or "",
                affected=form.affected.data or "",
                risk_class=form.risk_class.data,
                pictures=pictures,
            )
            if "send" in request.form:
                run(commands.send_to_review, viewer(), "ready for review", version_id)
        except StaleForm as refusal:
            form.source.errors = [_(str(refusal))]
            return _editor(version_id, form), 409
        except NotAllowed as refusal:
            form[refusal.field if refusal.field in form else "source"].errors = [_(str(refusal))]
        else:
            for reason in (refused[name] for name in sorted(refused) if any(name in path.lower() for path in given)):
                flash(_(reason), "warn")
            flash(_("Sent to review.") if "send" in request.form else _("Saved."))
            return redirect(url_for(".review" if "send" in request.form else ".edit", version_id=version_id))
    return _editor(version_id, form), 422 if form.errors else 200


def _editor(version_id: UUID, form: DraftForm) -> str:
    """Show the editor as the version stands now; what was typed stays in the form."""
    shown = queries.open_version(viewer(), version_id)
    if request.method == "GET" or not form.version.data:
        form.version.data = str(shown.record.version)
    names = queries.picture_names(version_id)
    source = (form.source.data or "").replace("\r\n", "\n")
    page = render(source, pictures=names, address=address_of(version_id))
    return render_template(
        "modules/sop_edit.html",
        shown=shown,
        form=form,
        names=names,
        sections=split_sections(page.html),
        notes=page.notes,
    )


@bp.post("/sops/versions/<uuid:version_id>/preview")
@requires(Permission.DOCUMENT_AUTHOR)
def preview(version_id: UUID) -> ResponseReturnValue:
    """Answer the editor with the page that a text would make; nothing is kept."""
    queries.open_version(viewer(), version_id)
    source = request.form.get("source", "").replace("\r\n", "\n")
    page = render(source, pictures=queries.picture_names(version_id), address=address_of(version_id))
    return render_template("modules/_preview.html", sections=split_sections(page.html), notes=page.notes)


@bp.post("/sops/<uuid:document_id>/next")
@requires(Permission.DOCUMENT_AUTHOR)
def next_version(document_id: UUID) -> ResponseReturnValue:
    """Draft the next version from the text that holds."""
    draft = run(commands.draft_next_version, viewer(), "next version started", document_id)
    return redirect(url_for(".edit", version_id=draft.id))


@bp.post("/sops/versions/<uuid:version_id>/withdraw")
@requires(Permission.DOCUMENT_AUTHOR)
def withdraw(version_id: UUID) -> ResponseReturnValue:
    """Withdraw a version that was never approved."""
    reason = request.form.get("reason", "").strip() or "withdrawn by its author"
    version = run(commands.withdraw_document_version, viewer(), reason, version_id)
    flash(_("Withdrawn. Its number is not used again."))
    return redirect(url_for("documents.document", document_id=version.document_id, version=version.number))


@bp.get("/sops/versions/<uuid:version_id>/review")
@requires(Permission.DOCUMENT_SEE)
def review(version_id: UUID) -> ResponseReturnValue:
    """Show what a version changes and whom it will hit, before it is approved."""
    shown = queries.open_version(viewer(), version_id)
    today = local_day(clock.now(), viewer().zone)
    asked = request.args.get("effective_on", "")
    form = ApproveForm(
        None,
        effective_on=_day(asked) or today + timedelta(days=TRAINING_DAYS),
        version=str(shown.record.version),
        sha256=shown.record.sha256,
    )
    return _review_page(shown, form, ReturnForm(None))


def _day(text: str) -> date | None:
    try:
        asked = date.fromisoformat(text)
    except ValueError:
        return None
    return asked if is_meant(asked) else None


def _review_page(
    shown: queries.OpenVersion, form: ApproveForm, returning: ReturnForm, status: int = 200
) -> ResponseReturnValue:
    now = clock.now()
    effective_on = form.effective_on.data or local_day(now, viewer().zone)
    page = render_template(
        "modules/sop_review.html",
        shown=shown,
        changes=queries.changes_of(shown),
        sections=split_sections(shown.record.html) if shown.old_id is None else [],
        impact=queries.impact_on(viewer(), shown, effective_on, now),
        effective_on=effective_on,
        form=form,
        returning=returning,
    )
    return page, status


@bp.post("/sops/versions/<uuid:version_id>/approve")
@requires(Permission.DOCUMENT_APPROVE)
def approve(version_id: UUID) -> ResponseReturnValue:
    """Approve a version with a signature; everybody concerned is assigned right after."""
    form = ApproveForm()
    shown = queries.open_version(viewer(), version_id)
    if not form.validate_on_submit():
        return _review_page(shown, form, ReturnForm(None), 422)
    document_id = shown.document_id
    try:
        proof = prove(viewer(), form.password.data or "", current_user.session_started_at)
        run(
            commands.approve_document_version,
            viewer().proven(proof),
            "approved",
            version_id,
            version=version_of(form),
            sha256=form.sha256.data or "",
            effective_on=form.effective_on.data,
        )
    except NotAllowed as refusal:
        form[refusal.field if refusal.field in form else "password"].errors = [_(str(refusal))]
        status = 409 if isinstance(refusal, StaleForm) else 422
        return _review_page(queries.open_version(viewer(), version_id), form, ReturnForm(None), status)
    flash(_("Approved and signed. Whoever holds or needs it is assigned now."))
    return redirect(url_for("documents.document", document_id=document_id))


@bp.post("/sops/versions/<uuid:version_id>/return")
@requires(Permission.DOCUMENT_APPROVE)
def send_back(version_id: UUID) -> ResponseReturnValue:
    """Give a version back to its author with what should be changed."""
    form = ReturnForm()
    shown = queries.open_version(viewer(), version_id)
    if form.validate_on_submit():
        try:
            run(commands.return_to_author, viewer(), form.reason.data or "", version_id)
        except NotAllowed as refusal:
            form.reason.errors = [_(str(refusal))]
        else:
            flash(_("Given back to the author."))
            return redirect(url_for("documents.document", document_id=shown.document_id))
    today = local_day(clock.now(), viewer().zone)
    approving = ApproveForm(None, effective_on=today + timedelta(days=TRAINING_DAYS))
    return _review_page(queries.open_version(viewer(), version_id), approving, form, 422)
