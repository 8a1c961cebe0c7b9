"""Who opened the published figures. Written when somebody opens them, never by reading a page, and kept for the respondents."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from lms.extensions import Base


class AggregateOpening(Base):
    """One opening of published figures, for one of the sites that the reader sees, or for the whole network."""

    __tablename__ = "aggregate_opening"
    __table_args__ = (Index("ix_aggregate_opening_site_at", "site_id", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column()
    #: A word of the vocabulary ``aggregate_page``.
    page: Mapped[str] = mapped_column(String(30))
    #: None: the figures of the whole network were opened.
    site_id: Mapped[UUID | None] = mapped_column(ForeignKey("site.id"))
