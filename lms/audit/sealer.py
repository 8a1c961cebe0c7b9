"""The sealer: appends what was committed to the tree, in the order of commit, and signs checkpoints over it.

Events are written without a lock in the transaction of their change; only here is the tree's head touched. Between a
commit and the next sealing an event is held by its own hash and the triggers alone; ``verify`` counts such events.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import current_app
from sqlalchemy import Connection, Row, Select, delete, func, insert, select, text, update

from lms import clock
from lms.audit.checkpoint import Checkpoint
from lms.audit.keys import signing_key
from lms.audit.models import AuditCheckpoint, AuditEvent, AuditHead, AuditLeaf, AuditUnsealed
from lms.audit.tree import CompactRange
from lms.extensions import db
from lms.unit_of_work import transaction

#: Events sealed in one transaction.
BATCH = 5_000
#: Any number that no other program locks in this database: one sealer appends at a time.
_LOCK = 0x5345414C4552


def seal() -> int:
    """Append every event whose transaction has ended to the tree; return how many. Any number of sealers may run."""
    sealed = 0
    while True:
        with transaction() as connection:
            count = _seal_batch(connection)
        sealed += count
        if count < BATCH:
            return sealed


def sign_checkpoint() -> str:
    """Seal, then sign the tree's size and root; return the note. An unchanged tree keeps its note.

    Raises ``NotAllowed`` in production if there is no signing key.
    """
    seal()
    settings = current_app.config["SETTINGS"]
    key = signing_key(settings)
    with transaction() as connection:
        head = _locked_head(connection)
        kept = connection.scalar(select(AuditCheckpoint.note).where(AuditCheckpoint.size == head.size))
        if kept is not None:
            return str(kept)
        note = key.sign(Checkpoint(settings.audit_origin, head.size, head.root()))
        connection.execute(insert(AuditCheckpoint).values(size=head.size, at=clock.now(), note=note))
    return note


def newest_checkpoint() -> Row[datetime, str] | None:
    """Return moment and note of the newest checkpoint, or None."""
    statement = select(AuditCheckpoint.at, AuditCheckpoint.note).order_by(AuditCheckpoint.size.desc()).limit(1)
    return db.session.execute(statement).one_or_none()


def _seal_batch(connection: Connection) -> int:
    """Give the events their places in the database itself; only their hashes pass through here, for the tree's head."""
    head = _locked_head(connection)
    start = head.size
    connection.execute(insert(AuditLeaf).from_select(["seq", "event_id", "leaf"], _places(connection, start)))
    leaves = connection.scalars(select(AuditLeaf.leaf).where(AuditLeaf.seq >= start).order_by(AuditLeaf.seq)).all()
    if not leaves:
        return 0
    head.extend(leaves)
    sealed = select(AuditLeaf.event_id).where(AuditLeaf.seq >= start)
    connection.execute(delete(AuditUnsealed).where(AuditUnsealed.event_id.in_(sealed)))
    connection.execute(update(AuditHead).values(size=head.size, range=head.dump()))
    return len(leaves)


def _locked_head(connection: Connection) -> CompactRange:
    """Return the tree's head, held until the transaction ends. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    row = connection.execute(select(AuditHead.size, AuditHead.range)).one_or_none()
    if row is None:
        connection.execute(insert(AuditHead).values(id=1, size=0, range=b""))
        return CompactRange()
    return CompactRange.load(row.size, row.range)


def _places(connection: Connection, start: int) -> Select[int, UUID, bytes]:
    """Return the next events with their places from ``start`` on."""
    order = (AuditUnsealed.xid, AuditUnsealed.event_id)
    place = func.row_number().over(order_by=order) + (start - 1)
    statement = select(place, AuditUnsealed.event_id, AuditEvent.leaf)
    statement = statement.join(AuditEvent, AuditEvent.id == AuditUnsealed.event_id)
    if connection.dialect.name == "postgresql":
        # Transactions commit out of the order in which they began. Below xmin every one has ended, so nothing can
        # still appear before what is sealed now, and an aborted one left nothing behind.
        statement = statement.where(AuditUnsealed.xid < text("pg_snapshot_xmin(pg_current_snapshot())::text::bigint"))
    return statement.order_by(*order).limit(BATCH)
