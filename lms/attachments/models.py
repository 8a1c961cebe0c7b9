"""Files that belong to a deviation. The row is the record; the content lies in the data folder under its own hash."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base


class Attachment(Audited, Base):
    """One file: what it is called, what it is, and the hash of its content. Never deleted; its content can be redacted."""

    __tablename__ = "attachment"
    __table_args__ = (UniqueConstraint("deviation_id", "sha256"),)

    deviation_id: Mapped[UUID] = mapped_column(ForeignKey("deviation.id"))
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    #: As it was called, without path and control characters, with the ending of what it is.
    name: Mapped[str] = mapped_column(String(200))
    #: What it is by its content, never by its name.
    media_type: Mapped[str] = mapped_column(String(80))
    #: Bytes as kept, after what a camera adds was taken out.
    size: Mapped[int] = mapped_column()
    #: SHA-256 of the content as kept (hex).
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    added_at: Mapped[datetime] = mapped_column()
    added_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    #: When its content was taken out; None while it is there.
    redacted_at: Mapped[datetime | None] = mapped_column()
