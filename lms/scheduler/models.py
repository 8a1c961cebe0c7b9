"""The ledger of jobs: which was due when, and that it ran once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from lms.extensions import Base


class JobRun(Base):
    """A job's claim on one due moment, written in the transaction of its effect: unique, so it runs once."""

    __tablename__ = "job_run"

    job: Mapped[str] = mapped_column(String(60), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(primary_key=True)
    finished_at: Mapped[datetime] = mapped_column()
    #: What it did, one line for the administrator.
    outcome: Mapped[str] = mapped_column(Text, default="")
