"""When people can meet: their hours, what adds to them, what is taken, a coach's limits; appointments, and teams that meet."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base


class WorkingHours(Audited, Base):
    """A span of a person's week, local to their site. Without rows: Monday to Friday, 08:00 to 16:30.

    A change replaces the whole week: the rows of before stay, with the moment at which they were replaced.
    """

    __tablename__ = "working_hours"
    __table_args__ = (Index("ix_working_hours_person", "person_id", "replaced_at"),)

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    #: 0 = Monday.
    weekday: Mapped[int] = mapped_column()
    #: Minutes after local midnight.
    from_minute: Mapped[int] = mapped_column()
    to_minute: Mapped[int] = mapped_column()
    #: When this week was entered; None for the oldest.
    set_at: Mapped[datetime | None] = mapped_column()
    #: When another week took its place; None while it holds.
    replaced_at: Mapped[datetime | None] = mapped_column()


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
    #: Set once it was taken back: the time is free again.
    struck_out_at: Mapped[datetime | None] = mapped_column()


class ExtraTime(Audited, Base):
    """Time outside a person's hours at which they can be met all the same."""

    __tablename__ = "extra_time"
    __table_args__ = (Index("ix_extra_time_person", "person_id", "starts_at"),)

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    starts_at: Mapped[datetime] = mapped_column()
    ends_at: Mapped[datetime] = mapped_column()
    #: Set once it was taken back.
    struck_out_at: Mapped[datetime | None] = mapped_column()


class MeetingLimits(Audited, Base):
    """What keeps one coach from being overrun. Without a row: 40 minutes between reviews, 4 a day, 20 a week."""

    __tablename__ = "meeting_limits"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), unique=True)
    buffer_minutes: Mapped[int] = mapped_column()
    a_day: Mapped[int] = mapped_column()
    a_week: Mapped[int] = mapped_column()


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
    #: Why a time outside somebody's hours or beyond the coach's limits was agreed on; None for an ordinary one.
    agreed_beyond: Mapped[str | None] = mapped_column(String(500))
    #: Why it was last moved or called off, as the other side was told.
    why: Mapped[str | None] = mapped_column(String(200))


class GroupReview(Audited, Base):
    """One meeting of a coach with two to eight people. What each says, agrees on and signs stands in their own review."""

    __tablename__ = "group_review"

    coach_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"), index=True)
    #: What the team looks at together, as the coach calls it; shown to those who take part only.
    subject: Mapped[str] = mapped_column(String(200))
    called_off_at: Mapped[datetime | None] = mapped_column()
    #: Why they meet, of ``guides.OF_TEAMS``; None in a meeting of before.
    kind: Mapped[str | None] = mapped_column(String(20))


class GroupReviewMember(Audited, Base):
    """Somebody's part in it: their own review, with their own account, agreement, signature and survey."""

    __tablename__ = "group_review_member"

    group_id: Mapped[UUID] = mapped_column(ForeignKey("group_review.id"), index=True)
    #: Unique: a review belongs to one meeting.
    review_id: Mapped[UUID] = mapped_column(ForeignKey("coaching_review.id"), unique=True)
    #: When they left the meeting: their review goes on by itself, or was cancelled.
    left_at: Mapped[datetime | None] = mapped_column()


class BookedQuarter(Base):
    """A quarter of an hour of a person that a review takes: the database itself keeps it from being taken twice.

    Machinery, and no record: what was booked, moved and cancelled stands in the trail of the appointment.
    """

    __tablename__ = "booked_quarter"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    #: Quarter hours since 1970, UTC.
    quarter: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    #: The review, or the meeting of a team, that takes it.
    meeting_id: Mapped[UUID] = mapped_column(index=True)
