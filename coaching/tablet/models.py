"""A person's badge for the survey on a shared tablet."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from lms.extensions import Base


class Badge(Base):
    """A badge number and a PIN, set by the person. It opens the list of their sheets on a tablet and nothing else.

    Outside the trail, like a session: it signs nothing, and a trail of PIN hashes would be there to be guessed from. When
    it was last used is kept nowhere, since that would be the moment of an answer.
    """

    __tablename__ = "survey_badge"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    #: HMAC-SHA256 of the badge number under the server's secret, so that the table is no list of badges.
    badge: Mapped[str] = mapped_column(String(64), unique=True)
    #: argon2id of the PIN's HMAC: six digits alone would be guessed from a copy of the table.
    pin_hash: Mapped[str] = mapped_column(String(200))


class BadgeFailure(Base):
    """Wrong tries, counted for each badge that was typed, whether it exists or not."""

    __tablename__ = "survey_badge_failure"

    badge: Mapped[str] = mapped_column(String(64), primary_key=True)
    count: Mapped[int] = mapped_column()
    locked_until: Mapped[datetime | None] = mapped_column()
