"""Baselines: a quiet stretch of a site, frozen and signed, against which its later months are held. Never changed."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.extensions import Base
from lms.signatures.models import Signable


class RateBaseline(Signable, Base):
    """One version of a site's baseline: the months it comes from, what was counted in them, and when it gives alarm.

    What is counted later or corrected in these months moves nothing: the numbers here are the limits.
    """

    __tablename__ = "rate_baseline"
    __table_args__ = (UniqueConstraint("site_id", "number"),)

    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    #: Counts up from 1 at each site; the highest is in force.
    number: Mapped[int] = mapped_column()
    #: First day of its first month, last day of its last one.
    first_day: Mapped[date] = mapped_column()
    last_day: Mapped[date] = mapped_column()
    #: Per month: [month since the year 0, batches, independent or major recurrences, self-reported ones].
    months: Mapped[list[list[int]]] = mapped_column(JSON)
    #: Threshold of the evidence (log-likelihood) by outcome, in millionths; an outcome that is not watched is left out.
    thresholds: Mapped[dict[str, int]] = mapped_column(JSON)
    #: ``rules.METHOD_VERSION`` with which the thresholds were designed.
    method_version: Mapped[int] = mapped_column()
    #: Why these months, in the words of whoever froze them.
    reason: Mapped[str] = mapped_column(Text)
    frozen_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    frozen_at: Mapped[datetime] = mapped_column()

    def signed_content(self) -> dict[str, object]:
        """Return the baseline as it was signed."""
        return {
            "site": self.site_id,
            "number": self.number,
            "first_day": self.first_day,
            "last_day": self.last_day,
            "months": self.months,
            "thresholds": self.thresholds,
            "method": self.method_version,
            "reason": self.reason,
        }
