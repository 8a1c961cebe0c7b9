"""Actions that are training: the module an action asks for, of whom, and who was taken out again and why."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base
from modules.action_training.rules import State


class ActionTraining(Audited, Base):
    """The module that an action asks a part of its site to complete. Never chosen by who was at the bench."""

    __tablename__ = "action_training"
    __table_args__ = (UniqueConstraint("capa_id"),)

    capa_id: Mapped[UUID] = mapped_column(ForeignKey("capa.id"))
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    module_id: Mapped[UUID] = mapped_column(ForeignKey("module.id"), index=True)
    #: ``site``, ``team``, ``role`` or ``task``.
    audience: Mapped[str] = mapped_column(String(20))
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("team.id"))
    role: Mapped[str] = mapped_column(String(30), default="")
    task_id: Mapped[UUID | None] = mapped_column(ForeignKey("task.id"))
    asked_at: Mapped[datetime] = mapped_column()
    state: Mapped[str] = mapped_column(String(20), default=State.OPEN)
    #: When its owner was told that everybody has completed it; None until then.
    told_at: Mapped[datetime | None] = mapped_column()


class ActionTrainee(Audited, Base):
    """One person of whom an action asks a module."""

    __tablename__ = "action_trainee"
    __table_args__ = (
        UniqueConstraint("training_id", "person_id"),
        Index("ix_action_trainee_person", "person_id"),
    )

    training_id: Mapped[UUID] = mapped_column(ForeignKey("action_training.id"))
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    #: The newest assignment that was made for it.
    assignment_id: Mapped[UUID] = mapped_column(ForeignKey("assignment.id"))
    #: Why the person is not counted any more; empty while they are.
    out_because: Mapped[str] = mapped_column(Text, default="")
