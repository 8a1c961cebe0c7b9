"""Notes of a review, each with who reads it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base


class ReviewNote(Audited, Base):
    """One note. Its text may be put right by its writer; who reads it is never changed."""

    __tablename__ = "review_note"

    review_id: Mapped[UUID] = mapped_column(ForeignKey("coaching_review.id"), index=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    author_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    #: ``notes.rules.Readers``.
    readers: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime] = mapped_column()
