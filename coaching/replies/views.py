"""What was answered by mail: on the page of a review, and the list of mails for an administrator."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from coaching.replies import queries
from lms import clock
from lms.exports.download import download
from lms.permissions import Permission, requires, viewer
from lms.web.labels import label

bp = Blueprint("replies", __name__, template_folder="../templates")


@bp.get("/reviews/<uuid:review_id>/answers")
@requires(Permission.HOME_SEE)
def of_review(review_id: UUID) -> ResponseReturnValue:
    """Answer what the two people of a review said by mail, fetched beside its page; nothing to anybody else."""
    rows = [row for row in queries.answers(viewer(), clock.now()) if row.review_id == review_id]
    return render_template("coaching/_answers.html", rows=rows) if rows else ("", 204)


@bp.get("/calendars/answers")
@requires(Permission.NETWORK_MANAGE)
def mails() -> ResponseReturnValue:
    """List the mails that were read and what became of them."""
    return render_template("coaching/read_mails.html", rows=queries.read_mails(), shown=queries.SHOWN)


@bp.get("/calendars/answers.<any(csv, xlsx):file_type>")
@requires(Permission.NETWORK_MANAGE)
def export(file_type: str) -> ResponseReturnValue:
    """Hand out the list."""
    rows = [(row.read_at, label(row.outcome, "mail_outcome"), row.sentence) for row in queries.read_mails(10_000)]
    return download(file_type, "answers-by-mail", ("read_at", "outcome", "sentence"), rows)
