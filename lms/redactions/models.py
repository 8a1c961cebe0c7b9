"""What was redacted from a deviation, by whom and why. The words themselves are kept nowhere."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from lms.extensions import Base
from lms.signatures.models import Signable


class Redaction(Signable, Base):
    """One reasoned and signed act of QA that took words or a file out of a deviation for good. Never changed."""

    __tablename__ = "redaction"

    deviation_id: Mapped[UUID] = mapped_column(ForeignKey("deviation.id"), index=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    #: The file whose content was taken out; None where words were.
    attachment_id: Mapped[UUID | None] = mapped_column(ForeignKey("attachment.id"))
    #: Where the words stood, as ``table.field``, separated by commas.
    places: Mapped[str] = mapped_column(Text, default="")
    #: Events whose old and new values were erased; each is named by a ``payload_erasure``.
    events: Mapped[int] = mapped_column(default=0)
    #: Events whose reason, which is sealed, holds the words and keeps them.
    left_in_reasons: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(Text)
    done_at: Mapped[datetime] = mapped_column()
    #: The role of whoever signed.
    role: Mapped[str] = mapped_column(String(30))

    def signed_content(self) -> dict[str, object]:
        """Return the act as it was signed."""
        return {
            "deviation": self.deviation_id,
            "attachment": self.attachment_id,
            "places": self.places,
            "events": self.events,
            "reason": self.reason,
        }
