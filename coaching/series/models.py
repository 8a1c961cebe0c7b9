"""Standing appointments of a coach and an operator, and what became of each day of them."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base


class ReviewSeries(Audited, Base):
    """A review every so many weeks, at the same time on the clock of the operator's wall."""

    __tablename__ = "review_series"
    __table_args__ = (Index("ix_review_series_coach", "coach_id", "ended_at"),)

    coach_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    coachee_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"), index=True)
    every_weeks: Mapped[int] = mapped_column()
    #: Its first day; the weekday of all others.
    first_on: Mapped[date] = mapped_column()
    #: Minutes after midnight, by the clock of the operator's site.
    minute: Mapped[int] = mapped_column()
    #: ``onsite`` or ``video``.
    mode: Mapped[str] = mapped_column(String(20))
    place: Mapped[str] = mapped_column(String(200), default="")
    ended_at: Mapped[datetime | None] = mapped_column()
    #: Why they meet, of ``guides.OF_SERIES``; None in a series of before, whose reviews are scheduled ones.
    kind: Mapped[str | None] = mapped_column(String(20))


class SeriesDay(Audited, Base):
    """One day of a series with the review that was planned for it."""

    __tablename__ = "series_day"
    #: Once for each day, however often the scheduler asks.
    __table_args__ = (UniqueConstraint("series_id", "day"),)

    series_id: Mapped[UUID] = mapped_column(ForeignKey("review_series.id"))
    day: Mapped[date] = mapped_column()
    review_id: Mapped[UUID] = mapped_column(ForeignKey("coaching_review.id"), unique=True)
    #: ``as_planned``, ``moved`` to the next free slot, or ``no_time``: nothing was free.
    outcome: Mapped[str] = mapped_column(String(20))
    #: ``missing`` or ``twice`` if the clocks change in that night and touch the time.
    clocks: Mapped[str] = mapped_column(String(20), default="")
