"""What a person is told inside the application. The mail, if any, goes through the outbox."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from lms.extensions import Base
from lms.ids import new_id


class Notification(Base):
    """One line for one person, with the page it leads to."""

    __tablename__ = "notification"
    __table_args__ = (Index("ix_notification_unread", "person_id", "read_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    #: Name of the sentence, see ``lms.notifications.sentences``; its arguments beside it. Words are made when read.
    sentence: Mapped[str] = mapped_column(String(60))
    arguments: Mapped[str] = mapped_column(String(1000), default="{}")
    #: Path inside the application.
    target: Mapped[str] = mapped_column(String(300))
    created_at: Mapped[datetime] = mapped_column()
    read_at: Mapped[datetime | None] = mapped_column()
