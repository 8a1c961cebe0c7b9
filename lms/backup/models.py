"""The record that an archive was put back: an inspector must see it in the trail that it continues."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base


class Restoration(Audited, Base):
    """One restoration of this installation: from which archive, checked against which copy kept outside."""

    __tablename__ = "restoration"

    #: SHA-256 of the archive (hex).
    archive: Mapped[str] = mapped_column(String(64))
    archive_made_at: Mapped[datetime] = mapped_column()
    #: Events in the archive's tree.
    size: Mapped[int] = mapped_column(BigInteger)
    #: Events under the outside checkpoint that was shown; None: restored without one, the event's reason says why.
    anchor_size: Mapped[int | None] = mapped_column(BigInteger)
    #: Whether everything agreed when the restored trail was verified.
    agreed: Mapped[bool] = mapped_column()
