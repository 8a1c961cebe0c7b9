"""Verifications of the trail that were asked for on the page or made by night, and what each found."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from lms.extensions import Base
from lms.ids import new_id


class TrailVerification(Base):
    """One verification. Derived from the trail, so no GMP record itself; never changed once it is made."""

    __tablename__ = "trail_verification"
    __table_args__ = (Index("ix_trail_verification_asked", "asked_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    asked_at: Mapped[datetime] = mapped_column()
    #: The name of who asked; empty: made by night.
    asked_by: Mapped[str] = mapped_column(Text, default="")
    #: How many events were read of how many; each is read twice.
    done: Mapped[int] = mapped_column(BigInteger, default=0)
    total: Mapped[int] = mapped_column(BigInteger, default=0)
    #: None while it waits or runs.
    made_at: Mapped[datetime | None] = mapped_column()
    agreed: Mapped[bool | None] = mapped_column()
    #: ``VerifyReport.as_json`` as text; empty until it is made.
    report: Mapped[str] = mapped_column(Text, default="")
