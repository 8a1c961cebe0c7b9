"""What people answered to invitations by mail, and which mails were read."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base


class AppointmentAnswer(Audited, Base):
    """What somebody answered to an invitation. Never changed; a later answer stands beside it. It cancels nothing."""

    __tablename__ = "appointment_answer"
    __table_args__ = (Index("ix_appointment_answer_appointment", "appointment_id", "sequence"),)

    appointment_id: Mapped[UUID] = mapped_column(ForeignKey("appointment.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    #: Of the invitation that it answers. One to an earlier invitation says nothing about the present time.
    sequence: Mapped[int] = mapped_column()
    #: ``accepted``, ``tentative``, ``declined`` or ``proposed``.
    answer: Mapped[str] = mapped_column(String(20))
    #: Another time that was proposed (COUNTER); it is not taken over by itself.
    proposed_starts_at: Mapped[datetime | None] = mapped_column()
    proposed_ends_at: Mapped[datetime | None] = mapped_column()
    #: When it was given, by the mail.
    said_at: Mapped[datetime] = mapped_column()
    received_at: Mapped[datetime] = mapped_column()


class ReadMail(Base):
    """A mail that was read, so that it is not read twice, and what became of it. Nothing of its content is kept."""

    __tablename__ = "read_mail"

    #: SHA-256 of Message-ID, sender and calendar part.
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    read_at: Mapped[datetime] = mapped_column(index=True)
    #: ``counted`` or ``refused``.
    outcome: Mapped[str] = mapped_column(String(20))
    #: One sentence for the administrator, without names.
    sentence: Mapped[str] = mapped_column(String(300))
