"""What is known of a person for finding a coach: languages, subjects, share of work, line manager."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from coaching.matching.rules import Share
from lms.audit.models import Audited
from lms.extensions import Base


class CoachingProfile(Audited, Base):
    """What matching asks of a person, coach or coachee. Without a row: full-time, nothing named, nobody excluded."""

    __tablename__ = "coaching_profile"
    __table_args__ = (CheckConstraint("person_id <> line_manager_id", name="nobody_manages_themself"),)

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), unique=True)
    #: The person's own site, so that site scope reaches this row too.
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"), index=True)
    #: ``part`` or ``full``: what share of their work a coach coaches, which sets their caps.
    share: Mapped[str] = mapped_column(String(10), default=Share.FULL)
    #: Codes of languages they hold a review in (ISO 639-1), one space between; empty: not named.
    languages: Mapped[str] = mapped_column(String(80), default="")
    #: Process steps they know, one space between; empty: any.
    subjects: Mapped[str] = mapped_column(String(400), default="")
    #: Never this person's coach.
    line_manager_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
