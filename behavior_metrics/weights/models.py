"""Versions of the weights of the follow-through index: proposed by one, signed by another, never changed again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from behavior_metrics.weights.rules import WeightsState
from lms.extensions import Base
from lms.signatures.models import Signable


class FollowThroughWeights(Signable, Base):
    """One version of the weights. Version 1 stands in ``rules.DELIVERED``; rows begin with 2."""

    __tablename__ = "follow_through_weights"
    __table_args__ = (UniqueConstraint("number"),)

    #: 2 for the first change; a proposal that was withdrawn keeps its number.
    number: Mapped[int] = mapped_column()
    #: Whole percent by part, 100 in all.
    percents: Mapped[dict[str, int]] = mapped_column(JSON)
    #: Why these weights, in the words of whoever proposed them.
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(20), default=WeightsState.PROPOSED)
    proposed_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    proposed_at: Mapped[datetime] = mapped_column()
    #: From when they are in force, or when they were withdrawn; None while proposed.
    settled_at: Mapped[datetime | None] = mapped_column()

    def signed_content(self) -> dict[str, object]:
        """Return the weights and their reason as they were signed."""
        return {"number": self.number, "percents": self.percents, "reason": self.reason}
