"""What a person was told, newest first."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from lms.extensions import db
from lms.notifications.models import Notification
from lms.permissions import Actor
from lms.web.labels import label


@dataclass(frozen=True, slots=True)
class NotificationRow:
    """One line for its reader, in words."""

    id: UUID
    text: str
    target: str
    created_at: datetime
    is_read: bool


def notifications_of(reader: Actor, limit: int = 100) -> list[NotificationRow]:
    """Return what the reader was told, newest first."""
    statement = (
        select(Notification)
        .where(Notification.person_id == reader.person_id)
        .order_by(Notification.created_at.desc(), Notification.id.desc())
        .limit(limit)
    )
    return [
        NotificationRow(
            n.id,
            label(n.sentence, "notification") % json.loads(n.arguments),
            n.target,
            n.created_at,
            n.read_at is not None,
        )
        for n in db.session.scalars(statement)
    ]


def unread_count(reader: Actor) -> int:
    """Return how many lines the reader has not opened yet."""
    statement = select(func.count()).where(Notification.person_id == reader.person_id, Notification.read_at.is_(None))
    return db.session.scalar(statement) or 0
