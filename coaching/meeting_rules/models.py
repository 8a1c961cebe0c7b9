"""What a site permits at remote reviews: video, cameras where batches are made, recording."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from coaching.meeting_rules.rules import Permitted
from lms.audit.models import Audited
from lms.extensions import Base


class MeetingRules(Audited, Base):
    """The rules of one site. Without a row: video is allowed, no camera in a GMP area, nothing is recorded."""

    __tablename__ = "meeting_rules"

    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"), unique=True)
    video_allowed: Mapped[bool] = mapped_column()
    #: ``never``, ``with_permit`` or ``allowed``.
    camera_in_gmp_area: Mapped[str] = mapped_column(String(20))
    #: ``never`` or ``with_consent``: nobody is recorded without having said yes.
    recording: Mapped[str] = mapped_column(String(20))
    #: How long a recording is kept, as the site's list of retention classes calls it.
    retention_class: Mapped[str] = mapped_column(String(80), default="")
    #: Where a video call of the site takes place by default.
    usual_link: Mapped[str] = mapped_column(String(200), default="")

    def permitted(self) -> Permitted:
        """Return the rules as plain values."""
        return Permitted(
            self.video_allowed, self.camera_in_gmp_area, self.recording, self.retention_class, self.usual_link
        )
