"""Deviations and who was involved (restricted)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base
from lms.signatures.models import Signable


class Deviation(Signable, Base):
    """A departure from an approved instruction, or something stopped before it became one (a good catch)."""

    __tablename__ = "deviation"
    __table_args__ = (
        Index("ix_deviation_recurrence_key", "site_id", "process_step", "category", "root_cause_class", "occurred_at"),
        # the newest of a step, of a category, of both: what is compared with a record's words (R4)
        Index("ix_deviation_step_occurred", "process_step", "occurred_at"),
        Index("ix_deviation_category_occurred", "category", "occurred_at"),
        Index("ix_deviation_step_category", "process_step", "category", "occurred_at"),
        # the list, and the desk's queue
        Index("ix_deviation_occurred", "occurred_at", "number"),
        Index("ix_deviation_state_due", "state", "triage_due_at"),
        Index("ix_deviation_triaged", "triaged_at"),
        Index("ix_deviation_site_state", "site_id", "state"),
        # and with all that says who raised it first, so that the record itself need not be read
        Index(
            "ix_deviation_site_occurred",
            "site_id",
            "occurred_at",
            postgresql_include=["team_id", "state", "self_reported", "detection_channel", "recorded_at"],
        ),
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
    #: Cell of the severity rubric and its version (``lms.coding.rules``); None where it was not documented.
    impact: Mapped[str | None] = mapped_column(String(20))
    detectability: Mapped[str | None] = mapped_column(String(20))
    rubric_version: Mapped[int | None] = mapped_column()
    #: Why QA chose another severity than the rubric's; None where it is the rubric's.
    rubric_departure: Mapped[str | None] = mapped_column(Text)
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
    # What follows may be empty in records of before, which keeps the hashes of their rows (decision 0012).
    #: Room, or grade of the area, in which it happened.
    area: Mapped[str | None] = mapped_column(String(80))
    #: The site's finer word under the category; never part of a match.
    subcategory: Mapped[str | None] = mapped_column(String(80))
    #: Role of whoever found it; never who.
    detected_by_role: Mapped[str | None] = mapped_column(String(30))
    #: What it may mean for the patient, in words.
    patient_impact: Mapped[str | None] = mapped_column(Text)
    #: What became of the batch because of it.
    batch_disposition: Mapped[str | None] = mapped_column(String(30))
    #: When closing is due, as set at raising. On-time figures count against it, whatever comes later.
    due_at: Mapped[datetime | None] = mapped_column()
    #: When closing is due now: after a signed extension, or after it was reopened.
    extended_to: Mapped[datetime | None] = mapped_column()
    #: When a critical one was told to QA of the control site and to the site's responsible persons.
    escalated_at: Mapped[datetime | None] = mapped_column()
    contained_at: Mapped[datetime | None] = mapped_column()
    containment: Mapped[str | None] = mapped_column(Text)
    #: Who leads the investigation.
    lead_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    investigation_started_at: Mapped[datetime | None] = mapped_column()
    #: How the cause was looked for, and what was found.
    method: Mapped[str | None] = mapped_column(String(30))
    finding: Mapped[str | None] = mapped_column(Text)
    #: Codes of ``rules.FACTORS``, one space between.
    contributing_factors: Mapped[str | None] = mapped_column(String(400))
    #: Whether the result demands an action; None until there is a result.
    action_needed: Mapped[bool | None] = mapped_column()
    #: Why no action is needed, if none is.
    why_no_action: Mapped[str | None] = mapped_column(Text)
    #: Who recorded the result: somebody else closes.
    investigated_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    #: Why it was closed without an investigation, or is no deviation.
    closing_reason: Mapped[str | None] = mapped_column(Text)

    @property
    def due_now(self) -> datetime | None:
        """When closing is due, an extension or a reopening included."""
        return self.extended_to or self.due_at

    def signed_content(self) -> dict[str, object]:
        """Return what whoever closes it signs: the story, its classification, and what was found and done."""
        return {
            "number": self.number,
            "description": self.description,
            "immediate_action": self.immediate_action,
            "occurred_at": self.occurred_at,
            "batch": self.batch_id,
            "kind": self.kind,
            "process_step": self.process_step,
            "category": self.category,
            "severity": self.severity,
            "severity_rationale": self.severity_rationale,
            "root_cause_class": self.root_cause_class,
            "containment": self.containment,
            "contained_at": self.contained_at,
            "method": self.method,
            "finding": self.finding,
            "contributing_factors": self.contributing_factors,
            "action_needed": self.action_needed,
            "why_no_action": self.why_no_action,
            "closing_reason": self.closing_reason,
            "batch_disposition": self.batch_disposition,
            "patient_impact": self.patient_impact,
        }


class DeviationExtension(Signable, Base):
    """A later day for closing, asked for before the old one was over, with its reason and risk. Never changed."""

    __tablename__ = "deviation_extension"

    deviation_id: Mapped[UUID] = mapped_column(ForeignKey("deviation.id"), index=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    from_moment: Mapped[datetime] = mapped_column()
    to_moment: Mapped[datetime] = mapped_column()
    reason: Mapped[str] = mapped_column(Text)
    #: What may happen meanwhile, and what holds it off.
    risk: Mapped[str] = mapped_column(Text)

    def signed_content(self) -> dict[str, object]:
        """Return the extension as it was signed."""
        return {
            "deviation": self.deviation_id,
            "from": self.from_moment,
            "to": self.to_moment,
            "reason": self.reason,
            "risk": self.risk,
        }


class DeviationReopening(Signable, Base):
    """A closed deviation was opened again: by QA with a reason and signature, or because its action did not work."""

    __tablename__ = "deviation_reopening"

    deviation_id: Mapped[UUID] = mapped_column(ForeignKey("deviation.id"), index=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    reopened_at: Mapped[datetime] = mapped_column()
    #: When it had been closed, which is what on-time figures count.
    closed_at: Mapped[datetime | None] = mapped_column()
    #: The action that is shown not to have worked; None if QA reopened it.
    capa_id: Mapped[UUID | None] = mapped_column(ForeignKey("capa.id"))
    reason: Mapped[str] = mapped_column(Text)

    def signed_content(self) -> dict[str, object]:
        """Return the reopening as it was signed."""
        return {"deviation": self.deviation_id, "closed_at": self.closed_at, "reason": self.reason}


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
