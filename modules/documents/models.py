"""SOPs as controlled documents: versions, effective dates, images, and what an import could not represent."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base
from lms.signatures.models import Signable


class DocumentState(StrEnum):
    """The life of a version. *Effective* and *superseded* follow from the dates; they are not stored."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


class Document(Audited, Base):
    """A standard operating procedure (SOP), across its versions."""

    __tablename__ = "document"

    code: Mapped[str] = mapped_column(String(60), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    process_step: Mapped[str] = mapped_column(String(60), default="")


class DocumentVersion(Signable, Base):
    """One version of an SOP. Once approved its text never changes; the next version supersedes it on its day."""

    __tablename__ = "document_version"
    __table_args__ = (
        UniqueConstraint("document_id", "number"),
        Index("ix_document_version_effective", "document_id", "effective_from"),
        CheckConstraint("author_id <> approved_by_id", name="author_does_not_approve"),
    )

    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"))
    number: Mapped[int] = mapped_column()
    title: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(20), default=DocumentState.DRAFT)
    #: The text, Markdown, as imported or written. The page is made from it each time it changes.
    source: Mapped[str] = mapped_column(Text)
    #: Sanitised HTML of the source.
    html: Mapped[str] = mapped_column(Text)
    #: SHA-256 of the source and its pictures, see ``pictures.content_digest``.
    sha256: Mapped[str] = mapped_column(String(64))
    change_summary: Mapped[str] = mapped_column(Text, default="")
    change_reason: Mapped[str] = mapped_column(Text, default="")
    affected: Mapped[str] = mapped_column(Text, default="")
    #: ``read``, ``quiz`` or ``observed``: the evidence that a change of this risk asks for.
    risk_class: Mapped[str] = mapped_column(String(20), default="quiz")
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    #: Everybody who wrote or edited the text, by person id; none of them may approve it.
    writers: Mapped[list[str]] = mapped_column(JSON, default=list)
    approved_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    approved_at: Mapped[datetime | None] = mapped_column()
    #: The day from which it holds, at each site from its own midnight.
    effective_on: Mapped[date | None] = mapped_column()
    #: That midnight in the approver's zone, or the approval if that came later: for ordering and for other rooms.
    effective_from: Mapped[datetime | None] = mapped_column()
    #: What an import could not represent: ``[{"line": 12, "what": "…"}]``.
    import_notes: Mapped[list[dict[str, object]]] = mapped_column(JSON, default=list)

    def signed_content(self) -> dict[str, object]:
        """Return what is approved: the text by its hash, the version and the day it takes effect."""
        return {
            "document": self.document_id,
            "number": self.number,
            "title": self.title,
            "sha256": self.sha256,
            "change_summary": self.change_summary,
            "risk_class": self.risk_class,
            "effective_on": self.effective_on,
        }


class DocumentImage(Audited, Base):
    """A picture inside an SOP version, served from our own address only."""

    __tablename__ = "document_image"
    __table_args__ = (UniqueConstraint("document_version_id", "name"),)

    document_version_id: Mapped[UUID] = mapped_column(ForeignKey("document_version.id"))
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(40))
    #: SHA-256 of the content.
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary)
