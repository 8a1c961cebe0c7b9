"""What must happen after a commit: mails to send and follow-up commands to run, each once."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from lms.extensions import Base
from lms.ids import new_id


class OutboxMessage(Base):
    """A mail or a follow-up command, written in the transaction of its cause and delivered after the commit."""

    __tablename__ = "outbox_message"
    __table_args__ = (Index("ix_outbox_message_pending", "done_at", "due_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    #: ``mail`` or ``command``.
    kind: Mapped[str] = mapped_column(String(10))
    #: Cause and effect together: the same one asked for twice is an error of the cause, never a second mail.
    unique_key: Mapped[str] = mapped_column(String(300), unique=True)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    #: The action that asked for it.
    cause: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column()
    due_at: Mapped[datetime] = mapped_column()
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None] = mapped_column()
    #: The last failure, one sentence.
    error: Mapped[str | None] = mapped_column(Text)
