"""When people can meet: working hours, what is taken, and the appointment of a review."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base


class WorkingHours(Audited, Base):
    """A person's hours on one weekday, local to their site. Without rows: Monday to Friday, 08:00 to 16:30."""

    __tablename__ = "working_hours"
    __table_args__ = (UniqueConstraint("person_id", "weekday"),)

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    #: 0 = Monday.
    weekday: Mapped[int] = mapped_column()
    #: Minutes after local midnight.
    from_minute: Mapped[int] = mapped_column()
    to_minute: Mapped[int] = mapped_column()


class BusyTime(Audited, Base):
    """Time a person is not free: a batch, a leave, another appointment."""

    __tablename__ = "busy_time"
    __table_args__ = (Index("ix_busy_time_person", "person_id", "starts_at"),)

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    starts_at: Mapped[datetime] = mapped_column()
    ends_at: Mapped[datetime] = mapped_column()
    #: ``review``, ``batch``, ``leave`` or ``other``; never what about.
    kind: Mapped[str] = mapped_column(String(20))
    #: The appointment that takes this time, if it is one of ours.
    appointment_id: Mapped[UUID | None] = mapped_column(ForeignKey("appointment.id"))


class Appointment(Audited, Base):
    """When a review is to be held, with the identity of its calendar invitation (RFC 5545 UID and SEQUENCE)."""

    __tablename__ = "appointment"

    review_id: Mapped[UUID] = mapped_column(ForeignKey("coaching_review.id"), unique=True)
    starts_at: Mapped[datetime] = mapped_column()
    ends_at: Mapped[datetime] = mapped_column()
    #: ``onsite`` or ``video``.
    mode: Mapped[str] = mapped_column(String(20))
    place: Mapped[str] = mapped_column(String(200), default="")
    uid: Mapped[str] = mapped_column(String(120), unique=True)
    sequence: Mapped[int] = mapped_column(default=0)
    cancelled_at: Mapped[datetime | None] = mapped_column()
