"""Packs for the management review: listed, read, downloaded, signed by quality assurance, made anew."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from behavior_metrics.management_review import commands, queries
from behavior_metrics.management_review.figures import METHOD_VERSION, Pack, as_read
from behavior_metrics.management_review.forms import SignPackForm
from behavior_metrics.management_review.queries import PackRow
from behavior_metrics.management_review.rules import STEPS, State
from behavior_metrics.openings.views import opened
from lms import clock
from lms.attachments.storage import Storage
from lms.exports.download import XLSX
from lms.identity.sessions import prove
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run
from lms.web.refused import blame, version_of

bp = Blueprint("behavior_packs", __name__, template_folder="../templates")

#: Name of a file in the address -> the attribute with its hash, its ending and its type.
_HANDED_OUT = {
    "pdf": ("pdf_sha256", "pdf", "application/pdf"),
    "xlsx": ("xlsx_sha256", "xlsx", XLSX),
    "signed": ("signed_copy_sha256", "signed.pdf", "application/pdf"),
}


@bp.get("/behavior/management-review")
@requires(Permission.METRICS_SEE)
def index() -> ResponseReturnValue:
    """List the packs of the reader's scopes with how far each is and whether it is signed."""
    rows = queries.packs(viewer())
    return render_template(
        "behavior_metrics/management_reviews.html",
        rows=rows,
        steps=STEPS,
        as_of=clock.now(),
        under_way=any(row.pack.state != State.MADE for row in rows),
    )


@bp.get("/behavior/management-review/<uuid:pack_id>")
@requires(Permission.METRICS_SEE)
@opened
def record(pack_id: UUID) -> ResponseReturnValue:
    """Show a pack: its figures, its files with their hashes, its signatures, and what changed since."""
    return _record(queries.pack_of(viewer(), pack_id), SignPackForm(None))


@bp.get("/behavior/management-review/<uuid:pack_id>/progress/<state>")
@requires(Permission.METRICS_SEE)
def progress(pack_id: UUID, state: str) -> ResponseReturnValue:
    """Tell a waiting page to load itself anew once the pack is further than it shows."""
    answer = Response("", 204)
    if queries.pack_of(viewer(), pack_id).pack.state != state:
        answer.headers["HX-Refresh"] = "true"
    return answer


@bp.get("/behavior/management-review/<uuid:pack_id>/<any(pdf, xlsx, signed):file>")
@requires(Permission.METRICS_SEE)
@opened
def download(pack_id: UUID, file: str) -> ResponseReturnValue:
    """Hand out a file of a pack, never one that is not what was made."""
    row = queries.pack_of(viewer(), pack_id)
    attribute, ending, media = _HANDED_OUT[file]
    digest = getattr(row.pack, attribute)
    if not digest:
        raise NotFound("This file is not made yet.")
    name = f"management-review-{row.pack.quarter}-{row.site_code or 'network'}-r{row.pack.revision}.{ending}"
    body = Storage.here().content(digest)
    return Response(body, mimetype=media, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@bp.post("/behavior/management-review/<uuid:pack_id>/sign")
@requires(Permission.MANAGEMENT_REVIEW_SIGN)
def sign(pack_id: UUID) -> ResponseReturnValue:
    """Sign a pack."""
    form, status = SignPackForm(), 422
    if form.validate_on_submit():
        try:
            proof = prove(viewer(), form.password.data, current_user.session_started_at)
            reason = form.reason.data
            actor = viewer().proven(proof)
            run(commands.sign_pack, actor, reason, pack_id, version=version_of(form), reason=reason)
            flash(_("Signed. The signed copy appears here when it is printed."))
            return redirect(url_for("behavior_packs.record", pack_id=pack_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "reason")
    return _record(queries.pack_of(viewer(), pack_id), form), status


@bp.post("/behavior/management-review/<uuid:pack_id>/anew")
@requires(Permission.MANAGEMENT_REVIEW_SIGN)
def make_anew(pack_id: UUID) -> ResponseReturnValue:
    """Ask for a new revision from the records of now."""
    try:
        made = run(commands.make_pack_anew, viewer(), "made anew on the page", pack_id)
        flash(_("Asked for. The new revision appears here when it is ready."))
        return redirect(url_for("behavior_packs.record", pack_id=made.id))
    except NotFound:
        raise
    except NotAllowed as refusal:
        flash(_(str(refusal)), "warn")
    return redirect(url_for("behavior_packs.record", pack_id=pack_id))


def _record(row: PackRow, form: SignPackForm) -> str:
    pack = row.pack
    form.version.data = pack.version
    broken = commands.broken_files(pack)
    figures: Pack | None = None
    if pack.figures_sha256 and "figures" not in broken:
        figures = commands.kept_figures(pack)
    return render_template(
        "behavior_metrics/management_review.html",
        row=row,
        pack=pack,
        figures=figures,
        broken=broken,
        form=form,
        steps=STEPS,
        read=as_read,
        changed=pack.changed.split(),
        other_method=pack.method_version != METHOD_VERSION,
        may_sign=commands.may_sign(viewer(), pack),
    )
