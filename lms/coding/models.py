"""Why human performance is called the root cause of a deviation."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base


class SystemCausesExcluded(Audited, Base):
    """How each cause in the system was looked at and excluded (EU GMP and PIC/S Ch. 1, 1.4(xiv)). Says nothing of a person."""

    __tablename__ = "system_causes_excluded"
    __table_args__ = (UniqueConstraint("deviation_id"),)

    deviation_id: Mapped[UUID] = mapped_column(ForeignKey("deviation.id"))
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    #: Slip, lapse, mistake or non-compliance: what kind of act it was.
    human_error_type: Mapped[str] = mapped_column(String(30))
    #: Process or procedure.
    process: Mapped[str] = mapped_column(Text)
    equipment: Mapped[str] = mapped_column(Text)
    material: Mapped[str] = mapped_column(Text)
    environment: Mapped[str] = mapped_column(Text)
    #: Organisation and planning.
    organisation: Mapped[str] = mapped_column(Text)
    #: Design or automation.
    design: Mapped[str] = mapped_column(Text)
