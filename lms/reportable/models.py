"""What has to be reported to whom and by when, as data, and what QA decided about a deviation."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base


class ReportingRule(Audited, Base):
    """One duty to report, for the whole network. Kept by QA of the control site."""

    __tablename__ = "reporting_rule"
    __table_args__ = (UniqueConstraint("authority", "what"),)

    #: To whom, such as ``FDA (CBER)``.
    authority: Mapped[str] = mapped_column(String(80))
    #: What is reported, such as ``Biological product deviation``.
    what: Mapped[str] = mapped_column(String(160))
    #: Clause that demands it.
    source: Mapped[str] = mapped_column(String(160), default="")
    days: Mapped[int] = mapped_column()
    #: ``calendar`` or ``working``.
    day_kind: Mapped[str] = mapped_column(String(10))
    #: ``occurred``, ``detected`` or ``triaged``.
    starts_from: Mapped[str] = mapped_column(String(10))
    #: Codes to which it applies, one space between; empty: all.
    kinds: Mapped[str] = mapped_column(String(200), default="")
    severities: Mapped[str] = mapped_column(String(60), default="")
    #: False once it is not asked any more; what was decided under it stays.
    is_active: Mapped[bool] = mapped_column(default=True)


class ReportAssessment(Audited, Base):
    """QA's word on whether a deviation is reportable under a rule, by when, and the report once it was made."""

    __tablename__ = "report_assessment"
    __table_args__ = (
        UniqueConstraint("deviation_id", "rule_id"),
        Index("ix_report_assessment_site_due", "site_id", "due_at"),
    )

    deviation_id: Mapped[UUID] = mapped_column(ForeignKey("deviation.id"))
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    rule_id: Mapped[UUID] = mapped_column(ForeignKey("reporting_rule.id"), index=True)
    is_reportable: Mapped[bool] = mapped_column()
    reason: Mapped[str] = mapped_column(Text)
    decided_at: Mapped[datetime] = mapped_column()
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    #: End of the last day at the site; None if it is not reportable. A later change of the rule moves it no more.
    due_at: Mapped[datetime | None] = mapped_column()
    submitted_on: Mapped[date | None] = mapped_column()
    #: Under which the authority knows it.
    reference: Mapped[str] = mapped_column(String(80), default="")
