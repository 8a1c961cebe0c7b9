"""Trigger rules in their versions, and what they propose: a human accepts, merges, reassigns or declines it."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base


class ProposalState(StrEnum):
    """What became of a proposal."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    #: Taken into another proposal, or into the review that came of it.
    MERGED = "merged"


class TriggerRule(Audited, Base):
    """A rule as it was changed: one row a version, never changed again. Version 1 of each stands in ``rules.DELIVERED``."""

    __tablename__ = "trigger_rule"
    __table_args__ = (UniqueConstraint("code", "number"),)

    #: What proposes, see ``rules.Trigger``.
    code: Mapped[str] = mapped_column(String(20))
    #: 2 for the first change.
    number: Mapped[int] = mapped_column()
    is_on: Mapped[bool] = mapped_column()
    #: Figures of the condition and due days in working days, by the names of ``rules.LIMITS``.
    figures: Mapped[dict[str, int]] = mapped_column(JSON)
    #: Days after a proposal in which the rule leaves the same person alone.
    cool_down_days: Mapped[int] = mapped_column()
    #: Role that is told when no coach is free: ``site_lead`` or ``qa``.
    alerts: Mapped[str] = mapped_column(String(30))
    reason: Mapped[str] = mapped_column(Text)
    #: How often it would have fired in the days before, as shown to whoever changed it.
    tried_days: Mapped[int] = mapped_column()
    would_have_fired: Mapped[int] = mapped_column()
    changed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    changed_at: Mapped[datetime] = mapped_column()


class ReviewProposal(Audited, Base):
    """A coaching review that is proposed to a coach, with why and by when. Without a coach it waits for somebody to find one."""

    __tablename__ = "review_proposal"
    __table_args__ = (
        Index("ix_review_proposal_coach_state", "coach_id", "state"),
        Index("ix_review_proposal_site_state", "site_id", "state"),
        Index("ix_review_proposal_coachee_trigger", "coachee_id", "trigger"),
        # one occasion proposes one review, however often it is looked at
        UniqueConstraint("trigger", "occasion"),
    )

    #: Code of a rule, or by hand: ``deviation``, ``routine`` or ``request``.
    trigger: Mapped[str] = mapped_column(String(20))
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"), index=True)
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("team.id"))
    deviation_id: Mapped[UUID | None] = mapped_column(ForeignKey("deviation.id"), index=True)
    #: Unique: one confirmed recurrence proposes one review.
    recurrence_id: Mapped[UUID | None] = mapped_column(ForeignKey("recurrence.id"), unique=True)
    #: None: nobody is free, and the site lead was told.
    coach_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    coachee_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    proposed_at: Mapped[datetime] = mapped_column()
    due_on: Mapped[date] = mapped_column()
    state: Mapped[str] = mapped_column(String(20), default=ProposalState.OPEN)
    decided_at: Mapped[datetime | None] = mapped_column()
    decision_reason: Mapped[str] = mapped_column(Text, default="")
    # What follows may be empty in proposals of before, which keeps the hashes of their rows (decision 0012).
    #: Version of the rule that proposed.
    rule_number: Mapped[int | None] = mapped_column()
    #: What it was proposed for; None for one by hand.
    occasion: Mapped[str | None] = mapped_column(String(120))
    #: The fact in plain values, shown as a sentence (``rules.Firing``).
    evidence: Mapped[dict[str, object] | None] = mapped_column(JSON(none_as_null=True))
    #: Why this coach, and why not others: ``{"chosen": {…}, "passed": [{…}]}`` of ``matching.rules.Fit.as_record``.
    matching: Mapped[dict[str, object] | None] = mapped_column(JSON(none_as_null=True))
    #: The proposal that this one was taken into.
    merged_into_id: Mapped[UUID | None] = mapped_column(ForeignKey("review_proposal.id"))
    #: Why it went to another coach, if a human gave it to one.
    reassigned_reason: Mapped[str | None] = mapped_column(Text)
    #: The coach's word after the review; counted by rule, never by person.
    useful: Mapped[bool | None] = mapped_column()
