"""Electronic signatures (21 CFR 11.50, 11.70, 11.200)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base


class Meaning(StrEnum):
    """What a signature says (21 CFR 11.50(a)(3)). A closed list."""

    AUTHORED = "authored"
    REVIEWED = "reviewed"
    APPROVED = "approved"
    READ_AND_UNDERSTOOD = "read_and_understood"
    PERFORMED = "performed"
    WITNESSED = "witnessed"
    AGREED = "agreed"
    CONFIRMED = "confirmed"
    OVERRULED = "overruled"


class Signable(Audited):
    """A record that can be signed: it says what its content is."""

    __abstract__ = True
    __tablename__: str

    def signed_content(self) -> Mapping[str, object]:
        """Return what the signer sees, as values that have a canonical form. Never holds the state of the record."""
        raise NotImplementedError


class Signature(Audited, Base):
    """A signature on one version of one record, bound to its content by a digest. Never changed."""

    __tablename__ = "signature"
    __table_args__ = (Index("ix_signature_record", "record_type", "record_id"),)

    record_type: Mapped[str] = mapped_column(String(60))
    record_id: Mapped[UUID] = mapped_column()
    #: ``content_hash`` of the record as shown when signed.
    digest: Mapped[str] = mapped_column(String(64))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    #: The signer's name as printed at that moment.
    printed_name: Mapped[str] = mapped_column(String(170))
    meaning: Mapped[str] = mapped_column(String(30))
    signed_at: Mapped[datetime] = mapped_column()
    #: IANA zone of the signer's site, for showing the moment as they saw it.
    zone: Mapped[str] = mapped_column(String(60))
    #: How identity was proven at that moment: ``password``; ``demonstration`` in the demonstration network only.
    method: Mapped[str] = mapped_column(String(20))
    session_started_at: Mapped[datetime | None] = mapped_column()
    reason: Mapped[str] = mapped_column(Text, default="")
