"""Reading the files of a deviation: within the reader's sites, or of the reader's own report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from lms.attachments.models import Attachment
from lms.deviations.models import Deviation
from lms.extensions import db
from lms.network.models import Site
from lms.permissions import Actor, Permission
from lms.refusals import NotFound
from lms.scope import within


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file as shown. Who added it stands in the trail."""

    id: UUID
    version: int
    name: str
    media_type: str
    size: int
    sha256: str
    added_at: datetime
    redacted_at: datetime | None
    zone: str


@dataclass(frozen=True, slots=True)
class Files:
    """The files of one deviation, and what the page about them says of it."""

    deviation_id: UUID
    number: str
    title: str
    rows: list[FileRow]


def _reads(reader: Actor) -> ColumnElement[bool]:
    own = and_(Deviation.reported_by_id == reader.person_id, Deviation.reported_by_id.is_not(None))
    return or_(own, within(Deviation.site_id, reader, Permission.DEVIATION_SEE))


def files_of(reader: Actor, deviation_id: UUID) -> Files:
    """Return the files of a deviation, oldest first. Raises ``NotFound`` for one of another site."""
    statement = (
        select(
            Deviation.number,
            Deviation.title,
            Attachment.id,
            Attachment.version,
            Attachment.name,
            Attachment.media_type,
            Attachment.size,
            Attachment.sha256,
            Attachment.added_at,
            Attachment.redacted_at,
            Site.zone,
        )
        .select_from(Deviation)
        .join(Site, Site.id == Deviation.site_id)
        .outerjoin(Attachment, Attachment.deviation_id == Deviation.id)
        .where(Deviation.id == deviation_id, _reads(reader))
        .order_by(Attachment.added_at, Attachment.id)
    )
    found = db.session.execute(statement).all()
    if not found:
        raise NotFound("There is no such deviation at your sites.")
    rows = [FileRow(*row[2:]) for row in found if row[2] is not None]
    return Files(deviation_id, found[0][0], found[0][1], rows)


def file_of(reader: Actor, deviation_id: UUID, attachment_id: UUID) -> FileRow:
    """Return one file of a deviation. Raises ``NotFound`` for one of another deviation, or whose content was redacted."""
    row = next((row for row in files_of(reader, deviation_id).rows if row.id == attachment_id), None)
    if row is None or row.redacted_at is not None:
        raise NotFound("There is no such file, or its content was redacted.")
    return row
