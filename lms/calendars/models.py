"""Public holidays of a site: with weekends, the days on which its clocks of working days stand still."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base


class SiteHoliday(Audited, Base):
    """A day on which a site does not work. One that was noted wrongly is struck out and stays on record."""

    __tablename__ = "site_holiday"
    __table_args__ = (UniqueConstraint("site_id", "day"),)

    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    day: Mapped[date] = mapped_column()
    name: Mapped[str] = mapped_column(String(80))
    #: False once struck out: the site works on this day after all.
    is_kept: Mapped[bool] = mapped_column(default=True)
