"""What shows that a site may begin: confirmations of gates, and the activation that two people sign."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from lms.extensions import Base
from lms.signatures.models import Signable


class GateConfirmation(Signable, Base):
    """Somebody's signature that a gate is done, or not done after all, with the evidence. The newest of a gate counts."""

    __tablename__ = "gate_confirmation"
    __table_args__ = (Index("ix_gate_confirmation_site", "site_id", "gate", "confirmed_at"),)

    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    #: Code of ``lms.gates.rules.GATES``.
    gate: Mapped[str] = mapped_column(String(40))
    #: False takes an earlier confirmation back.
    is_done: Mapped[bool] = mapped_column()
    #: Where the proof lies: number of the report, agreement or protocol.
    evidence: Mapped[str] = mapped_column(Text)
    confirmed_at: Mapped[datetime] = mapped_column()
    by_person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))

    def signed_content(self) -> dict[str, object]:
        """Return the confirmation as it was signed."""
        return {"site": self.site_id, "gate": self.gate, "is_done": self.is_done, "evidence": self.evidence}


class SiteActivation(Signable, Base):
    """That all gates of a site are done, signed by QA of the control site and by the responsible person."""

    __tablename__ = "site_activation"

    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"), index=True)
    #: Gate -> what showed that it is done, as the signers saw it.
    gates: Mapped[dict[str, str]] = mapped_column(JSON)
    qa_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    responsible_person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    #: Set by the second signature.
    activated_at: Mapped[datetime | None] = mapped_column()

    def signed_content(self) -> dict[str, object]:
        """Return what both sign: the site and its gates."""
        return {"site": self.site_id, "gates": dict(self.gates)}
