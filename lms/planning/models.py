"""Batches that are planned, and work counted by month where batches say too little."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base
from lms.planning.rules import State


class PlannedBatch(Audited, Base):
    """A run that is to begin at a site. It becomes a batch when it starts; cancelled ones stay on record."""

    __tablename__ = "planned_batch"
    __table_args__ = (Index("ix_planned_batch_site_starts", "site_id", "state", "starts_at"),)

    number: Mapped[str] = mapped_column(String(40), unique=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("team.id"), index=True)
    #: What is made, and the process by which.
    product: Mapped[str] = mapped_column(String(80))
    process: Mapped[str] = mapped_column(String(80))
    process_version: Mapped[str] = mapped_column(String(20), default="")
    #: First moment of the run, and the first moment after it: nobody is rostered for two runs at once.
    starts_at: Mapped[datetime] = mapped_column()
    ends_at: Mapped[datetime] = mapped_column()
    state: Mapped[str] = mapped_column(String(20), default=State.PLANNED)
    #: The batch that it became.
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("batch.id"))


class ExposurePeriod(Audited, Base):
    """Work of a site or a team in a month, in critical steps or hours. A correction stands in the trail."""

    __tablename__ = "exposure_period"
    __table_args__ = (UniqueConstraint("site_id", "team_id", "month", "unit"),)

    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    #: None: the whole site.
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("team.id"), index=True)
    #: First day of the month.
    month: Mapped[date] = mapped_column()
    #: ``critical_steps`` or ``hours``.
    unit: Mapped[str] = mapped_column(String(20))
    count: Mapped[int] = mapped_column()
