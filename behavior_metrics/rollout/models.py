"""Nightly runs of what went with the start of coaching: what went in by its hash, what came out, when."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from lms.extensions import Base
from lms.ids import new_id


class RolloutRun(Base):
    """One run over the whole network. Derived from records, so no GMP record itself; never changed once it is made."""

    __tablename__ = "rollout_run"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    made_at: Mapped[datetime] = mapped_column(index=True)
    #: SHA-256 of the method's version and every row that went in.
    input_hash: Mapped[str] = mapped_column(String(64))
    #: What was found, by site and for the network, as JSON.
    output: Mapped[str] = mapped_column(Text)
