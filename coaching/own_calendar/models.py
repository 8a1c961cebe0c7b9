"""The secret address under which a calendar program fetches somebody's own reviews."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base


class CalendarFeed(Audited, Base):
    """An address by which one's own appointments can be fetched without signing in. Shown once; only its digest is kept."""

    __tablename__ = "calendar_feed"
    __table_args__ = (Index("ix_calendar_feed_person", "person_id", "ended_at"),)

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    #: SHA-256 of the secret, which is 256 bits of chance and so needs no slow hash.
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column()
    #: When its owner or an administrator ended it, or a newer one took its place.
    ended_at: Mapped[datetime | None] = mapped_column()
