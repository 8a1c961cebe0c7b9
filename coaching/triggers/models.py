"""Proposals: a confirmed recurrence proposes a review, a human accepts or declines it."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base


class ProposalState(StrEnum):
    """What became of a proposal."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class ReviewProposal(Audited, Base):
    """A coaching review that is proposed to a coach, with why and by when."""

    __tablename__ = "review_proposal"
    __table_args__ = (Index("ix_review_proposal_coach_state", "coach_id", "state"),)

    #: ``recurrence``, ``deviation``, ``routine`` or ``request``.
    trigger: Mapped[str] = mapped_column(String(20))
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"), index=True)
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("team.id"))
    deviation_id: Mapped[UUID | None] = mapped_column(ForeignKey("deviation.id"), index=True)
    #: Unique: one confirmed recurrence proposes one review.
    recurrence_id: Mapped[UUID | None] = mapped_column(ForeignKey("recurrence.id"), unique=True)
    coach_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    coachee_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    proposed_at: Mapped[datetime] = mapped_column()
    due_on: Mapped[date] = mapped_column()
    state: Mapped[str] = mapped_column(String(20), default=ProposalState.OPEN)
    decided_at: Mapped[datetime | None] = mapped_column()
    decision_reason: Mapped[str] = mapped_column(Text, default="")
