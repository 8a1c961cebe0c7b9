"""Coaching reviews: the operator's account first, then the coach's, barriers, agreement, follow-up."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text
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
    #: Why they meet, see ``guides.kinds``; None in reviews of before.
    kind: Mapped[str | None] = mapped_column(String(20))
    #: The version of the model whose prompts were shown, such as ``grow-1``.
    guide: Mapped[str | None] = mapped_column(String(40))
    #: What went well, asked before everything else, by the operator and by the coach.
    own_went_well: Mapped[str | None] = mapped_column(Text)
    went_well: Mapped[str | None] = mapped_column(Text)
    #: What the site is asked for, as agreed (``barriers.rules.Asked``): it becomes system actions when both have signed.
    asked_of_site: Mapped[list[dict[str, str]] | None] = mapped_column(JSON(none_as_null=True))
    #: Declared at closing: so many batches without the same deviation, or so many days, show that it helped.
    clean_batches: Mapped[int | None] = mapped_column()
    clean_days: Mapped[int | None] = mapped_column()
    #: The day of closing at the site, after which batches and days count, and the last day that counts.
    clean_from: Mapped[date | None] = mapped_column()
    clean_until: Mapped[date | None] = mapped_column()

    #: The coach who signed, once the follow-up of what was agreed went to another; what both signed stays signed.
    signed_coach_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))

    def signed_content(self) -> dict[str, object]:
        """Return what both sign: the accounts, the barrier, what was agreed and when it is looked at again."""
        # a text that nobody wrote is left out, so that what was signed before there was a place for it still holds
        well = {"own_went_well": self.own_went_well, "went_well": self.went_well}
        return {
            **{name: text for name, text in well.items() if text},
            "coach": self.signed_coach_id or self.coach_id,
            "coachee": self.coachee_id,
            "own_account": self.own_account,
            "coach_account": self.coach_account,
            "barrier": self.barrier,
            "support_owed": self.support_owed,
            "agreed": self.agreed,
            "follow_up_on": self.follow_up_on,
        }
