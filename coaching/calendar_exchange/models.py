"""What people's own calendars take of their time. No record of quality: kept outside the trail, and forgotten on request."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from lms.extensions import Base
from lms.ids import new_id


class OwnCalendar(Base):
    """A file that somebody exported from a calendar of theirs: looked at first, then taken in or forgotten."""

    __tablename__ = "own_calendar"
    __table_args__ = (Index("ix_own_calendar_person", "person_id", "taken_in_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    #: What its owner calls it; a newer file of the same name takes the place of the older one.
    name: Mapped[str] = mapped_column(String(60))
    read_at: Mapped[datetime] = mapped_column()
    #: None: only looked at. Its times do not count yet.
    taken_in_at: Mapped[datetime | None] = mapped_column()
    #: Counts and sentences for its owner: what is used, left out and refused; never a title.
    outcome: Mapped[dict[str, Any]] = mapped_column(JSON)


class OwnBusyTime(Base):
    """A time that a calendar of somebody's own takes: from when until when, and nothing else."""

    __tablename__ = "own_busy_time"
    __table_args__ = (Index("ix_own_busy_time_person", "person_id", "ends_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    calendar_id: Mapped[UUID] = mapped_column(ForeignKey("own_calendar.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    starts_at: Mapped[datetime] = mapped_column()
    ends_at: Mapped[datetime] = mapped_column()
