"""What the reader was told, and, in development, the mails that were written to files."""

from __future__ import annotations

from email import message_from_bytes, policy

from flask import Blueprint, abort, current_app, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from lms.identity.queries import mail_address
from lms.notifications.commands import mark_notifications_read
from lms.notifications.queries import notifications_of
from lms.outbox.delivery import mail_folder
from lms.permissions import Permission, requires, viewer
from lms.unit_of_work import run

bp = Blueprint("notifications", __name__, template_folder="../templates")
SHOWN = 200


@bp.get("/notifications")
@requires(Permission.HOME_SEE)
def index() -> ResponseReturnValue:
    """Show what the reader was told, newest first."""
    return render_template("lms/notifications.html", rows=notifications_of(viewer()))


@bp.post("/notifications/read")
@requires(Permission.HOME_SEE)
def mark_read() -> ResponseReturnValue:
    """Mark all of it as read."""
    run(mark_notifications_read, viewer(), "")
    return redirect(url_for(".index"))


@bp.get("/mail")
@requires(Permission.HOME_SEE)
def mail() -> ResponseReturnValue:
    """Show the mails of a development installation; the reader's own, or all to an administrator."""
    if current_app.config["SETTINGS"].mail_url != "file:":
        abort(404)
    own = mail_address(viewer())
    everybody = viewer().may(Permission.PEOPLE_MANAGE)
    files = sorted(mail_folder().glob("*.eml"), reverse=True)[:SHOWN] if mail_folder().is_dir() else []
    rows = []
    for file in files:
        message = message_from_bytes(file.read_bytes(), policy=policy.default)
        if everybody or message["To"] == own:
            body = message.get_body(("plain",))
            invitation = message.get_body(("calendar",)) if message.is_multipart() else None
            calendar = next((part for part in message.walk() if part.get_content_type() == "text/calendar"), invitation)
            rows.append(
                {
                    "to": message["To"],
                    "subject": message["Subject"],
                    "date": message["Date"],
                    "body": body.get_content() if body else "",
                    "calendar": calendar.get_content() if calendar else "",
                }
            )
    return render_template("lms/mail.html", rows=rows, everybody=everybody)
