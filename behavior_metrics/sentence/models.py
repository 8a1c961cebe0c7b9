"""Nightly runs of the associations that hold follow-through: what went in, what came out, when."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from lms.extensions import Base
from lms.ids import new_id


class FollowThroughRun(Base):
    """One run over the whole network. Derived from records, so no GMP record itself; never changed once it is made."""

    __tablename__ = "follow_through_run"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    method_version: Mapped[int] = mapped_column()
    #: Version of the weights with which the index was computed.
    weights_number: Mapped[int] = mapped_column()
    made_at: Mapped[datetime] = mapped_column(index=True)
    #: SHA-256 of the method's version, the weights' and every row that went in.
    input_hash: Mapped[str] = mapped_column(String(64))
    #: The team-quarters that went in and the associations that came out, as JSON.
    input: Mapped[str] = mapped_column(Text)
    output: Mapped[str] = mapped_column(Text)
