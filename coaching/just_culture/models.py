"""A stated concern, two assessors' answers and a route. Read by these two and the person; emptied after twelve months."""

from __future__ import annotations

import secrets
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base
from lms.signatures.models import Signable


class Blinded(Audited):
    """A record whose hash in the trail tells nothing once it is emptied: a random word is hashed, and goes, with the rest."""

    __abstract__ = True

    blind: Mapped[str] = mapped_column(String(64))

    def __init__(self, **values: Any) -> None:  # noqa: ANN401 - SQLAlchemy's constructor
        values.setdefault("blind", secrets.token_hex(32))
        super().__init__(**values)


class JustCultureCase(Blinded, Signable, Base):
    """One concern about somebody's part in a deviation. What stays after a year is that one was opened, when and where."""

    __tablename__ = "just_culture_case"
    __table_args__ = (Index("ix_just_culture_case_purge", "purged_at", "purge_on"),)

    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    opened_at: Mapped[datetime] = mapped_column()
    #: The day from which nothing below is kept.
    purge_on: Mapped[date] = mapped_column()
    purged_at: Mapped[datetime | None] = mapped_column()
    # What follows is emptied then.
    deviation_id: Mapped[UUID | None] = mapped_column(ForeignKey("deviation.id"))
    #: Whom the concern is about.
    subject_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"), index=True)
    #: The assessor who stated it, and the second one.
    first_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"), index=True)
    second_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"), index=True)
    concern: Mapped[str] = mapped_column(Text)
    #: Of ``rules.QUESTIONS``.
    questions: Mapped[int] = mapped_column()
    #: The route that the two agreed on, and why where they differed at first.
    route: Mapped[str] = mapped_column(String(20), default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    settled_at: Mapped[datetime | None] = mapped_column()

    def signed_content(self) -> dict[str, object]:
        """Return what is signed at opening: that all of it is removed on a day. This signature orders the purge."""
        return {"case": self.id, "site": self.site_id, "opened_at": self.opened_at, "purge_on": self.purge_on}


class JustCultureAnswers(Blinded, Base):
    """What one assessor answered, alone. Never changed until it is emptied."""

    __tablename__ = "just_culture_answers"
    __table_args__ = (UniqueConstraint("case_id", "assessor_id"),)

    case_id: Mapped[UUID] = mapped_column(ForeignKey("just_culture_case.id"))
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    assessor_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    #: Question -> answer, codes only.
    answers: Mapped[dict[str, str]] = mapped_column(JSON)
    route: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text)
    given_at: Mapped[datetime | None] = mapped_column()


class JustCultureWords(Base):
    """What the person adds. Theirs to change; outside the trail, which would name its writer for ever. Deleted in the end."""

    __tablename__ = "just_culture_words"

    case_id: Mapped[UUID] = mapped_column(ForeignKey("just_culture_case.id"), primary_key=True)
    words: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime] = mapped_column()
