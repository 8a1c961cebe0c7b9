"""What a site owes for what its teams said: a note for each wave that was published, and whether it is asked at all."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base


class VoiceWave(Audited, Base):
    """A quarter of the survey that gave a site at least one published figure, and what the site did about it.

    Made with the quarter's last release. Unanswered when a later quarter begins, it keeps that quarter's wave shut there.
    """

    __tablename__ = "voice_wave"
    __table_args__ = (UniqueConstraint("site_id", "quarter"),)

    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"), index=True)
    #: Such as ``2026-Q3``.
    quarter: Mapped[str] = mapped_column(String(7))
    #: Day of the quarter's last release.
    released_on: Mapped[date] = mapped_column()
    #: “You said”: what the site reads in its figures.
    said: Mapped[str] = mapped_column(Text, default="")
    #: “We did”, or what will be done and by whom.
    did: Mapped[str] = mapped_column(Text, default="")
    #: Who sees to it; None until the wave is answered.
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    due_on: Mapped[date | None] = mapped_column()
    answered_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    answered_at: Mapped[datetime | None] = mapped_column()


class SurveySite(Audited, Base):
    """Whether the survey runs at a site. A site without a row has it on."""

    __tablename__ = "survey_site"

    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"), unique=True)
    is_on: Mapped[bool] = mapped_column(default=True)
    #: Why it was switched, as shown to everybody who would be asked.
    reason: Mapped[str] = mapped_column(Text)
    changed_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    changed_at: Mapped[datetime] = mapped_column()
