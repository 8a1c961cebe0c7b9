"""The second coding of a deviation in the sample, and who classified it first."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base
from lms.second_coding.rules import FIELDS


class ClassifiedBy(Audited, Base):
    """That a person classified a deviation, so that they do not code it a second time. Never counted."""

    __tablename__ = "classified_by"
    __table_args__ = (UniqueConstraint("deviation_id", "person_id"),)

    deviation_id: Mapped[UUID] = mapped_column(ForeignKey("deviation.id"))
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))


class SecondCoding(Audited, Base):
    """A deviation in the sample: coded by a second person without a view of the first coding, then settled by the two."""

    __tablename__ = "second_coding"
    __table_args__ = (
        UniqueConstraint("deviation_id"),
        Index("ix_second_coding_site_coded", "site_id", "coded_at"),
    )

    deviation_id: Mapped[UUID] = mapped_column(ForeignKey("deviation.id"))
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    #: ``share`` or ``critical``.
    drawn_because: Mapped[str] = mapped_column(String(20))
    drawn_at: Mapped[datetime] = mapped_column()
    #: None until it is coded a second time.
    coded_at: Mapped[datetime | None] = mapped_column()
    #: Serves who may settle; never counted.
    coder_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    process_step: Mapped[str] = mapped_column(String(60), default="")
    category: Mapped[str] = mapped_column(String(60), default="")
    root_cause_class: Mapped[str] = mapped_column(String(60), default="")
    severity: Mapped[str] = mapped_column(String(20), default="")
    #: The first coding as it stood at that moment: agreement is measured on these, whatever is settled later.
    first_process_step: Mapped[str] = mapped_column(String(60), default="")
    first_category: Mapped[str] = mapped_column(String(60), default="")
    first_root_cause_class: Mapped[str] = mapped_column(String(60), default="")
    first_severity: Mapped[str] = mapped_column(String(20), default="")
    #: What one of the two proposes where they differ, and why.
    agreed_process_step: Mapped[str] = mapped_column(String(60), default="")
    agreed_category: Mapped[str] = mapped_column(String(60), default="")
    agreed_root_cause_class: Mapped[str] = mapped_column(String(60), default="")
    agreed_severity: Mapped[str] = mapped_column(String(20), default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    proposed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    #: When both agreed; the moment of coding where they did from the first.
    settled_at: Mapped[datetime | None] = mapped_column()
    settled_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))

    @property
    def first(self) -> dict[str, str]:
        """The first coding as it stood."""
        return {field: getattr(self, f"first_{field}") for field in FIELDS}

    @property
    def second(self) -> dict[str, str]:
        """The second coding."""
        return {field: getattr(self, field) for field in FIELDS}

    @property
    def agreed(self) -> dict[str, str]:
        """What is proposed or settled; empty codes before."""
        return {field: getattr(self, f"agreed_{field}") for field in FIELDS}
