"""Reading SOPs. Drafts are seen by those who write or approve them; everybody else sees approved versions only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import aliased

from lms.extensions import db
from lms.identity.models import Person
from lms.permissions import Actor, Permission
from lms.refusals import NotFound
from modules.documents import rules
from modules.documents.changes import Change, compare
from modules.documents.models import Document, DocumentImage, DocumentState, DocumentVersion
from modules.documents.rules import Standing, VersionDates
from modules.documents.sections import Section, sections_of


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version of an SOP as shown in lists: its number, what it is today, and who took it there."""

    id: UUID
    number: int
    title: str
    standing: Standing
    risk_class: str
    change_summary: str
    author: str
    approver: str
    approved_at: datetime | None
    effective_on: date | None


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """An SOP in the list: the version that holds, the one that will, and the one being written."""

    id: UUID
    code: str
    title: str
    process_step: str
    effective: VersionRow | None
    coming: VersionRow | None
    open: VersionRow | None

    @property
    def standing(self) -> Standing:
        """What the list is filtered by: the furthest the SOP has come."""
        furthest = self.effective or self.coming or self.open
        return furthest.standing if furthest else Standing.WITHDRAWN


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """An SOP with all its versions, newest first, and the one that is shown."""

    id: UUID
    code: str
    title: str
    process_step: str
    versions: tuple[VersionRow, ...]
    shown: VersionRow

    @property
    def open(self) -> VersionRow | None:
        """The version that is being written or reviewed, if there is one."""
        return next((v for v in self.versions if v.standing in {Standing.DRAFT, Standing.IN_REVIEW}), None)

    @property
    def effective(self) -> VersionRow | None:
        """The version that holds now."""
        return next((v for v in self.versions if v.standing is Standing.EFFECTIVE), None)


@dataclass(frozen=True, slots=True)
class DocumentName:
    """An SOP for a select field or a link."""

    id: UUID
    code: str
    title: str
    process_step: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions of one SOP and what differs."""

    code: str
    title: str
    old_number: int
    new_number: int
    change_summary: str
    change_reason: str
    changes: tuple[Change, ...]


def sees_drafts(reader: Actor) -> bool:
    """Whether the reader writes or approves SOPs, and so sees versions that are not approved."""
    return reader.may(Permission.DOCUMENT_AUTHOR) or reader.may(Permission.DOCUMENT_APPROVE)


def _visible(reader: Actor) -> ColumnElement[bool]:
    return true() if sees_drafts(reader) else DocumentVersion.state == DocumentState.APPROVED


def documents(
    reader: Actor, now: datetime, *, words: str = "", process_step: str = "", standing: str = ""
) -> list[DocumentRow]:
    """Return the SOPs that the reader may see, by number."""
    statement = (
        select(Document.id, Document.code, Document.title, Document.process_step, *_VERSION_COLUMNS)
        .join(DocumentVersion, DocumentVersion.document_id == Document.id)
        .outerjoin(_author, _author.id == DocumentVersion.author_id)
        .outerjoin(_approver, _approver.id == DocumentVersion.approved_by_id)
        .where(_visible(reader))
        .order_by(Document.code, DocumentVersion.number.desc())
    )
    if words:
        statement = statement.where(
            or_(Document.code.icontains(words, autoescape=True), Document.title.icontains(words, autoescape=True))
        )
    if process_step:
        statement = statement.where(Document.process_step == process_step)
    found: dict[UUID, list[tuple[Any, ...]]] = {}
    for row in db.session.execute(statement):
        found.setdefault(row[0], []).append(tuple(row))
    result = []
    for rows in found.values():
        versions = _versions(rows, now, reader.zone)
        # oldest first, so that the newest version of each standing is the one that stays
        latest = {version.standing: version for version in reversed(versions)}
        result.append(
            DocumentRow(
                id=rows[0][0],
                code=rows[0][1],
                title=rows[0][2],
                process_step=rows[0][3],
                effective=latest.get(Standing.EFFECTIVE),
                coming=latest.get(Standing.APPROVED),
                open=latest.get(Standing.IN_REVIEW) or latest.get(Standing.DRAFT),
            )
        )
    if standing:
        result = [row for row in result if standing in {v.standing for v in (row.effective, row.coming, row.open) if v}]
    return result


def document_page(reader: Actor, document_id: UUID, now: datetime, number: int | None = None) -> DocumentPage:
    """Return an SOP with its versions; ``shown`` is the asked one, else the one that holds, else the newest."""
    statement = (
        select(Document.id, Document.code, Document.title, Document.process_step, *_VERSION_COLUMNS)
        .join(DocumentVersion, DocumentVersion.document_id == Document.id)
        .outerjoin(_author, _author.id == DocumentVersion.author_id)
        .outerjoin(_approver, _approver.id == DocumentVersion.approved_by_id)
        .where(Document.id == document_id, _visible(reader))
        .order_by(DocumentVersion.number.desc())
    )
    rows: list[tuple[Any, ...]] = [tuple(row) for row in db.session.execute(statement)]
    if not rows:
        raise NotFound("There is no such SOP.")
    versions = _versions(rows, now, reader.zone)
    shown = next((v for v in versions if v.standing is Standing.EFFECTIVE), versions[0])
    if number is not None:
        asked = [version for version in versions if version.number == number]
        if not asked:
            raise NotFound(f"There is no version {number} of this SOP.")
        shown = asked[0]
    return DocumentPage(
        id=rows[0][0],
        code=rows[0][1],
        title=rows[0][2],
        process_step=rows[0][3],
        versions=tuple(versions),
        shown=shown,
    )


_author, _approver = aliased(Person), aliased(Person)
_VERSION_COLUMNS = (
    DocumentVersion.id,
    DocumentVersion.number,
    DocumentVersion.title,
    DocumentVersion.state,
    DocumentVersion.risk_class,
    DocumentVersion.change_summary,
    DocumentVersion.approved_at,
    DocumentVersion.effective_on,
    _author.given_name,
    _author.family_name,
    _approver.given_name,
    _approver.family_name,
)


def _versions(rows: Sequence[tuple[Any, ...]], now: datetime, zone: str) -> list[VersionRow]:
    """Return the versions out of rows of four columns of their SOP and then those listed above."""
    columns = [row[4:] for row in rows]
    standing = rules.state_at([VersionDates(row[0], row[1], row[3], row[6], row[7]) for row in columns], now, zone)
    return [
        VersionRow(
            id=row[0],
            number=row[1],
            title=row[2],
            standing=standing[row[0]],
            risk_class=row[4],
            change_summary=row[5],
            author=_name(row[8], row[9]),
            approver=_name(row[10], row[11]),
            approved_at=row[6],
            effective_on=row[7],
        )
        for row in columns
    ]


def _name(given: str | None, family: str | None) -> str:
    return f"{given} {family}" if given else ""


def version_record(reader: Actor, version_id: UUID) -> DocumentVersion:
    """Return a version with its text, for showing it with its signatures. Raises ``NotFound`` if it is not visible."""
    version = db.session.scalars(
        select(DocumentVersion).where(DocumentVersion.id == version_id, _visible(reader))
    ).first()
    if version is None:
        raise NotFound("There is no such SOP version.")
    return version


def document_of_version(reader: Actor, version_id: UUID) -> DocumentName:
    """Return the SOP that a version belongs to."""
    statement = (
        select(Document.id, Document.code, Document.title, Document.process_step)
        .join(DocumentVersion, DocumentVersion.document_id == Document.id)
        .where(DocumentVersion.id == version_id, _visible(reader))
    )
    row = db.session.execute(statement).first()
    if row is None:
        raise NotFound("There is no such SOP version.")
    return DocumentName(*row)


def comparison(reader: Actor, document_id: UUID, old_number: int, new_number: int) -> Comparison:
    """Return what differs between two versions of an SOP, old against new."""
    statement = (
        select(
            DocumentVersion.id,
            DocumentVersion.number,
            Document.code,
            DocumentVersion.title,
            DocumentVersion.source,
            DocumentVersion.change_summary,
            DocumentVersion.change_reason,
        )
        .join(Document, Document.id == DocumentVersion.document_id)
        .where(Document.id == document_id, DocumentVersion.number.in_([old_number, new_number]), _visible(reader))
    )
    rows = {row.number: row for row in db.session.execute(statement)}
    if old_number not in rows or new_number not in rows:
        raise NotFound("There is no such pair of versions.")
    old, new = rows[old_number], rows[new_number]
    digests = picture_digests([old.id, new.id]) if "![" in old.source + new.source else {}
    changes = compare(old.source, new.source, digests.get(old.id), digests.get(new.id))
    return Comparison(new.code, new.title, old_number, new_number, new.change_summary, new.change_reason, changes)


def picture_digests(version_ids: Iterable[UUID]) -> dict[UUID, dict[str, str]]:
    """Return the SHA-256 of the pictures of versions, by version and name."""
    statement = select(DocumentImage.document_version_id, DocumentImage.name, DocumentImage.sha256)
    found: dict[UUID, dict[str, str]] = {}
    for version_id, name, sha256 in db.session.execute(
        statement.where(DocumentImage.document_version_id.in_(list(version_ids)))
    ):
        found.setdefault(version_id, {})[name] = sha256
    return found


def picture(reader: Actor, version_id: UUID, name: str) -> tuple[str, bytes]:
    """Return the media type and the bytes of a picture, or raise ``NotFound``."""
    statement = (
        select(DocumentImage.media_type, DocumentImage.content)
        .join(DocumentVersion, DocumentVersion.id == DocumentImage.document_version_id)
        .where(DocumentImage.document_version_id == version_id, DocumentImage.name == name, _visible(reader))
    )
    row = db.session.execute(statement).first()
    if row is None:
        raise NotFound("There is no such picture.")
    return row.media_type, row.content


def document_names(reader: Actor) -> list[DocumentName]:
    """Return every SOP the reader may see, by number, for select fields."""
    statement = (
        select(Document.id, Document.code, Document.title, Document.process_step)
        .where(select(DocumentVersion.id).where(DocumentVersion.document_id == Document.id, _visible(reader)).exists())
        .order_by(Document.code)
    )
    return [DocumentName(*row) for row in db.session.execute(statement)]


def sections_at(document_id: UUID, at: datetime, zone: str) -> tuple[Section, ...]:
    """Return the sections of the version that holds at a moment in a zone; before the first, of the newest approved."""
    statement = select(
        DocumentVersion.id,
        DocumentVersion.number,
        DocumentVersion.state,
        DocumentVersion.approved_at,
        DocumentVersion.effective_on,
    ).where(DocumentVersion.document_id == document_id, DocumentVersion.state == DocumentState.APPROVED)
    versions = [VersionDates(*row) for row in db.session.execute(statement)]
    chosen = rules.effective_at(versions, at, zone) or max(versions, key=lambda version: version.number, default=None)
    if chosen is None:
        return ()
    return sections_of(
        db.session.execute(select(DocumentVersion.source).where(DocumentVersion.id == chosen.id)).scalar_one()
    )
