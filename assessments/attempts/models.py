"""Attempts: drawn, stored, saved and timed by the server."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base
from lms.ids import new_id


class AttemptState(StrEnum):
    """Where an attempt stands. Submitted by the person, or by the server when the time was over."""

    OPEN = "open"
    SUBMITTED = "submitted"
    TIMED_OUT = "timed_out"


class Attempt(Audited, Base):
    """One sitting of a quiz, with the result once it is in."""

    __tablename__ = "attempt"
    __table_args__ = (
        UniqueConstraint("assignment_id", "number"),
        Index("ix_attempt_person_state", "person_id", "state"),
    )

    quiz_id: Mapped[UUID] = mapped_column(ForeignKey("quiz.id"), index=True)
    assignment_id: Mapped[UUID] = mapped_column(ForeignKey("assignment.id"))
    #: The knowledge check of the module version that was assigned; finished when the attempt passes.
    part_id: Mapped[UUID] = mapped_column(ForeignKey("module_part.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    number: Mapped[int] = mapped_column()
    state: Mapped[str] = mapped_column(String(20), default=AttemptState.OPEN)
    started_at: Mapped[datetime] = mapped_column()
    #: The server's clock decides; a started attempt always gets its full duration.
    deadline_at: Mapped[datetime] = mapped_column()
    finished_at: Mapped[datetime | None] = mapped_column()
    #: Items wholly right, out of, the percentage of them and whether it passed; set once.
    correct: Mapped[int | None] = mapped_column()
    out_of: Mapped[int] = mapped_column()
    percent: Mapped[int | None] = mapped_column()
    #: Partial credit, in whole percent: reported apart, decides nothing.
    credit_percent: Mapped[int | None] = mapped_column()
    passed: Mapped[bool | None] = mapped_column()
    #: The answers as they counted: ``{item code: [option positions]}``.
    answers: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)


class FurtherAttempt(Audited, Base):
    """One more attempt, allowed by a trainer who talked with the person after the last one was used up."""

    __tablename__ = "further_attempt"

    assignment_id: Mapped[UUID] = mapped_column(ForeignKey("assignment.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"), index=True)
    allowed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    allowed_at: Mapped[datetime] = mapped_column()
    #: What was agreed before trying again.
    note: Mapped[str] = mapped_column(Text)


class AttemptItem(Audited, Base):
    """An item as drawn for one attempt: its version, its place, and its options under ids that mean nothing elsewhere."""

    __tablename__ = "attempt_item"
    __table_args__ = (UniqueConstraint("attempt_id", "position"),)

    attempt_id: Mapped[UUID] = mapped_column(ForeignKey("attempt.id"))
    position: Mapped[int] = mapped_column()
    item_version_id: Mapped[UUID] = mapped_column(ForeignKey("item_version.id"), index=True)
    #: Shuffled: ``[[random id, option id], …]``.
    options: Mapped[list[list[str]]] = mapped_column(JSON)


class SavedAnswer(Base):
    """Every save of an answer, in order. Appended only; the result copies the last ones into the audited attempt."""

    __tablename__ = "saved_answer"
    __table_args__ = (UniqueConstraint("attempt_item_id", "sequence"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    attempt_item_id: Mapped[UUID] = mapped_column(ForeignKey("attempt_item.id"))
    #: Counts up in the browser; an older save arriving late never wins.
    sequence: Mapped[int] = mapped_column()
    #: The random ids that were chosen.
    chosen: Mapped[list[str]] = mapped_column(JSON)
    flagged: Mapped[bool] = mapped_column(default=False)
    saved_at: Mapped[datetime] = mapped_column()
