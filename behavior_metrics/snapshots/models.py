"""Studies that were signed, and each time one was made anew from what was kept of it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base
from lms.signatures.models import Signable


class StudySnapshot(Signable, Base):
    """A run of the study as quality assurance signed it: what went in and what came out, each by its hash. Never changed.

    The rows and the estimates themselves lie with the run; an edit of either no longer has the hash that was signed.
    """

    __tablename__ = "study_snapshot"
    __table_args__ = (Index("ix_study_snapshot_scope_taken", "scope", "taken_at"),)

    run_id: Mapped[UUID] = mapped_column(ForeignKey("analysis_run.id"))
    #: ``network``, or the ids of the sites it was limited to, in order, separated by spaces.
    scope: Mapped[str] = mapped_column(Text)
    #: The newest closed quarter in it, such as ``2026-Q3``.
    quarter: Mapped[str] = mapped_column(String(7))
    method_version: Mapped[int] = mapped_column()
    #: When the run was made: it shows what was known then.
    known_at: Mapped[datetime] = mapped_column()
    taken_at: Mapped[datetime] = mapped_column()
    #: SHA-256 of the method's version and the rows, as the page shows it.
    rows_hash: Mapped[str] = mapped_column(String(64))
    #: SHA-256 of everything that went in, and of everything that came out, as kept.
    input_hash: Mapped[str] = mapped_column(String(64))
    output_hash: Mapped[str] = mapped_column(String(64))
    #: SHA-256 of the lists of released cells, of confirmed recurrences and of batches that the rows were counted from.
    cells_hash: Mapped[str] = mapped_column(String(64))
    deviations_hash: Mapped[str] = mapped_column(String(64))
    exposure_hash: Mapped[str] = mapped_column(String(64))
    #: How the signer reads it.
    remark: Mapped[str] = mapped_column(Text)

    def signed_content(self) -> dict[str, object]:
        """Return the study as it was signed."""
        return {
            "run": self.run_id,
            "scope": self.scope,
            "quarter": self.quarter,
            "method": self.method_version,
            "known_at": self.known_at,
            "rows": self.rows_hash,
            "input": self.input_hash,
            "output": self.output_hash,
            "cells": self.cells_hash,
            "deviations": self.deviations_hash,
            "exposure": self.exposure_hash,
            "remark": self.remark,
        }


class SnapshotCheck(Audited, Base):
    """One time that a study was made anew: whether it came out the same, and what has changed in the records since."""

    __tablename__ = "study_snapshot_check"

    snapshot_id: Mapped[UUID] = mapped_column(ForeignKey("study_snapshot.id"), index=True)
    checked_at: Mapped[datetime] = mapped_column()
    checked_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    #: ``same``, ``differs`` or ``altered``.
    verdict: Mapped[str] = mapped_column(String(20))
    #: Where it differs, and what has changed since, as lists in JSON.
    differences: Mapped[str] = mapped_column(Text)
    changes: Mapped[str] = mapped_column(Text)
