"""Calibration between coaches: the same run, the same checklist, two ratings made alone."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base


class CalibrationExercise(Audited, Base):
    """A run that two coaches rate. Says nothing of whoever did the run."""

    __tablename__ = "calibration_exercise"
    __table_args__ = (CheckConstraint("first_id <> second_id", name="two_coaches"),)

    #: The site of the coach who asked.
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    checklist_id: Mapped[UUID] = mapped_column(ForeignKey("checklist.id"))
    #: Which recording or run: "training video 12", "run of 14 March, bench 2".
    about: Mapped[str] = mapped_column(String(200))
    first_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    second_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    opened_at: Mapped[datetime] = mapped_column()


class CalibrationRating(Audited, Base):
    """One coach's marks, made alone. Never changed."""

    __tablename__ = "calibration_rating"
    __table_args__ = (UniqueConstraint("exercise_id", "coach_id"),)

    exercise_id: Mapped[UUID] = mapped_column(ForeignKey("calibration_exercise.id"))
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    coach_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    #: Position of the point -> mark, of ``rules.MARKS``.
    marks: Mapped[dict[str, str]] = mapped_column(JSON)
    rated_at: Mapped[datetime] = mapped_column()
