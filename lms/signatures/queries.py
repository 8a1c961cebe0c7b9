"""Reading signatures, each with the answer to whether it still holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from lms.audit.canonical import content_hash
from lms.extensions import db
from lms.signatures.models import Signable, Signature


@dataclass(frozen=True, slots=True)
class SignatureRow:
    """A signature as shown: printed name, moment, meaning, and whether the record is still what was signed."""

    id: UUID
    printed_name: str
    meaning: str
    signed_at: datetime
    zone: str
    reason: str
    holds: bool


def signatures_on(record: Signable) -> list[SignatureRow]:
    """Return the signatures on a record, oldest first. ``holds`` is recomputed from the stored record each time."""
    digest = content_hash(record.signed_content())
    statement = (
        select(Signature)
        .where(Signature.record_type == record.__tablename__, Signature.record_id == record.id)
        .order_by(Signature.signed_at, Signature.id)
    )
    return [
        SignatureRow(s.id, s.printed_name, s.meaning, s.signed_at, s.zone, s.reason, s.digest == digest)
        for s in db.session.scalars(statement)
    ]


def signatures_on_many(records: Iterable[Signable]) -> dict[UUID, list[SignatureRow]]:
    """Return the signatures of several records of one kind in one query, by record id."""
    by_id = {record.id: record for record in records}
    if not by_id:
        return {}
    digests = {record_id: content_hash(record.signed_content()) for record_id, record in by_id.items()}
    kind = next(iter(by_id.values())).__tablename__
    found: dict[UUID, list[SignatureRow]] = {record_id: [] for record_id in by_id}
    statement = (
        select(Signature)
        .where(Signature.record_type == kind, Signature.record_id.in_(by_id))
        .order_by(Signature.signed_at, Signature.id)
    )
    for s in db.session.scalars(statement):
        found[s.record_id].append(
            SignatureRow(
                s.id, s.printed_name, s.meaning, s.signed_at, s.zone, s.reason, s.digest == digests[s.record_id]
            )
        )
    return found
