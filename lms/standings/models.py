"""What was decided about whether a site, a team or a person works: activated, paused, suspended, lifted, ceased."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from lms.extensions import Base
from lms.signatures.models import Signable


class StandingChange(Signable, Base):
    """One signed step from a state to the next. Never changed: it lasts until the next one of the same subject."""

    __tablename__ = "standing_change"
    __table_args__ = (Index("ix_standing_change_subject", "site_id", "team_id", "person_id", "begins_at"),)

    #: The site that it is about, or at which the team or person works.
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    #: Set for a team; neither is set for the whole site.
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("team.id"), index=True)
    #: Set for one person, at this site.
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"), index=True)
    #: ``activate``, ``pause``, ``suspend``, ``lift`` or ``cease``.
    act: Mapped[str] = mapped_column(String(20))
    #: The state that it led to.
    state: Mapped[str] = mapped_column(String(20))
    begins_at: Mapped[datetime] = mapped_column()
    reason: Mapped[str] = mapped_column(Text)
    by_person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))

    def signed_content(self) -> dict[str, object]:
        """Return the step as it was signed."""
        return {
            "site": self.site_id,
            "team": self.team_id,
            "person": self.person_id,
            "act": self.act,
            "state": self.state,
            "begins_at": self.begins_at,
            "reason": self.reason,
        }
