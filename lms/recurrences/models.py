"""Which deviation is which earlier one again, and what QA decided about it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.extensions import Base
from lms.signatures.models import Signable


class Matched(Signable):
    """What a rule found and QA decided: two deviations, the rule's version and window, and the signed decision."""

    __abstract__ = True

    #: The later one.
    deviation_id: Mapped[UUID] = mapped_column(ForeignKey("deviation.id"), index=True)
    #: The earlier one that it repeats: the nearest for R1 and R2, the one that the action was opened from for R3.
    earlier_id: Mapped[UUID] = mapped_column(ForeignKey("deviation.id"), index=True)
    #: Site of the later one.
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    #: ``R1``, ``R2`` or ``R3``, and the version of the rule that found it.
    rule: Mapped[str] = mapped_column(String(10))
    rule_version: Mapped[int] = mapped_column()
    window_days: Mapped[int] = mapped_column()
    #: Whole days between the two occurrences.
    days_between: Mapped[int] = mapped_column()
    found_at: Mapped[datetime] = mapped_column()
    #: ``proposed``, ``confirmed``, ``overruled``, or ``withdrawn`` when a new classification no longer matches.
    decision: Mapped[str] = mapped_column(String(20))
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None] = mapped_column()
    decision_reason: Mapped[str] = mapped_column(Text, default="")

    def signed_content(self) -> dict[str, object]:
        """Return the match and the decision, as the QA person saw them."""
        return {
            "deviation": self.deviation_id,
            "earlier": self.earlier_id,
            "rule": self.rule,
            "rule_version": self.rule_version,
            "window_days": self.window_days,
            "days_between": self.days_between,
            "decision": self.decision,
            "reason": self.decision_reason,
        }


class Recurrence(Matched, Base):
    """A rule says this deviation is the same one again at its site (R1), or came back after an action (R3)."""

    __tablename__ = "recurrence"
    __table_args__ = (
        UniqueConstraint("deviation_id", "rule"),
        Index("ix_recurrence_site_decision", "site_id", "decision"),
        Index("ix_recurrence_decision", "decision", "deviation_id"),
    )

    #: R3: the action after which it came back.
    capa_id: Mapped[UUID | None] = mapped_column(ForeignKey("capa.id"), index=True)

    def signed_content(self) -> dict[str, object]:
        """Return the match with the action that it names."""
        content = super().signed_content()
        return content if self.capa_id is None else {**content, "capa": self.capa_id}


class NetworkRecurrence(Matched, Base):
    """QA of the control site decided whether another site has had the same one (R2).

    R2 is found anew on each reading: a network of 500 sites would hold many times as many matches as deviations. One is
    written when somebody decides on it. It is never counted as a recurrence of the site.
    """

    __tablename__ = "network_recurrence"
    __table_args__ = (UniqueConstraint("deviation_id", "earlier_site_id"),)

    #: Site of the earlier one.
    earlier_site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
