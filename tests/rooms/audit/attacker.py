"""Somebody with every right on the database, who knows the format of the trail; and the log he would have liked better.

``Attacker`` drops triggers and foreign keys, edits any table, and rebuilds leaves and head so that they fit together.
``ChainLog`` is the same trail as a plain hash chain without state replay: what most systems call tamper-evident.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, delete, insert, select, text, update

from lms.audit.canonical import canonical, leaf_hash, payload_hash
from lms.audit.models import AuditCheckpoint, AuditEvent, AuditHead, AuditLeaf, AuditUnsealed
from lms.audit.tree import CompactRange
from lms.audit.triggers import installed_triggers
from lms.extensions import Base, db


@dataclass
class Event:
    """An event as the attacker holds it: body and payload open for editing."""

    id: UUID
    body: dict[str, Any]
    salt: bytes
    payload: dict[str, Any]

    @property
    def record(self) -> str:
        return f"{self.body['rtype']} {self.body['rid']}"

    @property
    def text(self) -> str:
        return canonical(self.body).decode()

    def fit_payload(self) -> None:
        """Make the body fit the payload again."""
        self.body["payload"] = payload_hash(self.salt, canonical(self.payload))

    def columns(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "body": self.text,
            "leaf": leaf_hash(canonical(self.body)),
            "salt": self.salt,
            "payload": canonical(self.payload).decode(),
            "rtype": self.body["rtype"],
            "rid": self.body["rid"],
            "at": datetime.fromisoformat(self.body["at"]),
        }


@dataclass
class ChainLog:
    """Bodies with their payloads, each hashed together with the hash before it."""

    entries: list[str]
    hashes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rechain()

    def rechain(self) -> None:
        """Compute all hashes anew, as anybody can who may write."""
        self.hashes = list(self._chain())

    def _chain(self) -> Iterator[str]:
        before = ""
        for entry in self.entries:
            before = sha256(f"{before}{entry}".encode()).hexdigest()
            yield before

    def finds_a_break(self) -> bool:
        """What its verifier says."""
        return list(self._chain()) != self.hashes

    def remove(self, number: int) -> None:
        del self.entries[number], self.hashes[number]

    def swap(self, one: int, other: int) -> None:
        self.entries[one], self.entries[other] = self.entries[other], self.entries[one]


class Attacker:
    """Behind the application, with the rights of the database's owner."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        rows = connection.execute(
            select(AuditEvent.id, AuditEvent.body, AuditEvent.salt, AuditEvent.payload)
            .join(AuditLeaf, AuditLeaf.event_id == AuditEvent.id)
            .order_by(AuditLeaf.seq)
        )
        self.events = [Event(row.id, json.loads(row.body), row.salt, json.loads(row.payload or "{}")) for row in rows]
        self.chain = ChainLog([self.entry(event) for event in self.events])

    @staticmethod
    def entry(event: Event) -> str:
        return event.text + canonical(event.payload).decode()

    def edit(self, table: str, row_id: object, /, **values: object) -> None:
        """Edit one row of any table by its id."""
        where = self.table(table)
        self.connection.execute(update(where).where(where.c.id == row_id).values(**values))

    def copy(self, table: str, row_id: object, /, **values: object) -> None:
        """Insert a copy of a row with some values changed."""
        source = self.table(table)
        row = self.connection.execute(select(source).where(source.c.id == row_id)).mappings().one()
        self.connection.execute(insert(source).values({**row, **values}))

    def delete(self, table: str, row_id: object, /) -> None:
        where = self.table(table)
        self.connection.execute(delete(where).where(where.c.id == row_id))

    @staticmethod
    def table(name: str) -> Table:
        return Base.metadata.tables[name]

    def write_event(self, event: Event) -> None:
        """Write one event as it is held here over the stored one, with a hash that fits it."""
        columns = event.columns()
        self.connection.execute(update(AuditEvent).where(AuditEvent.id == columns.pop("id")).values(columns))

    def rebuild(self) -> None:
        """Write the whole trail anew from ``events``: bodies, hashes, leaves, head. All of it fits together."""
        for model in (AuditUnsealed, AuditLeaf, AuditEvent):
            self.connection.execute(delete(model))
        self.connection.execute(insert(AuditEvent), [event.columns() for event in self.events])
        leaves = [event.columns()["leaf"] for event in self.events]
        self.connection.execute(
            insert(AuditLeaf),
            [
                {"seq": seq, "event_id": event.id, "leaf": leaf}
                for seq, (event, leaf) in enumerate(zip(self.events, leaves, strict=True))
            ],
        )
        tree = CompactRange().extend(leaves)
        self.connection.execute(update(AuditHead).values(size=tree.size, range=tree.dump()))
        self.chain.entries = [self.entry(event) for event in self.events]
        self.chain.rechain()

    def tree_of(self, size: int) -> CompactRange:
        return CompactRange().extend(event.columns()["leaf"] for event in self.events[:size])

    def checkpoint_sizes(self) -> list[int]:
        return list(self.connection.scalars(select(AuditCheckpoint.size).order_by(AuditCheckpoint.size)))

    def drop_checkpoints(self, *, above: int) -> None:
        self.connection.execute(delete(AuditCheckpoint).where(AuditCheckpoint.size > above))


@contextmanager
def attacker() -> Iterator[Attacker]:
    """Give the attacker a connection without triggers and foreign keys; what he did is committed at the end."""
    db.session.rollback()  # a reader's open transaction would keep PostgreSQL from dropping triggers
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            raw = connection.connection.dbapi_connection
            assert raw is not None
            raw.execute("pragma foreign_keys = off")  # before a transaction begins, where it has an effect
        with connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(text("set local session_replication_role = replica"))
                named = "select tgname, tgrelid::regclass::text from pg_trigger"
                for name, table in connection.execute(text(f"{named} where tgname like 'candor_%'")).all():
                    connection.execute(text(f"drop trigger {name} on {table}"))
            else:
                for name in installed_triggers(connection):
                    connection.execute(text(f"drop trigger {name}"))
            yield Attacker(connection)
        connection.invalidate()
