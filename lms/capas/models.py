"""Corrective and preventive actions, their extensions, and whether they are shown to have worked."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.capas.rules import State
from lms.extensions import Base
from lms.signatures.models import Signable


class Capa(Audited, Base):
    """One action after a deviation, with an owner and a due day that never changes."""

    __tablename__ = "capa"
    __table_args__ = (
        Index("ix_capa_site_state", "site_id", "state"),
        Index("ix_capa_owner_state", "owner_id", "state"),
    )

    #: ``LYO-CAPA-2026-0007``; numbered per site and year.
    number: Mapped[str] = mapped_column(String(60), unique=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    #: The deviation that it was opened from. If that one comes back afterwards, the action did not work (R3).
    deviation_id: Mapped[UUID] = mapped_column(ForeignKey("deviation.id"), index=True)
    #: The action that did not work and that this one follows.
    follows_id: Mapped[UUID | None] = mapped_column(ForeignKey("capa.id"))
    kind: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    #: Who sees to it. Being late is a fact about the action and is counted for sites and teams only.
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    opened_on: Mapped[date] = mapped_column()
    #: As first agreed; an extension stands beside it.
    due_on: Mapped[date] = mapped_column()
    extended_to: Mapped[date | None] = mapped_column()
    state: Mapped[str] = mapped_column(String(20), default=State.OPEN)
    #: The day at the site on which it was in place.
    implemented_on: Mapped[date | None] = mapped_column()
    #: What shows that it is in place; of a cancelled one, why it is not needed.
    evidence: Mapped[str] = mapped_column(Text, default="")
    #: Days after it was in place that do not count yet.
    grace_days: Mapped[int] = mapped_column(default=0)
    #: Empty until it is known; ``effective``, ``not_effective`` or ``not_demonstrable``.
    verdict: Mapped[str] = mapped_column(String(20), default="")
    closed_at: Mapped[datetime | None] = mapped_column()


class CapaExtension(Signable, Base):
    """A later due day, asked for before the old one was over, with its reason and risk. Never changed."""

    __tablename__ = "capa_extension"

    capa_id: Mapped[UUID] = mapped_column(ForeignKey("capa.id"), index=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    from_day: Mapped[date] = mapped_column()
    to_day: Mapped[date] = mapped_column()
    reason: Mapped[str] = mapped_column(Text)
    #: What may happen meanwhile, and what holds it off.
    risk: Mapped[str] = mapped_column(Text)

    def signed_content(self) -> dict[str, object]:
        """Return the extension as it was signed."""
        return {
            "capa": self.capa_id,
            "from": self.from_day,
            "to": self.to_day,
            "reason": self.reason,
            "risk": self.risk,
        }


class EffectivenessCheck(Audited, Base):
    """What was declared before anybody looked: what is counted, how long, and what counts as having worked."""

    __tablename__ = "effectiveness_check"
    __table_args__ = (UniqueConstraint("capa_id"),)

    capa_id: Mapped[UUID] = mapped_column(ForeignKey("capa.id"))
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    #: In words, for whoever reads it in a year.
    criterion: Mapped[str] = mapped_column(Text)
    #: Codes of the deviations that are counted at the site; an empty one takes all.
    process_step: Mapped[str] = mapped_column(String(60), default="")
    category: Mapped[str] = mapped_column(String(60), default="")
    root_cause_class: Mapped[str] = mapped_column(String(60), default="")
    baseline_days: Mapped[int] = mapped_column()
    window_days: Mapped[int] = mapped_column()
    window_batches: Mapped[int] = mapped_column()
    reduction_percent: Mapped[int] = mapped_column()
    #: Twice the batches, once, if the first look could not tell; None until then.
    extended_batches: Mapped[int | None] = mapped_column()

    @property
    def batches_needed(self) -> int:
        """Batches after which the verdict is due, the extension included."""
        return self.extended_batches or self.window_batches


class EffectivenessLook(Signable, Base):
    """One look at what happened since the action, with its verdict, signed by QA. Never changed."""

    __tablename__ = "effectiveness_look"

    capa_id: Mapped[UUID] = mapped_column(ForeignKey("capa.id"), index=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    looked_at: Mapped[datetime] = mapped_column()
    #: First and last day at the site of what was counted before and after.
    before_from: Mapped[date] = mapped_column()
    before_to: Mapped[date] = mapped_column()
    after_from: Mapped[date] = mapped_column()
    after_to: Mapped[date] = mapped_column()
    before: Mapped[int] = mapped_column()
    batches_before: Mapped[int] = mapped_column()
    after: Mapped[int] = mapped_column()
    batches_after: Mapped[int] = mapped_column()
    critical: Mapped[int] = mapped_column()
    came_back: Mapped[int] = mapped_column()
    reduction_percent: Mapped[int] = mapped_column()
    batches_needed: Mapped[int] = mapped_column()
    verdict: Mapped[str] = mapped_column(String(20))
    remark: Mapped[str] = mapped_column(Text)

    def signed_content(self) -> dict[str, object]:
        """Return the counts and the verdict as they were signed."""
        return {
            "capa": self.capa_id,
            "before": [self.before_from, self.before_to, self.before, self.batches_before],
            "after": [self.after_from, self.after_to, self.after, self.batches_after],
            "critical": self.critical,
            "came_back": self.came_back,
            "reduction_percent": self.reduction_percent,
            "batches_needed": self.batches_needed,
            "verdict": self.verdict,
            "remark": self.remark,
        }
