"""Fields that a site adds to its deviations. The codes of the network stay as they are; these stand beside them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base


class SiteField(Audited, Base):
    """A field of one site. One that is not asked any more is retired; what was said in it stays."""

    __tablename__ = "site_field"

    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"), index=True)
    label: Mapped[str] = mapped_column(String(60))
    #: ``text`` or ``choice``.
    kind: Mapped[str] = mapped_column(String(10))
    #: What can be chosen, one a line; empty for a text.
    choices: Mapped[str] = mapped_column(Text, default="")
    is_active: Mapped[bool] = mapped_column(default=True)


class SiteFieldValue(Audited, Base):
    """What was said in a site's field about one deviation."""

    __tablename__ = "site_field_value"
    __table_args__ = (UniqueConstraint("deviation_id", "field_id"),)

    deviation_id: Mapped[UUID] = mapped_column(ForeignKey("deviation.id"))
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    field_id: Mapped[UUID] = mapped_column(ForeignKey("site_field.id"), index=True)
    value: Mapped[str] = mapped_column(Text)
