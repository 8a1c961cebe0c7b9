"""Proof of one record: all its events with their way to a signed root, to be checked offline by ``docs/verify_proof.py``.

Whoever checks it sees this record and nobody else's: beside the events it holds hashes only.
"""

from __future__ import annotations

from functools import cache
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import select

from lms.audit import sealer
from lms.audit.canonical import plain
from lms.audit.checkpoint import read_note
from lms.audit.keys import signing_key
from lms.audit.models import AuditEvent, AuditLeaf
from lms.audit.tree import CompactRange, inclusion_proof
from lms.audit.verification import audited_tables
from lms.extensions import db
from lms.refusals import NotFound

FORMAT = "candor-proof/1"


def prove_record(record_id: UUID) -> dict[str, Any]:
    """Return the proof of a record under a checkpoint signed now. Raises ``NotFound`` if the trail knows no such record."""
    note = sealer.sign_checkpoint()
    size = read_note(note).size
    statement = (
        select(AuditLeaf.seq, AuditEvent.rtype, AuditEvent.body, AuditEvent.salt, AuditEvent.payload)
        .join(AuditEvent, AuditEvent.id == AuditLeaf.event_id)
        .where(AuditEvent.rid == str(record_id), AuditLeaf.seq < size)
        .order_by(AuditLeaf.seq)
    )
    events = db.session.execute(statement).all()
    if not events:
        raise NotFound(f"The trail knows no record {record_id}.")
    subtree = cache(_stored_subtree)  # the events of one record share most of their way
    return {
        "format": FORMAT,
        "record": {"type": events[0].rtype, "id": str(record_id)},
        "row": _row(events[0].rtype, record_id),
        "events": [
            {
                "seq": event.seq,
                "body": event.body,
                "salt": event.salt.hex() if event.salt else None,
                "payload": event.payload,
                "path": [node.hex() for node in inclusion_proof(event.seq, size, subtree)],
            }
            for event in events
        ],
        "checkpoint": note,
        "key": str(signing_key(current_app.config["SETTINGS"]).public),
    }


def _row(table_name: str, record_id: UUID) -> dict[str, object]:
    table = audited_tables()[table_name]
    stored = db.session.execute(select(table).where(table.c.id == record_id)).mappings().one()
    return {name: plain(value) for name, value in stored.items()}


def _stored_subtree(start: int, end: int) -> bytes:
    leaves = select(AuditLeaf.leaf).where(AuditLeaf.seq >= start, AuditLeaf.seq < end).order_by(AuditLeaf.seq)
    # a cursor needs a transaction, which a page's session on PostgreSQL does not have
    with db.engine.connect().execution_options(yield_per=5_000) as connection:
        return CompactRange().extend(connection.scalars(leaves)).root()
