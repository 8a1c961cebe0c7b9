"""Batches: what was made where and by which team. The denominator of every rate; no rate without it."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base


class Disposition(StrEnum):
    """What became of a batch (domain vocabulary)."""

    PENDING = "pending"
    RELEASED = "released"
    RELEASED_UNDER_EXCEPTION = "released_under_exception"
    REJECTED = "rejected"
    TERMINATED = "terminated"


class Batch(Audited, Base):
    """One batch of an autologous product: one patient, one run."""

    __tablename__ = "batch"
    __table_args__ = (Index("ix_batch_site_started", "site_id", "started_on"),)

    number: Mapped[str] = mapped_column(String(40), unique=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("team.id"), index=True)
    product: Mapped[str] = mapped_column(String(80))
    process_version: Mapped[str] = mapped_column(String(20), default="")
    started_on: Mapped[date] = mapped_column()
    finished_on: Mapped[date | None] = mapped_column()
    disposition: Mapped[str] = mapped_column(String(30), default=Disposition.PENDING)
