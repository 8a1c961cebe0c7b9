"""Delivering the outbox after commit: follow-up commands are run, mails are sent or written to files."""

from __future__ import annotations

import re
import smtplib
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit
from uuid import UUID

from flask import current_app
from sqlalchemy import or_, select, update

from lms import clock
from lms.extensions import db
from lms.outbox.models import OutboxMessage
from lms.scheduler.stopping import is_stopping
from lms.unit_of_work import run_follow_up, transaction

BATCH = 100
#: A failure waits longer each time, up to an hour.
_WAITS = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))
_NOT_IN_A_FILE_NAME = re.compile(r"[^A-Za-z0-9._-]+")


def deliver_outbox() -> int:
    """Deliver what is due, oldest first; return how many succeeded. A failure is kept with its sentence and tried again later.

    A process that is asked to stop ends after the message at hand.
    """
    now = clock.now()
    db.session.rollback()
    pending = (
        select(
            OutboxMessage.id,
            OutboxMessage.kind,
            OutboxMessage.attempts,
            OutboxMessage.payload,
            OutboxMessage.created_at,
        )
        .where(OutboxMessage.done_at.is_(None), or_(OutboxMessage.due_at <= now, OutboxMessage.due_at.is_(None)))
        .order_by(OutboxMessage.due_at, OutboxMessage.id)
        .limit(BATCH)
    )
    done = 0
    for message_id, kind, attempts, payload, created_at in db.session.execute(pending).all():
        if is_stopping():
            break
        try:
            if kind == "command":
                run_follow_up(message_id)
            else:
                _send(message_id, payload, created_at)
                with transaction() as connection:
                    connection.execute(
                        update(OutboxMessage)
                        .where(OutboxMessage.id == message_id)
                        .values(done_at=clock.now(), error=None)
                    )
        except Exception as error:  # noqa: BLE001 - whatever broke, the rest of the outbox goes on
            current_app.logger.warning("outbox message %s failed: %s", message_id, error)
            wait = _WAITS[min(attempts, len(_WAITS) - 1)]
            with transaction() as connection:
                connection.execute(
                    update(OutboxMessage)
                    .where(OutboxMessage.id == message_id)
                    .values(attempts=attempts + 1, due_at=clock.now() + wait, error=str(error)[:500])
                )
        else:
            done += 1
    return done


def mail_folder() -> Path:
    """Return the folder of mails that are written to files instead of being sent."""
    return Path(current_app.config["SETTINGS"].data_dir) / "mail"


def compose(message_id: UUID, payload: dict[str, str | None], created_at: datetime) -> EmailMessage:
    """Return the mail, with its calendar invitation if it has one. The Message-ID is the outbox's, so a repeat is recognised."""
    settings = current_app.config["SETTINGS"]
    mail = EmailMessage(policy=SMTP)
    mail["From"] = settings.mail_from
    mail["To"] = payload["to"] or ""
    mail["Subject"] = payload["subject"] or ""
    mail["Date"] = format_datetime(created_at)
    mail["Message-ID"] = f"<{message_id}@{urlsplit(settings.base_url).hostname}>"
    mail.set_content(payload["body"] or "")
    if payload.get("calendar"):
        method = payload.get("method") or "REQUEST"
        # an alternative part, not an attachment: that is what calendars recognise as an invitation (RFC 6047)
        mail.add_alternative(
            str(payload["calendar"]).encode(),
            maintype="text",
            subtype="calendar",
            params={"method": method, "charset": "utf-8"},
        )
    return mail


def _send(message_id: UUID, payload: dict[str, str | None], created_at: datetime) -> None:
    mail = compose(message_id, payload, created_at)
    url = urlsplit(current_app.config["SETTINGS"].mail_url)
    if url.scheme == "file":
        folder = mail_folder()
        folder.mkdir(parents=True, exist_ok=True)
        to = _NOT_IN_A_FILE_NAME.sub("_", str(payload["to"]))
        (folder / f"{created_at:%Y%m%dT%H%M%S}-{to}-{message_id}.eml").write_bytes(bytes(mail))
        return
    kind = smtplib.SMTP_SSL if url.scheme == "smtps" else smtplib.SMTP
    with kind(url.hostname or "localhost", url.port or 0, timeout=20) as server:
        if url.username:
            server.login(unquote(url.username), unquote(url.password or ""))
        server.send_message(mail)
