"""Analyses that were run: what went in, what came out, by which method and when."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from lms.extensions import Base
from lms.ids import new_id


class AnalysisRun(Base):
    """One run of the linkage. Derived from records, so no GMP record itself; never changed once it is made."""

    __tablename__ = "analysis_run"
    __table_args__ = (Index("ix_analysis_run_scope_asked", "scope", "asked_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    #: ``network``, or the ids of the sites it was limited to, in order, separated by spaces.
    scope: Mapped[str] = mapped_column(Text)
    method_version: Mapped[int] = mapped_column()
    asked_at: Mapped[datetime] = mapped_column()
    #: None while it is under way.
    made_at: Mapped[datetime | None] = mapped_column()
    #: SHA-256 of the method's version and the rows; empty while it is under way.
    input_hash: Mapped[str] = mapped_column(String(64), default="")
    #: Of one person's score within a team, as the run went by it; stands in the input as well.
    within_team_variance: Mapped[float | None] = mapped_column()
    #: The rows that went in and the results that came out, as JSON: read where they are needed, for a large network's have
    #: megabytes.
    input: Mapped[str] = mapped_column(Text, default="", deferred=True)
    output: Mapped[str] = mapped_column(Text, default="", deferred=True)
