"""Qualifications: a person, a task, a site, from a moment until a moment, with the evidence they rest on."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base
from lms.signatures.models import Signable


class TaskRequirement(Audited, Base):
    """What a task asks beside its curriculum: observed runs, and how long a qualification lasts."""

    __tablename__ = "task_requirement"

    task_id: Mapped[UUID] = mapped_column(ForeignKey("task.id"), unique=True)
    runs_needed: Mapped[int] = mapped_column()
    valid_months: Mapped[int] = mapped_column()


class Qualification(Signable, Base):
    """The authorisation to do a task alone at a site. Withdrawn by ending it with a reason; renewed by a new row."""

    __tablename__ = "qualification"
    __table_args__ = (
        UniqueConstraint("person_id", "task_id", "site_id", "valid_from"),
        Index("ix_qualification_person", "person_id", "task_id", "valid_from"),
        Index("ix_qualification_site_until", "site_id", "valid_to"),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    task_id: Mapped[UUID] = mapped_column(ForeignKey("task.id"), index=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    valid_from: Mapped[datetime] = mapped_column()
    #: First moment at which it no longer holds (the earliest expiry of what it rests on).
    valid_to: Mapped[datetime] = mapped_column()
    granted_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    #: What it rests on: module completions, attempts, observed runs, with their ids and moments.
    evidence: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    #: What decides about ``valid_to``: ``run``, ``module`` or ``grant``, and the module's title.
    limited_by: Mapped[str] = mapped_column(String(20))
    limited_name: Mapped[str] = mapped_column(String(200), default="")
    #: Set when withdrawn before its time.
    ended_at: Mapped[datetime | None] = mapped_column()
    ended_reason: Mapped[str] = mapped_column(Text, default="")
    ended_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))

    def signed_content(self) -> dict[str, object]:
        """Return what was granted. Ending it later does not make the grant void."""
        return {
            "person": self.person_id,
            "task": self.task_id,
            "site": self.site_id,
            "valid_from": self.valid_from,
            "valid_to": self.valid_to,
            "evidence": self.evidence,
        }


class Suspension(Audited, Base):
    """A pause of one person's task (or all their tasks) at a site, with the reason; lifted by ending it."""

    __tablename__ = "suspension"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    #: None: every task.
    task_id: Mapped[UUID | None] = mapped_column(ForeignKey("task.id"))
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    #: Why: ``absence``, ``investigation``, ``monitoring`` or ``other``.
    kind: Mapped[str] = mapped_column(String(20))
    valid_from: Mapped[datetime] = mapped_column()
    #: Set when lifted.
    valid_to: Mapped[datetime | None] = mapped_column()
    reason: Mapped[str] = mapped_column(Text)
    by_person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    lifted_reason: Mapped[str] = mapped_column(Text, default="")
    lifted_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))


class TrainingState(Audited, Base):
    """What a person was trained and qualified for at the moment of a deviation, frozen. A fact, never a score."""

    __tablename__ = "training_state"
    __table_args__ = (UniqueConstraint("deviation_id", "person_id"),)

    deviation_id: Mapped[UUID] = mapped_column(ForeignKey("deviation.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    #: The answer of ``may`` for the step's task at that moment, with its reason and evidence.
    decision: Mapped[dict[str, object]] = mapped_column(JSON)
    as_of: Mapped[datetime] = mapped_column()
