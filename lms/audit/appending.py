"""Writing events into the trail and queueing them for the sealer. Only the unit of work does."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, bindparam, insert, literal_column

from lms.audit.models import AuditEvent, AuditUnsealed

_EVENT = insert(AuditEvent)
_XID: ColumnElement[int] = literal_column("pg_current_xact_id()::text::bigint")
_UNSEALED = {
    "sqlite": insert(AuditUnsealed).values(event_id=bindparam("event_id"), xid=0),
    "postgresql": insert(AuditUnsealed).values(event_id=bindparam("event_id"), xid=_XID),
}


def append(connection: Connection, rows: list[dict[str, object]]) -> None:
    """Write the events, and queue them for the sealer."""
    queued = [{"event_id": row["id"]} for row in rows]
    one = len(rows) == 1  # nearly always; drivers take longer over a list of one
    connection.execute(_EVENT, rows[0] if one else rows)
    connection.execute(_UNSEALED[connection.dialect.name], queued[0] if one else queued)
