"""Deviations and who was involved (restricted)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base


class Deviation(Audited, Base):
    """A departure from an approved instruction, or something stopped before it became one (a good catch)."""

    __tablename__ = "deviation"
    __table_args__ = (
        Index("ix_deviation_recurrence_key", "site_id", "process_step", "category", "root_cause_class", "occurred_at"),
        Index("ix_deviation_network_key", "process_step", "category", "root_cause_class", "occurred_at"),
        Index("ix_deviation_site_state", "site_id", "state"),
        Index("ix_deviation_site_occurred", "site_id", "occurred_at"),
        UniqueConstraint("site_id", "external_id"),
    )

    #: ``LYO-DEV-2026-0042``; numbered per site and year.
    number: Mapped[str] = mapped_column(String(60), unique=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    #: The performing team at the time, frozen; None is allowed and counted.
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("team.id"), index=True)
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("batch.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text)
    immediate_action: Mapped[str] = mapped_column(Text, default="")
    occurred_at: Mapped[datetime] = mapped_column()
    detected_at: Mapped[datetime | None] = mapped_column()
    #: The server's word on when this was typed; ``occurred_at`` is the reporter's.
    recorded_at: Mapped[datetime] = mapped_column()
    #: None for a file's row: then the import is the reporter.
    reported_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    detection_channel: Mapped[str] = mapped_column(String(40))
    #: Derived from the channel: raised by the performer or a peer.
    self_reported: Mapped[bool] = mapped_column()
    #: Core taxonomy; empty until triaged. An imported network may bring codes of its own.
    process_step: Mapped[str] = mapped_column(String(60), default="")
    category: Mapped[str] = mapped_column(String(60), default="")
    root_cause_class: Mapped[str] = mapped_column(String(60), default="")
    severity: Mapped[str] = mapped_column(String(20), default="")
    severity_rationale: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(30))
    #: When somebody here classified it first; None for what came classified in a file.
    triaged_at: Mapped[datetime | None] = mapped_column()
    #: None for what came classified in a file.
    triage_due_at: Mapped[datetime | None] = mapped_column()
    closed_at: Mapped[datetime | None] = mapped_column()
    #: Key in the file or system it was imported from.
    external_id: Mapped[str | None] = mapped_column(String(120))
    #: Why it was recorded more than 24 hours after it happened, if it was.
    late_reason: Mapped[str] = mapped_column(Text, default="")
    #: What QA told whoever raised it.
    answer: Mapped[str] = mapped_column(Text, default="")
    #: The record that this one repeats word for word, when it was rejected as the same event.
    duplicate_of_id: Mapped[UUID | None] = mapped_column(ForeignKey("deviation.id"))


class PersonInvolved(Audited, Base):
    """Who was at the bench. Restricted: never part of a match, a count or a chart."""

    __tablename__ = "person_involved"
    __table_args__ = (UniqueConstraint("deviation_id", "person_id"),)

    deviation_id: Mapped[UUID] = mapped_column(ForeignKey("deviation.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    #: The site of the deviation, so that site scope reaches this row too.
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))


class NumberSeries(Base):
    """The last number given out at a site in a year. Locked while the next one is taken, so numbers have no gaps."""

    __tablename__ = "number_series"

    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"), primary_key=True)
    series: Mapped[str] = mapped_column(String(20), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column()


class ImportRun(Audited, Base):
    """A file that was taken in: which, by whom, how many rows in, accepted and refused."""

    __tablename__ = "import_run"

    kind: Mapped[str] = mapped_column(String(20))
    file_name: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    rows_read: Mapped[int] = mapped_column()
    rows_accepted: Mapped[int] = mapped_column()
    rows_unchanged: Mapped[int] = mapped_column()
    rows_refused: Mapped[int] = mapped_column()
    imported_at: Mapped[datetime] = mapped_column()
    by_person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    #: The saved mapping that it was read by, if one was used.
    source_id: Mapped[UUID | None] = mapped_column(ForeignKey("import_source.id"))
    #: The first day on which the file's rows count; kept for the evidence of late-recorded events.
    earliest_on: Mapped[date | None] = mapped_column()
