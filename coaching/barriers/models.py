"""System actions: what a review asks of the site, with an owner. They stand without the conversation they came from."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from coaching.barriers.rules import State
from lms.audit.models import Audited
from lms.extensions import Base


class SystemAction(Audited, Base):
    """One thing that the site changes or owes after a review that both have signed."""

    __tablename__ = "system_action"
    __table_args__ = (
        UniqueConstraint("review_id", "position"),
        Index("ix_system_action_site_state", "site_id", "state"),
        Index("ix_system_action_owner_state", "owner_id", "state"),
    )

    #: ``LYO-SA-2026-0007``; numbered per site and year.
    number: Mapped[str] = mapped_column(String(60), unique=True)
    review_id: Mapped[UUID] = mapped_column(ForeignKey("coaching_review.id"))
    position: Mapped[int] = mapped_column()
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    deviation_id: Mapped[UUID | None] = mapped_column(ForeignKey("deviation.id"))
    kind: Mapped[str] = mapped_column(String(20))
    #: What is to change, in the words that both signed.
    what: Mapped[str] = mapped_column(Text)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    opened_on: Mapped[date] = mapped_column()
    due_on: Mapped[date] = mapped_column()
    state: Mapped[str] = mapped_column(String(20), default=State.OPEN)
    #: The day at the site on which it was answered.
    answered_on: Mapped[date | None] = mapped_column()
    #: What shows that it is done, or why it is not done.
    answer: Mapped[str | None] = mapped_column(Text)
