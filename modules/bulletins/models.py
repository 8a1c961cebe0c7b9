"""Bulletins: what one site learned, for those that run the same step, without telling who or where it was."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base
from lms.signatures.models import Signable
from modules.bulletins.rules import State


class Bulletin(Signable, Base):
    """A bulletin of the control site. Its text stands here until it is approved; then a module teaches it."""

    __tablename__ = "bulletin"
    __table_args__ = (
        Index("ix_bulletin_state", "state"),
        CheckConstraint("drafted_by_id <> approved_by_id", name="drafter_does_not_approve"),
    )

    #: ``CTL-BUL-2026-0007``; numbered by the control site and year.
    number: Mapped[str] = mapped_column(String(60), unique=True)
    #: Where it comes from. Shown to those who draft for the network alone.
    deviation_id: Mapped[UUID] = mapped_column(ForeignKey("deviation.id"), index=True)
    process_step: Mapped[str] = mapped_column(String(60))
    category: Mapped[str] = mapped_column(String(60))
    state: Mapped[str] = mapped_column(String(20), default=State.DRAFT)
    title: Mapped[str] = mapped_column(String(160))
    what_happened: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text)
    what_changed: Mapped[str] = mapped_column(Text)
    look_for: Mapped[str] = mapped_column(Text)
    #: Up to three: ``[{"stem": "…", "right": "…", "wrong": ["…"], "why": "…"}]``.
    questions: Mapped[list[dict[str, object]]] = mapped_column(JSON, default=list)
    due_on: Mapped[date] = mapped_column()
    drafted_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    drafted_at: Mapped[datetime] = mapped_column()
    #: Everybody who wrote or edited the text, by person id; none of them may approve it.
    writers: Mapped[list[str]] = mapped_column(JSON, default=list)
    approved_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    approved_at: Mapped[datetime | None] = mapped_column()
    #: The module that teaches it, from its approval on.
    module_id: Mapped[UUID | None] = mapped_column(ForeignKey("module.id"))
    #: Why it came back from review, or was withdrawn.
    remark: Mapped[str] = mapped_column(Text, default="")

    def signed_content(self) -> dict[str, object]:
        """Return what its approval signs: the text, the questions and the due day."""
        return {
            "number": self.number,
            "title": self.title,
            "text": [self.what_happened, self.why, self.what_changed, self.look_for],
            "questions": self.questions,
            "due_on": self.due_on,
        }


class BulletinSite(Audited, Base):
    """Whether a bulletin goes to a site and why, and what QA of the site answered."""

    __tablename__ = "bulletin_site"
    __table_args__ = (UniqueConstraint("bulletin_id", "site_id"),)

    bulletin_id: Mapped[UUID] = mapped_column(ForeignKey("bulletin.id"))
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"), index=True)
    chosen: Mapped[bool] = mapped_column()
    #: Whether it was decided otherwise than the facts say.
    by_hand: Mapped[bool] = mapped_column(default=False)
    #: The facts, or the reason for deciding otherwise.
    reason: Mapped[str] = mapped_column(Text)
    #: Why QA of the site says that it does not apply there; empty while it does.
    not_applicable: Mapped[str] = mapped_column(Text, default="")
    answered_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    answered_at: Mapped[datetime | None] = mapped_column()
