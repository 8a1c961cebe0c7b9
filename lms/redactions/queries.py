"""Reading what was redacted from a deviation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from lms.attachments.models import Attachment
from lms.extensions import db
from lms.network.models import Site
from lms.permissions import Actor, Permission
from lms.redactions.models import Redaction
from lms.scope import within


@dataclass(frozen=True, slots=True)
class RedactionRow:
    """One redaction as shown: when, by which role, why, and how far it reached."""

    done_at: datetime
    zone: str
    role: str
    reason: str
    places: tuple[str, ...]
    of_file: bool
    events: int
    left_in_reasons: int


def redactions_of(reader: Actor, deviation_id: UUID) -> list[RedactionRow]:
    """Return the redactions of a deviation at the reader's sites, newest first."""
    statement = (
        select(Redaction, Site.zone)
        .join(Site, Site.id == Redaction.site_id)
        .where(Redaction.deviation_id == deviation_id, within(Redaction.site_id, reader, Permission.DEVIATION_SEE))
        .order_by(Redaction.done_at.desc(), Redaction.id.desc())
    )
    return [
        RedactionRow(
            made.done_at,
            zone,
            made.role,
            made.reason,
            tuple(made.places.split(", ")) if made.places else (),
            made.attachment_id is not None,
            made.events,
            made.left_in_reasons,
        )
        for made, zone in db.session.execute(statement)
    ]


def content_is_used(sha256: str) -> bool:
    """Whether any file, of whatever deviation, still holds this content."""
    statement = select(Attachment.id).where(Attachment.sha256 == sha256, Attachment.redacted_at.is_(None)).limit(1)
    return db.session.scalar(statement) is not None
