"""What somebody is writing in a review and has not saved. Not a GMP record: read by its writer alone, gone once saved."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.extensions import Base
from lms.ids import new_id


class ReviewDraft(Base):
    """The newest draft of one person's side of one review."""

    __tablename__ = "review_draft"
    __table_args__ = (UniqueConstraint("review_id", "person_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    review_id: Mapped[UUID] = mapped_column(ForeignKey("coaching_review.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    #: Field by name, as typed.
    content: Mapped[dict[str, str]] = mapped_column(JSON)
    #: Counts up in the browser; an older draft that arrives late never wins.
    sequence: Mapped[int] = mapped_column(default=0)
    saved_at: Mapped[datetime] = mapped_column()
