"""State replay: each record's events, read beside the record itself, must lead to the row that stands in the database.

Old and new values are replayed from the first event on, so that every event's row hash is recomputed and an edit behind
the application is named with its columns. Memory holds the events of one record at a time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Table, collate, select

from lms.audit.canonical import payload_hash, plain, row_hash
from lms.audit.models import AuditEvent, AuditLeaf, PayloadErasure
from lms.audit.report import Fault, Findings
from lms.audit.walk import CHUNK
from lms.signatures.models import Signature


class _Event(NamedTuple):
    rid: str
    seq: int | None
    id: UUID
    body: str
    salt: bytes | None
    payload: str | None


class _Said(NamedTuple):
    """What an event's body says about the record."""

    version: int
    payload: str
    row: str


@dataclass
class _Replay:
    """One record on its way through its events."""

    record: str
    columns: list[str]
    found: Findings
    #: Events whose old and new values were erased by a signed act.
    erased: frozenset[UUID]
    #: What the record should hold after the events read so far; None once old and new values cannot be known.
    values: dict[str, object] | None = field(default_factory=dict)
    version: int = 0
    #: Row hash and leaf of the last event read.
    row: str = ""
    seq: int | None = None

    def apply(self, event: _Event, said: _Said) -> None:
        """Take one event in, and say where it does not follow from the events before."""
        if said.version <= self.version:
            self._fault(Fault.VERSION_REPEATED, event, f"followed by version {said.version}.")
        self.version, self.row, self.seq = said.version, said.row, event.seq
        if event.payload is None and event.salt is None and event.id in self.erased:
            self.values = None  # until an event says again what the whole record holds
        elif event.payload is None or event.salt is None:
            self._fault(Fault.PAYLOAD_MISSING, event, "the old and new values are gone.")
            self.values = None
        elif payload_hash(event.salt, event.payload.encode()) != said.payload:
            self._fault(Fault.PAYLOAD_DIFFERS, event, "the old and new values were rewritten.")
            self.values = None
        elif self.values is not None:
            self._take_values(event, json.loads(event.payload), self.values)
        elif (whole := json.loads(event.payload)).keys() >= {"id"}:
            self.values = {}
            self._take_values(event, whole, self.values)

    def compare(self, stored: Mapping[str, object] | None) -> None:
        """Compare where the events led with the row that stands in the database."""
        if stored is None:
            sentence = f"{self.record} is gone from the database; its last event says version {self.version}."
            self.found.add(Fault.ROW_MISSING, sentence, seq=self.seq, record=self.record)
        elif row_hash(stored) != self.row:
            sentence = f"{self.record} was changed without an event: {self._difference(stored)}."
            self.found.add(Fault.ROW_DIFFERS, sentence, seq=self.seq, record=self.record)

    def _take_values(self, event: _Event, changes: dict[str, list[object]], values: dict[str, object]) -> None:
        for name, (old, new) in changes.items():
            if values.get(name) != old:
                sentence = f"“{name}” was {_show(values.get(name))} before, the event says {_show(old)}."
                self._fault(Fault.OLD_VALUE_DIFFERS, event, sentence)
            values[name] = new
        values["version"] = self.version
        if row_hash({name: values.get(name) for name in self.columns}) != self.row:
            self._fault(Fault.HISTORY_DIFFERS, event, "the events so far do not lead to the row that this one names.")
            self.values = None

    def _fault(self, kind: Fault, event: _Event, sentence: str) -> None:
        where = f"{self.record}, version {self.version}"
        self.found.add(kind, f"{where}: {sentence}", seq=event.seq, record=self.record)

    def _difference(self, stored: Mapping[str, object]) -> str:
        if self.values is None:
            return f"it is not what version {self.version} was"
        return "; ".join(
            f"“{name}” is {_show(plain(value))}, the trail says {_show(self.values.get(name))}"
            for name, value in stored.items()
            if plain(value) != self.values.get(name)
        )


def erased_events(connection: Connection) -> frozenset[UUID]:
    """Return the events whose old and new values were erased on the strength of an act that bears a signature."""
    signed = select(Signature.id).where(Signature.record_id == PayloadErasure.act_id)
    return frozenset(connection.scalars(select(PayloadErasure.event_id).where(signed.exists())))


def replay_table(
    connection: Connection,
    table: Table,
    found: Findings,
    tick: Callable[[], None],
    erased: frozenset[UUID] = frozenset(),
) -> int:
    """Compare the records of one table with their events; return how many records were read.

    ``tick`` is called once for each event. ``erased`` are the events that may lack their old and new values; those of an
    erasure itself, and of signatures, may never.
    """
    erased = frozenset() if table.name in (PayloadErasure.__tablename__, Signature.__tablename__) else erased
    columns = [column.name for column in table.columns]
    rows = _rows(connection, table)
    row = next(rows, None)
    count = 0
    for rid, events in groupby(_events(connection, table.name), key=attrgetter("rid")):
        while row is not None and row[0] < rid:
            _without_event(table.name, row[0], found)
            row, count = next(rows, None), count + 1
        stored = None
        if row is not None and row[0] == rid:
            stored = row[1]
            row, count = next(rows, None), count + 1
        in_order = sorted(events, key=lambda event: (event.seq is None, event.seq or 0, event.id))
        replay = _Replay(f"{table.name} {rid}", columns, found, erased)
        readable = True
        for event in in_order:
            tick()
            said = _said(event.body)
            if said is None:
                readable = False  # named when the tree was walked; where it led cannot be told
                break
            replay.apply(event, said)
        if readable:
            replay.compare(stored)
    while row is not None:
        _without_event(table.name, row[0], found)
        row, count = next(rows, None), count + 1
    return count


def _rows(connection: Connection, table: Table) -> Iterator[tuple[str, Mapping[str, object]]]:
    result = connection.execution_options(yield_per=CHUNK).execute(select(table).order_by(table.c.id))
    names = list(result.keys())
    for row in result:
        values = dict(zip(names, row, strict=True))
        yield str(values["id"]), values


def _events(connection: Connection, table: str) -> Iterator[_Event]:
    # ids are text in the trail: PostgreSQL must order them as it orders the ids of rows, by their bytes
    rid = collate(AuditEvent.rid, "C") if connection.dialect.name == "postgresql" else AuditEvent.rid
    statement = (
        select(AuditEvent.rid, AuditLeaf.seq, AuditEvent.id, AuditEvent.body, AuditEvent.salt, AuditEvent.payload)
        .outerjoin(AuditLeaf, AuditLeaf.event_id == AuditEvent.id)
        .where(AuditEvent.rtype == table)
        .order_by(rid)
    )
    for row in connection.execution_options(yield_per=CHUNK).execute(statement):
        yield _Event(*row)


def _without_event(table: str, rid: str, found: Findings) -> None:
    sentence = f"{table} {rid} stands in the database, but no event says that it was ever made."
    found.add(Fault.ROW_WITHOUT_EVENT, sentence, record=f"{table} {rid}")


def _said(body_text: str) -> _Said | None:
    try:
        body = json.loads(body_text)
        return _Said(int(body["rver"]), str(body["payload"]), str(body["row"]))
    except (ValueError, KeyError, TypeError):
        return None


def _show(value: object) -> str:
    text = "nothing" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:77]}…"
