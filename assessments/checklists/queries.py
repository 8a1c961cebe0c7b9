"""Reading checklists in their versions: what waits for approval, one version beside the one in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, or_, select

from assessments.checklists.rules import PointChange, compared
from assessments.observations.models import Checklist
from assessments.observations.queries import WAITS, points_of
from assessments.observations.rules import ChecklistState, Point
from lms.extensions import db
from lms.identity.models import Person
from lms.permissions import Actor, Permission
from lms.refusals import NotFound
from lms.signatures.queries import SignatureRow, signatures_on


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a checklist."""

    id: UUID
    code: str
    number: int
    title: str
    task_id: UUID
    state: ChecklistState
    #: None where a file brought it, or it is from before there were approvals.
    written_by_id: UUID | None
    writer_name: str | None
    sent_at: datetime | None
    change_reason: str | None
    ended_at: datetime | None

    def may_be_approved_by(self, reader: Actor) -> bool:
        """Whether it waits and the reader may decide: QA of the whole network, and not who wrote it."""
        of_network = reader.may(Permission.DOCUMENT_APPROVE) and reader.sites_for(Permission.DOCUMENT_APPROVE) is None
        others = self.written_by_id is None or self.written_by_id != reader.person_id
        return self.state == ChecklistState.IN_REVIEW and of_network and others


@dataclass(frozen=True, slots=True)
class VersionPage:
    """A version with its points as they change the version in force, and its signatures."""

    version: Version
    in_force: Version | None
    points: tuple[Point, ...]
    #: Empty where there is nothing in force to compare with.
    changes: tuple[PointChange, ...]
    signatures: tuple[SignatureRow, ...]


def waiting() -> list[Version]:
    """Return the versions that wait for approval, who has waited longest first."""
    rows = db.session.execute(_versions().where(WAITS).order_by(Checklist.sent_at))
    return [_version(row) for row in rows]


def newest(checklist_id: UUID) -> Version:
    """Return the newest version of a checklist that waits or is in force. Raises ``NotFound`` if there is none."""
    named = select(Checklist.code).where(Checklist.id == checklist_id).scalar_subquery()
    statement = _versions().where(Checklist.code == named, or_(Checklist.is_current, WAITS))
    row = db.session.execute(statement.order_by(Checklist.number.desc()).limit(1)).first()
    if row is None:
        raise NotFound("There is no such checklist.")
    return _version(row)


def version_page(checklist_id: UUID) -> VersionPage:
    """Return a version, whatever became of it. Raises ``NotFound``."""
    row = db.session.execute(_versions().where(Checklist.id == checklist_id)).first()
    if row is None:
        raise NotFound("There is no such checklist.")
    version = _version(row)
    in_force = _in_force(version.code) if version.state == ChecklistState.IN_REVIEW else None
    points = points_of(version.id)
    changes = compared(points_of(in_force.id), points) if in_force else []
    signatures = signatures_on(row[0]) if row[0].approved_at else []
    return VersionPage(version, in_force, tuple(points), tuple(changes), tuple(signatures))


def _in_force(code: str) -> Version | None:
    row = db.session.execute(_versions().where(Checklist.code == code, Checklist.is_current)).first()
    return None if row is None else _version(row)


def _versions() -> Select[*tuple[Any, ...]]:
    return select(Checklist, Person).outerjoin(Person, Person.id == Checklist.written_by_id)


def _version(row: Row[*tuple[Any, ...]]) -> Version:
    checklist, writer = row
    return Version(
        checklist.id,
        checklist.code,
        checklist.number,
        checklist.title,
        checklist.task_id,
        checklist.state,
        checklist.written_by_id,
        writer.name if writer else None,
        checklist.sent_at,
        checklist.change_reason,
        checklist.ended_at,
    )
