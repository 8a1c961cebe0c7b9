"""Observed practice: a checklist, filled in at the bench, signed by an assessor who is not the trainee."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from assessments.observations.rules import ChecklistState, state_of
from lms.audit.models import Audited
from lms.extensions import Base, db
from lms.signatures.models import Signable


class Checklist(Signable, Base):
    """A version of the checklist for a task. A change is a new version, which runs are marked on once it is approved.

    Versions from before approvals have neither author nor approver.
    """

    __tablename__ = "checklist"
    __table_args__ = (
        UniqueConstraint("code", "number"),
        CheckConstraint("written_by_id <> approved_by_id", name="writer_does_not_approve"),
    )

    code: Mapped[str] = mapped_column(String(60))
    number: Mapped[int] = mapped_column()
    title: Mapped[str] = mapped_column(String(200))
    task_id: Mapped[UUID] = mapped_column(ForeignKey("task.id"), index=True)
    #: Whether runs begun now are marked on it.
    is_current: Mapped[bool] = mapped_column(default=True)
    #: None where a file brought it.
    written_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    #: Since when it waits, or waited, for approval.
    sent_at: Mapped[datetime | None] = mapped_column()
    change_reason: Mapped[str | None] = mapped_column(Text)
    approved_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    approved_at: Mapped[datetime | None] = mapped_column()
    #: When it was given back, taken back, or replaced before it was approved.
    ended_at: Mapped[datetime | None] = mapped_column()

    @property
    def state(self) -> ChecklistState:
        """Where this version stands."""
        return state_of(
            is_current=self.is_current, sent_at=self.sent_at, approved_at=self.approved_at, ended_at=self.ended_at
        )

    def signed_content(self) -> dict[str, object]:
        """Return what is approved: the task and every point, as they stand in the database."""
        points = select(ChecklistPoint.text, ChecklistPoint.critical).where(ChecklistPoint.checklist_id == self.id)
        return {
            "code": self.code,
            "number": self.number,
            "title": self.title,
            "task": self.task_id,
            "points": [
                {"text": text, "critical": critical}
                for text, critical in db.session.execute(points.order_by(ChecklistPoint.position))
            ],
        }


class ChecklistPoint(Audited, Base):
    """One observable behaviour. A critical point not shown fails the run."""

    __tablename__ = "checklist_point"
    __table_args__ = (UniqueConstraint("checklist_id", "position"),)

    checklist_id: Mapped[UUID] = mapped_column(ForeignKey("checklist.id"))
    position: Mapped[int] = mapped_column()
    text: Mapped[str] = mapped_column(Text)
    critical: Mapped[bool] = mapped_column(default=False)


class Observation(Signable, Base):
    """One observed run: who, by whom, on which batch, what was seen, and the verdict."""

    __tablename__ = "observation"
    __table_args__ = (
        CheckConstraint("trainee_id <> assessor_id", name="assessor_is_not_trainee"),
        Index("ix_observation_trainee", "trainee_id", "task_id"),
        Index("ix_observation_assessor_state", "assessor_id", "state"),
    )

    checklist_id: Mapped[UUID] = mapped_column(ForeignKey("checklist.id"), index=True)
    task_id: Mapped[UUID] = mapped_column(ForeignKey("task.id"))
    trainee_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    assessor_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    #: Batch number or ``training run``.
    batch_reference: Mapped[str] = mapped_column(String(60), default="")
    observed_at: Mapped[datetime] = mapped_column()
    #: ``open`` until signed, then ``signed``.
    state: Mapped[str] = mapped_column(String(20), default="open")
    #: Point by position: ``{"1": {"shown": "yes|no|not_applicable", "note": "…"}}``.
    marks: Mapped[dict[str, dict[str, str]]] = mapped_column(JSON, default=dict)
    remarks: Mapped[str] = mapped_column(Text, default="")
    #: What entitled the assessor when signing: a ``qualification`` for the task or the assessor ``role`` at the site.
    assessor_by: Mapped[str] = mapped_column(String(20), default="")
    #: Until when that held, as known when signing; None: no end was set.
    assessor_until: Mapped[datetime | None] = mapped_column()
    #: None until signed.
    passed: Mapped[bool | None] = mapped_column()
    signed_at: Mapped[datetime | None] = mapped_column()

    def signed_content(self) -> dict[str, object]:
        """Return what the assessor signs: who did what on which batch, every mark and the verdict."""
        return {
            "checklist": self.checklist_id,
            "trainee": self.trainee_id,
            "assessor": self.assessor_id,
            "batch": self.batch_reference,
            "observed_at": self.observed_at,
            "marks": self.marks,
            "remarks": self.remarks,
            "assessor_by": self.assessor_by,
            "assessor_until": self.assessor_until,
            "passed": self.passed,
        }
