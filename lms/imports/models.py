"""How a source writes its files, kept so that nobody maps its columns twice."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base


class ImportSource(Audited, Base):
    """The mapping of one source: its columns, codes, dates, zone and ids. Every change of it stands in the trail."""

    __tablename__ = "import_source"

    #: What people call the source, such as ``TrackWise Lyon``; the command line names it so.
    name: Mapped[str] = mapped_column(String(80), unique=True)
    #: A kind of ``lms.imports.commands.COMMANDS``, such as ``deviations``.
    kind: Mapped[str] = mapped_column(String(20))
    #: The site that it belongs to; None for a source of the whole network.
    site_id: Mapped[UUID | None] = mapped_column(ForeignKey("site.id"), index=True)
    #: ``lms.imports.mapping.as_plain``.
    mapping: Mapped[dict[str, Any]] = mapped_column(JSON)
    #: Digest of the headings of the file that it was made for, to offer it for the next one of the same shape.
    shape: Mapped[str] = mapped_column(String(64), index=True)
    #: Set when it is not offered any more.
    retired_at: Mapped[datetime | None] = mapped_column()
