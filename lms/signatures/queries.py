"""Reading signatures, each with the answer to whether it still holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, bindparam, select

from lms.asking import ask
from lms.audit.canonical import content_hash
from lms.extensions import db
from lms.signatures.models import Signable, Signature

#: What is shown of a signature, and its digest.
_SHOWN = (
    Signature.id,
    Signature.printed_name,
    Signature.meaning,
    Signature.signed_at,
    Signature.zone,
    Signature.reason,
    Signature.digest,
)


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
    found = ask(_on_one(), kind=record.__tablename__, record=record.id)
    return [signature_row(signature, digest) for signature in found]


@cache
def _on_one() -> Select[*tuple[Any, ...]]:
    of_record = (Signature.record_type == bindparam("kind"), Signature.record_id == bindparam("record"))
    return select(*_SHOWN).where(*of_record).order_by(Signature.signed_at, Signature.id)


def signatures_of(kind: Any, record_id: UUID) -> list[SignatureRow]:  # noqa: ANN401 - a class of records, to keep one's own
    """Return the same for a record of a class that was not read yet, in one statement. It has to be there."""
    rows: Sequence[Any] = db.session.execute(_with_record(kind), {"record": record_id}).all()
    digest = content_hash(rows[0][0].signed_content())
    return [signature_row(signature, digest) for _, signature in rows if signature is not None]


@cache
def _with_record(kind: Any) -> Select[*tuple[Any, ...]]:  # noqa: ANN401 - the same
    own = and_(Signature.record_type == kind.__tablename__, Signature.record_id == kind.id)
    found: Select[*tuple[Any, ...]] = select(kind, Signature).outerjoin(Signature, own)
    return found.where(kind.id == bindparam("record")).order_by(Signature.signed_at, Signature.id)


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


def signature_row(signature: Signature | Row[*tuple[Any, ...]], digest: str) -> SignatureRow:
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
