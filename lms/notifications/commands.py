"""Telling a person something inside the application."""

from __future__ import annotations

import json
from uuid import UUID

from sqlalchemy import select

from lms.extensions import db
from lms.notifications.models import Notification
from lms.permissions import Permission
from lms.unit_of_work import Work, command


def notify(work: Work, person_id: UUID, sentence: str, target: str, **arguments: str | int) -> None:
    """Tell a person something, in the transaction of what happened. ``sentence`` is a word of the vocabulary ``notification``."""
    work.add(
        Notification(
            person_id=person_id,
            sentence=sentence,
            arguments=json.dumps(arguments, sort_keys=True),
            target=target,
            created_at=work.at,
        )
    )


@command(needs=Permission.HOME_SEE)
def mark_notifications_read(work: Work) -> int:
    """Mark everything the reader was told as read."""
    unread = select(Notification).where(Notification.person_id == work.actor.person_id, Notification.read_at.is_(None))
    rows = db.session.scalars(unread).all()
    for row in rows:
        row.read_at = work.at
    return len(rows)
