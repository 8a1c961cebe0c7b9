"""Who is planned for which task of a planned batch."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base


class RosterEntry(Audited, Base):
    """A person planned for a task of a planned batch. Taken off by striking it, never deleted."""

    __tablename__ = "roster_entry"
    __table_args__ = (
        UniqueConstraint("planned_batch_id", "person_id", "task_id"),
        Index("ix_roster_entry_person", "person_id", "struck_at"),
    )

    planned_batch_id: Mapped[UUID] = mapped_column(ForeignKey("planned_batch.id"))
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    task_id: Mapped[UUID] = mapped_column(ForeignKey("task.id"))
    #: Set when taken off; None while planned.
    struck_at: Mapped[datetime | None] = mapped_column()
