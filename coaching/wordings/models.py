"""Words of packs that a deployer pastes in with the permission to use them, and which full set is in force."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base


class SurveyWording(Audited, Base):
    """The words of a pack, pasted in by one person with the permission to use them, and approved by another.

    There is one wording for each pack: another word is another version, and versions are never pooled.
    """

    __tablename__ = "survey_wording"
    __table_args__ = (CheckConstraint("approved_by_id <> entered_by_id", name="two_people"),)

    #: Code of the pack.
    instrument: Mapped[int] = mapped_column(unique=True)
    language: Mapped[str] = mapped_column(String(5))
    preface: Mapped[str] = mapped_column(Text)
    #: One for each point of the scale, lowest first.
    anchors: Mapped[list[str]] = mapped_column(JSON)
    #: One for each slot, in their order.
    texts: Mapped[list[str]] = mapped_column(JSON)
    #: Who allowed the use, when, under which reference.
    permission_ref: Mapped[str] = mapped_column(Text)
    entered_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    approved_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    approved_at: Mapped[datetime | None] = mapped_column()


class SurveyInForce(Audited, Base):
    """That a full set was put in force; the newest one is asked. The series of the one before ends."""

    __tablename__ = "survey_in_force"

    instrument: Mapped[int] = mapped_column()
    since: Mapped[datetime] = mapped_column()
    reason: Mapped[str] = mapped_column(Text)
    put_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
