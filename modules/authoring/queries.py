"""What writing and reviewing an SOP shows: the version with its SOP, the version before it, and whom it will hit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from lms.extensions import db
from lms.permissions import Actor, Permission
from lms.refusals import NotFound
from modules.assignments.impact import Impact
from modules.assignments.queries import impact
from modules.documents.changes import Change, compare
from modules.documents.models import Document, DocumentImage, DocumentState, DocumentVersion
from modules.documents.queries import picture_digests, sees_drafts
from modules.library.models import Module


@dataclass(frozen=True, slots=True)
class OpenVersion:
    """A version that is being written or reviewed."""

    record: DocumentVersion
    document_id: UUID
    code: str
    process_step: str
    #: The module that teaches the SOP; None if none does, so that approving assigns nothing.
    module_id: UUID | None
    #: The newest approved version before it.
    old_id: UUID | None
    old_number: int | None
    old_source: str

    def may_approve(self, reader: Actor) -> bool:
        """Whether the reader may approve it: of the whole network, and not one who wrote it."""
        return (
            reader.may(Permission.DOCUMENT_APPROVE)
            and reader.sites_for(Permission.DOCUMENT_APPROVE) is None
            and str(reader.person_id) not in self.record.writers
        )


def open_version(reader: Actor, version_id: UUID) -> OpenVersion:
    """Return a version that is not approved yet. Raises ``NotFound`` for others, and for whoever sees no drafts."""
    old = aliased(DocumentVersion)
    newest = (
        select(func.max(old.number))
        .where(old.document_id == DocumentVersion.document_id, old.state == DocumentState.APPROVED)
        .correlate(DocumentVersion)
        .scalar_subquery()
    )
    before = aliased(DocumentVersion)
    statement = (
        select(
            DocumentVersion,
            Document.id,
            Document.code,
            Document.process_step,
            Module.id,
            before.id,
            before.number,
            before.source,
        )
        .join(Document, Document.id == DocumentVersion.document_id)
        .outerjoin(Module, Module.document_id == Document.id)
        .outerjoin(before, (before.document_id == Document.id) & (before.number == newest))
        .where(DocumentVersion.id == version_id, DocumentVersion.state.in_(["draft", "in_review"]))
    )
    row: Any = db.session.execute(statement).first() if sees_drafts(reader) else None
    if row is None:
        raise NotFound("There is no such draft.")
    return OpenVersion(*(*row[:7], row[7] or ""))


def changes_of(version: OpenVersion) -> tuple[Change, ...]:
    """Return what the version changes against the one before it; nothing for a first version."""
    if version.old_id is None:
        return ()
    new = version.record
    digests = picture_digests([version.old_id, new.id]) if "![" in version.old_source + new.source else {}
    return compare(version.old_source, new.source, digests.get(version.old_id), digests.get(new.id))


def impact_on(reader: Actor, version: OpenVersion, effective_on: date, now: datetime) -> Impact:
    """Return whom the version would concern if it were approved now for a day."""
    return impact(reader, version.document_id, version.record.number, effective_on, now)


def picture_names(version_id: UUID) -> list[str]:
    """Return the names of the pictures kept with a version."""
    statement = select(DocumentImage.name).where(DocumentImage.document_version_id == version_id)
    return list(db.session.scalars(statement.order_by(DocumentImage.name)))
