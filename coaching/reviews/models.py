"""Coaching reviews: the operator's account first, then the coach's, barriers, agreement, follow-up."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from lms.extensions import Base
from lms.signatures.models import Signable


class ReviewState(StrEnum):
    """The life of a review."""

    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    HELD = "held"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class CoachingReview(Signable, Base):
    """One review between a coach and a coachee. Readable by these two only."""

    __tablename__ = "coaching_review"
    __table_args__ = (
        CheckConstraint("coach_id <> coachee_id", name="coach_is_not_coachee"),
        Index("ix_coaching_review_coach_state", "coach_id", "state"),
        Index("ix_coaching_review_coachee_state", "coachee_id", "state"),
        Index("ix_coaching_review_team_held", "team_id", "held_at"),
    )

    proposal_id: Mapped[UUID | None] = mapped_column(ForeignKey("review_proposal.id"), unique=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"), index=True)
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("team.id"))
    deviation_id: Mapped[UUID | None] = mapped_column(ForeignKey("deviation.id"), index=True)
    coach_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    coachee_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    state: Mapped[str] = mapped_column(String(20), default=ReviewState.ACCEPTED)
    #: The operator writes first.
    own_account: Mapped[str] = mapped_column(Text, default="")
    own_account_at: Mapped[datetime | None] = mapped_column()
    #: What the coach saw and heard, second.
    coach_account: Mapped[str] = mapped_column(Text, default="")
    #: What in the system stood in the way; never a person.
    barrier: Mapped[str] = mapped_column(Text, default="")
    #: What the site owes, and by when.
    support_owed: Mapped[str] = mapped_column(Text, default="")
    support_due_on: Mapped[date | None] = mapped_column()
    held_at: Mapped[datetime | None] = mapped_column()
    follow_up_on: Mapped[date | None] = mapped_column()
    closed_at: Mapped[datetime | None] = mapped_column()
    #: After the follow-up: ``kept``, ``partly``, ``not_kept`` or ``obsolete``.
    outcome: Mapped[str] = mapped_column(String(20), default="")
    #: The agreed commitments as text, copied at signing so that both sign the same words.
    agreed: Mapped[str] = mapped_column(Text, default="")

    def signed_content(self) -> dict[str, object]:
        """Return what both sign: the accounts, the barrier, what was agreed and when it is looked at again."""
        return {
            "coach": self.coach_id,
            "coachee": self.coachee_id,
            "own_account": self.own_account,
            "coach_account": self.coach_account,
            "barrier": self.barrier,
            "support_owed": self.support_owed,
            "agreed": self.agreed,
            "follow_up_on": self.follow_up_on,
        }
