"""The meeting at which the two look again at what was agreed. Booked when the review closes."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base


class FollowUp(Audited, Base):
    """The follow-up of one review: the day agreed, and the time found for both; none if they have none in common."""

    __tablename__ = "follow_up"

    review_id: Mapped[UUID] = mapped_column(ForeignKey("coaching_review.id"), unique=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    wanted_on: Mapped[date] = mapped_column()
    #: None: no time in common was found up to ``searched_until``, and the coach was told to find one.
    starts_at: Mapped[datetime | None] = mapped_column()
    ends_at: Mapped[datetime | None] = mapped_column()
    searched_until: Mapped[date] = mapped_column()
    #: The time that it takes in both diaries.
    coach_busy_id: Mapped[UUID | None] = mapped_column(ForeignKey("busy_time.id"))
    coachee_busy_id: Mapped[UUID | None] = mapped_column(ForeignKey("busy_time.id"))
    held_at: Mapped[datetime | None] = mapped_column()

    @property
    def uid(self) -> str:
        """Identity of its calendar invitations; their sequence is the version of this record."""
        return f"follow-up-{self.id}@candor"
