"""What a reporter was promised: QA's answer, by when, and whether it came in time."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base


class AnswerPromise(Audited, Base):
    """The receipt of one report: by when QA answers, and when it did. It speaks of QA's work, never of the reporter's."""

    __tablename__ = "answer_promise"
    __table_args__ = (
        UniqueConstraint("deviation_id"),
        UniqueConstraint("draft"),
        Index("ix_answer_promise_open", "answered_at", "remind_at"),
    )

    deviation_id: Mapped[UUID] = mapped_column(ForeignKey("deviation.id"))
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    #: The draft on the reporter's device that this report was sent from; the same draft is never recorded twice.
    draft: Mapped[UUID | None] = mapped_column()
    due_at: Mapped[datetime] = mapped_column()
    #: From when on QA is reminded, if it has not answered by then.
    remind_at: Mapped[datetime] = mapped_column()
    #: When QA was reminded; it happens once.
    reminded_at: Mapped[datetime | None] = mapped_column()
    answered_at: Mapped[datetime | None] = mapped_column()
    #: Whether the answer came by ``due_at``; None while there is none.
    in_time: Mapped[bool | None] = mapped_column()
