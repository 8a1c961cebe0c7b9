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
    return [signature_row(signature, digest) for signature in db.session.scalars(statement)]


def signatures_on_many(records: Iterable[Signable]) -> dict[UUID, list[SignatureRow]]:
    """Return the signatures of several records in one query, by record id."""
    by_id = {record.id: record for record in records}
    if not by_id:
        return {}
    digests = {record_id: content_hash(record.signed_content()) for record_id, record in by_id.items()}
    kinds = {record.__tablename__ for record in by_id.values()}
    found: dict[UUID, list[SignatureRow]] = {record_id: [] for record_id in by_id}
    statement = (
        select(Signature)
        .where(Signature.record_type.in_(kinds), Signature.record_id.in_(by_id))
        .order_by(Signature.signed_at, Signature.id)
    )
    for signature in db.session.scalars(statement):
        found[signature.record_id].append(signature_row(signature, digests[signature.record_id]))
    return found


def signature_row(signature: Signature, digest: str) -> SignatureRow:
    """Return a signature as shown; it holds if the record's content still has the digest that was signed."""
    return SignatureRow(
        signature.id,
        signature.printed_name,
        signature.meaning,
        signature.signed_at,
        signature.zone,
        signature.reason,
        signature.digest == digest,
    )
