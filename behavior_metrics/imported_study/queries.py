"""A reader's own studies: the list, and one with what came out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from behavior_metrics.imported_study.models import ImportedStudy
from lms.extensions import db
from lms.permissions import Actor
from lms.refusals import NotFound


@dataclass(frozen=True, slots=True)
class StudyRow:
    """A study in the list; `made_at` None while its analyses are under way."""

    id: UUID
    file_name: str
    file_sha256: str
    asked_at: datetime
    made_at: datetime | None


@dataclass(frozen=True, slots=True)
class Study:
    """A study and what came out of it, None while that is under way."""

    row: StudyRow
    output: dict[str, Any] | None


_COLUMNS = (
    ImportedStudy.id,
    ImportedStudy.file_name,
    ImportedStudy.file_sha256,
    ImportedStudy.asked_at,
    ImportedStudy.made_at,
)


def studies(reader: Actor) -> list[StudyRow]:
    """Return the reader's own studies, newest first."""
    own = select(*_COLUMNS).where(ImportedStudy.account_id == reader.account_id)
    return [StudyRow(*row) for row in db.session.execute(own.order_by(ImportedStudy.asked_at.desc()))]


def study(reader: Actor, study_id: UUID) -> Study:
    """Return one of the reader's own studies. Raises ``NotFound`` for anybody else's."""
    own = ImportedStudy.id == study_id, ImportedStudy.account_id == reader.account_id
    row = db.session.execute(select(*_COLUMNS, ImportedStudy.output).where(*own)).first()
    if row is None:
        raise NotFound("There is no such study of yours.")
    return Study(StudyRow(*row[:-1]), json.loads(row[-1]) if row[-1] else None)
