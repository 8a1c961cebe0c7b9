"""What a person was told, newest first."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import InstrumentedAttribute

from lms.extensions import db
from lms.notifications.models import Notification
from lms.permissions import Actor
from lms.web.labels import label

#: Beyond this many unread lines nobody wants to know how many; who never opens them costs no page more than this.
MOST_COUNTED = 100


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


def unread_of(person_id: InstrumentedAttribute[UUID]) -> ScalarSelect[int]:
    """Return, for another statement to take in, how many lines somebody has not opened yet; ``MOST_COUNTED`` at most."""
    unread = select(Notification.id).where(Notification.person_id == person_id, Notification.read_at.is_(None))
    some = unread.limit(MOST_COUNTED).correlate(person_id.class_).subquery("unread")
    return select(func.count()).select_from(some).scalar_subquery()
