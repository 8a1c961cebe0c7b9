"""Tasks, the curricula that lead to them, and for whom they hold."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base


class Task(Audited, Base):
    """Something one must be qualified for before doing it alone, such as viral transduction."""

    __tablename__ = "task"

    code: Mapped[str] = mapped_column(String(60), unique=True)
    title: Mapped[str] = mapped_column(String(160))
    process_step: Mapped[str] = mapped_column(String(60))


class Curriculum(Audited, Base):
    """A set of modules that a role at a site has to complete; may lead to a task."""

    __tablename__ = "curriculum"

    code: Mapped[str] = mapped_column(String(60), unique=True)
    title: Mapped[str] = mapped_column(String(160))
    task_id: Mapped[UUID | None] = mapped_column(ForeignKey("task.id"), index=True)


class CurriculumModule(Audited, Base):
    """A module of a curriculum, with the days one has for it and the months its completion counts."""

    __tablename__ = "curriculum_module"
    __table_args__ = (UniqueConstraint("curriculum_id", "module_id", "valid_from"),)

    curriculum_id: Mapped[UUID] = mapped_column(ForeignKey("curriculum.id"))
    module_id: Mapped[UUID] = mapped_column(ForeignKey("module.id"), index=True)
    due_days: Mapped[int] = mapped_column(default=14)
    #: None: until the SOP changes.
    valid_months: Mapped[int | None] = mapped_column()
    valid_from: Mapped[date] = mapped_column()
    valid_to: Mapped[date | None] = mapped_column()


class CurriculumAudience(Audited, Base):
    """For whom a curriculum holds: a role, at one site or everywhere, from a day until a day."""

    __tablename__ = "curriculum_audience"

    curriculum_id: Mapped[UUID] = mapped_column(ForeignKey("curriculum.id"), index=True)
    role: Mapped[str] = mapped_column(String(30))
    site_id: Mapped[UUID | None] = mapped_column(ForeignKey("site.id"))
    valid_from: Mapped[date] = mapped_column()
    valid_to: Mapped[date | None] = mapped_column()
