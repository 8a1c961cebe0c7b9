"""What was taken in before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select

from lms.deviations.models import ImportRun
from lms.extensions import db
from lms.imports.kinds import kinds_for
from lms.permissions import Actor


@dataclass(frozen=True, slots=True)
class RunRow:
    """One file that was taken in."""

    kind: str
    file_name: str
    rows_read: int
    rows_accepted: int
    rows_unchanged: int
    rows_refused: int
    imported_at: datetime


def runs(reader: Actor) -> list[RunRow]:
    """Return the newest files: the reader's own, and all of a kind that they take in for the whole network."""
    statement = (
        select(
            ImportRun.kind,
            ImportRun.file_name,
            ImportRun.rows_read,
            ImportRun.rows_accepted,
            ImportRun.rows_unchanged,
            ImportRun.rows_refused,
            ImportRun.imported_at,
        )
        .where(or_(ImportRun.kind.in_(kinds_for(reader, everywhere=True)), ImportRun.by_person_id == reader.person_id))
        .order_by(ImportRun.imported_at.desc(), ImportRun.id.desc())
        .limit(20)
    )
    return [RunRow(*row) for row in db.session.execute(statement)]
