"""Studies that were brought: what came out, for whoever brought it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from lms.extensions import Base
from lms.ids import new_id


class ImportedStudy(Base):
    """One file and its analyses. About people or things that are none of the network's, so no GMP record."""

    __tablename__ = "imported_study"
    __table_args__ = (Index("ix_imported_study_account_asked", "account_id", "asked_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    #: Who brought it; nobody else sees it.
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    file_name: Mapped[str] = mapped_column(String(200))
    file_sha256: Mapped[str] = mapped_column(String(64))
    asked_at: Mapped[datetime] = mapped_column()
    #: None while the analyses are under way.
    made_at: Mapped[datetime | None] = mapped_column()
    #: The rows as JSON until the analyses are made, then nothing: what is kept tells of no unit.
    rows: Mapped[str] = mapped_column(Text, default="")
    #: What ``analyses.analyse`` returned, as JSON.
    output: Mapped[str] = mapped_column(Text, default="")
