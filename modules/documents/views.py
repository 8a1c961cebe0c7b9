"""Pages of SOPs: the list, one SOP with its versions and signatures, two versions side by side, the pictures."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, make_response, render_template, request
from flask.typing import ResponseReturnValue

from lms import clock
from lms.permissions import Permission, requires, viewer
from lms.signatures.queries import signatures_on
from lms.web.labels import choices
from lms.web.typed import number_asked, page_asked
from modules.documents import queries
from modules.documents.markdown import split_sections
from modules.documents.rules import Standing

PAGE = 50
#: A picture never changes under its address: a draft that gets another one is read again by its author only.
_PICTURE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, no-cache",
    "Content-Disposition": "inline",
}

bp = Blueprint("documents", __name__, template_folder="../templates")


@bp.get("/sops")
@requires(Permission.DOCUMENT_SEE)
def index() -> ResponseReturnValue:
    """List the SOPs that the reader may see."""
    words, step = request.args.get("q", "").strip(), request.args.get("step", "")
    standing = request.args.get("standing", "")
    page = page_asked()
    rows = queries.documents(viewer(), clock.now(), words=words, process_step=step, standing=standing)
    return render_template(
        "modules/sops.html",
        rows=rows[(page - 1) * PAGE : page * PAGE],
        total=len(rows),
        page=page,
        pages=-(-len(rows) // PAGE),
        filters={"q": words, "step": step, "standing": standing},
        steps=choices("process_step"),
        standings=[(standing.value, standing.value) for standing in _filterable()],
    )


def _filterable() -> list[Standing]:
    seen_by_all = [Standing.EFFECTIVE, Standing.APPROVED]
    return [*seen_by_all, Standing.IN_REVIEW, Standing.DRAFT] if queries.sees_drafts(viewer()) else seen_by_all


@bp.get("/sops/<uuid:document_id>")
@requires(Permission.DOCUMENT_SEE)
def document(document_id: UUID) -> ResponseReturnValue:
    """Show one SOP: the version that holds, or the one asked for, with its signatures and all versions."""
    number = number_asked("version", 0) if "version" in request.args else None
    page = queries.document_page(viewer(), document_id, clock.now(), number)
    version = queries.version_record(viewer(), page.shown.id)
    return render_template(
        "modules/sop.html",
        page=page,
        version=version,
        sections=split_sections(version.html),
        signatures_=signatures_on(version),
        now_=clock.now(),
    )


@bp.get("/sops/<uuid:document_id>/compare")
@requires(Permission.DOCUMENT_SEE)
def compare(document_id: UUID) -> ResponseReturnValue:
    """Show two versions of an SOP side by side, old left, new right."""
    old, new = number_asked("old", 1), number_asked("new", 2)
    page = queries.document_page(viewer(), document_id, clock.now())
    return render_template(
        "modules/sop_compare.html",
        page=page,
        comparison=queries.comparison(viewer(), document_id, min(old, new), max(old, new)),
    )


@bp.get("/sops/versions/<uuid:version_id>/pictures/<name>")
@requires(Permission.DOCUMENT_SEE)
def picture(version_id: UUID, name: str) -> ResponseReturnValue:
    """Serve a picture of an SOP with the type its content has, and nothing that could run in it."""
    media_type, content = queries.picture(viewer(), version_id, name)
    response = make_response(content)
    response.headers.update({**_PICTURE_HEADERS, "Content-Type": media_type})
    return response
