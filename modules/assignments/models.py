"""Who has to complete which module version by when, how far they are, and what was signed. Cycles are new rows, never resets."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base
from lms.signatures.models import Signable


class AssignmentState(StrEnum):
    """Where an assignment stands. *Overdue* follows from the due day; it is not stored."""

    OPEN = "open"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class AssignmentReason(StrEnum):
    """Why it was assigned."""

    INITIAL = "initial"
    REVISION = "revision"
    REQUALIFICATION = "requalification"
    MANUAL = "manual"


class Assignment(Signable, Base):
    """One module version for one person, with its due day."""

    __tablename__ = "assignment"
    __table_args__ = (
        UniqueConstraint("person_id", "module_version_id", "cycle"),
        Index("ix_assignment_person_state", "person_id", "state"),
        Index("ix_assignment_site_state_due", "site_id", "state", "due_on"),
        Index("ix_assignment_module", "module_id", "person_id"),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    module_id: Mapped[UUID] = mapped_column(ForeignKey("module.id"))
    module_version_id: Mapped[UUID] = mapped_column(ForeignKey("module_version.id"), index=True)
    #: The curriculum that asked for it; None when assigned by hand.
    curriculum_id: Mapped[UUID | None] = mapped_column(ForeignKey("curriculum.id"))
    #: 1 for the first time, 2 for the first requalification, …
    cycle: Mapped[int] = mapped_column(default=1)
    reason: Mapped[str] = mapped_column(String(20))
    assigned_at: Mapped[datetime] = mapped_column()
    due_on: Mapped[date] = mapped_column()
    state: Mapped[str] = mapped_column(String(20), default=AssignmentState.OPEN)
    completed_at: Mapped[datetime | None] = mapped_column()
    #: The moment until which the completion counts; None: until the SOP changes.
    counts_until: Mapped[datetime | None] = mapped_column()
    #: What the person was told at completion: the statement and the SOP text's hash.
    evidence: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)

    def signed_content(self) -> dict[str, object]:
        """Return what read-and-understood signs: which module version, which text, which statement."""
        return {
            "person": self.person_id,
            "module_version": self.module_version_id,
            "cycle": self.cycle,
            "evidence": self.evidence,
        }


class PartProgress(Audited, Base):
    """How far a person is in one part of an assignment, so that they resume where they stopped."""

    __tablename__ = "part_progress"
    __table_args__ = (UniqueConstraint("assignment_id", "part_id"),)

    assignment_id: Mapped[UUID] = mapped_column(ForeignKey("assignment.id"))
    part_id: Mapped[UUID] = mapped_column(ForeignKey("module_part.id"))
    started_at: Mapped[datetime] = mapped_column()
    #: Sections marked as read, by their slug.
    sections_read: Mapped[list[str]] = mapped_column(JSON, default=list)
    finished_at: Mapped[datetime | None] = mapped_column()
    #: Where the proof lies, such as ``{"attempt": "…", "score": 90}``.
    evidence: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
