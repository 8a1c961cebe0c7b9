"""The walk along the tree: each leaf against its event, each signed size against the root, the head at the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select

from lms.audit.bodies import read_body
from lms.audit.canonical import NotCanonical
from lms.audit.claims import Claims
from lms.audit.models import AuditEvent, AuditHead, AuditLeaf, AuditUnsealed
from lms.audit.report import Fault, Findings
from lms.audit.tree import HASH_SIZE, CompactRange, spans

#: Rows read at once.
CHUNK = 5_000
#: Transactions overlap: an event may be this much older than one that was sealed before it, and no more.
OVERLAP = timedelta(seconds=60)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_EVENT = (AuditEvent.id, AuditEvent.body, AuditEvent.leaf, AuditEvent.rtype, AuditEvent.rid, AuditEvent.at)


@dataclass
class Walk:
    """Reads every event once, in the order of the tree. Memory holds one chunk and the compact range."""

    found: Findings
    claims: Claims
    #: Names of the tables of GMP records.
    tables: frozenset[str]
    #: Called once for each event read.
    tick: Callable[[], None]
    #: Bodies before this leaf are taken by their hashes alone.
    from_seq: int = 0
    range: CompactRange = field(default_factory=CompactRange)
    events: int = 0
    #: The largest size that a signed root settled: what was changed lies behind it.
    agreed: int = 0
    latest: datetime = _LONG_AGO

    def tree(self, connection: Connection) -> None:
        """Read every leaf in order, then compare the head and the notes that reach beyond the end."""
        streaming = connection.execution_options(yield_per=CHUNK)
        expected = 0
        self._compare_claims()
        before = select(AuditLeaf.seq, AuditLeaf.leaf).where(AuditLeaf.seq < self.from_seq).order_by(AuditLeaf.seq)
        for seq, leaf in streaming.execute(before):
            expected = self._append(expected, seq, leaf)
        statement = (
            select(AuditLeaf.seq, AuditLeaf.leaf.label("placed"), AuditLeaf.event_id, *_EVENT)
            .outerjoin(AuditEvent, AuditEvent.id == AuditLeaf.event_id)
            .where(AuditLeaf.seq >= self.from_seq)
            .order_by(AuditLeaf.seq)
        )
        for row in streaming.execute(statement):
            expected = self._append(expected, row.seq, row.placed)
            if row.id is None:
                sentence = f"Leaf {row.seq}: its event {row.event_id} is gone."
                self.found.add(Fault.EVENT_MISSING, sentence, seq=row.seq, record=f"event {row.event_id}")
            else:
                self._event(row, row.seq, row.placed)
        self._compare_head(connection)
        self._compare_end()

    def unsealed(self, connection: Connection) -> tuple[int, datetime | None]:
        """Check the events without a leaf; return how many wait for the sealer, and when the oldest was written."""
        statement = (
            select(AuditUnsealed.event_id, *_EVENT)
            .select_from(AuditEvent)
            .outerjoin(AuditLeaf, AuditLeaf.event_id == AuditEvent.id)
            .outerjoin(AuditUnsealed, AuditUnsealed.event_id == AuditEvent.id)
            .where(AuditLeaf.seq.is_(None))
            .order_by(AuditEvent.id)
        )
        waiting, oldest = 0, None
        for row in connection.execution_options(yield_per=CHUNK).execute(statement):
            self._event(row, None, row.leaf)
            if row.event_id is None:
                record = f"{row.rtype} {row.rid}"
                sentence = f"{record}: the event {row.id} is neither in the tree nor waiting for the sealer."
                self.found.add(Fault.EVENT_OUTSIDE_TREE, sentence, record=record)
            else:
                waiting += 1
                oldest = oldest or _made_at(row.id)
        return waiting, oldest

    def _append(self, expected: int, seq: int, leaf: bytes) -> int:
        """Add a leaf and return the number that the next one should have."""
        if seq > expected:
            which = f"Leaf {expected} is" if seq == expected + 1 else f"Leaves {expected} to {seq - 1} are"
            self.found.add(Fault.LEAF_MISSING, f"{which} missing.", seq=expected, until=seq)
        self.range.append(leaf)
        self._compare_claims()
        return seq + 1

    def _compare_claims(self) -> None:
        size = self.range.size
        if size not in self.claims.by_size:
            return
        root = self.range.root()
        for claim in self.claims.by_size[size]:
            if claim.root != root:
                sentence = f"{_stretch(self.agreed, size)} changed since {claim.source} was signed over {size}."
                self.found.add(Fault.CHECKPOINT_CONTRADICTED, sentence, seq=self.agreed, until=size)
        if self.claims.settle(size, root):
            self.agreed = size

    def _compare_head(self, connection: Connection) -> None:
        head = connection.execute(select(AuditHead.size, AuditHead.range)).one_or_none()
        size, data = (head.size, head.range) if head is not None else (0, b"")
        first, last = sorted((size, self.range.size))
        if first != last:
            sentence = f"The head of the tree says {size} leaves, {self.range.size} were read."
            self.found.add(Fault.HEAD_DIFFERS, sentence, seq=first, until=last)
            return
        for number, (start, end) in enumerate(spans(size)):
            if data[number * HASH_SIZE : (number + 1) * HASH_SIZE] != self.range.hashes[number]:
                start = max(start, min(self.agreed, end - 1))  # noqa: PLW2901 - a signed root narrows the stretch
                sentence = f"{_stretch(start, end)} changed since it was sealed: the head of the tree says otherwise."
                self.found.add(Fault.HEAD_DIFFERS, sentence, seq=start, until=end)
                return

    def _compare_end(self) -> None:
        end = self.range.size
        for size, claims in sorted(self.claims.by_size.items()):
            if size > end:
                which = f"leaf {end} is" if size == end + 1 else f"leaves {end} to {size - 1} are"
                sentence = f"The trail was cut: {claims[0].source} was signed over {size}, {which} missing."
                self.found.add(Fault.TRAIL_CUT, sentence, seq=end, until=size)

    def _event(self, row: Row[*tuple[Any, ...]], seq: int | None, placed: bytes) -> None:
        """Check one event by itself, and its moment against those before. ``placed`` is the hash in the tree."""
        self.events += 1
        self.tick()
        record = f"{row.rtype} {row.rid}"

        def fault(kind: Fault, sentence: str) -> None:
            where = f"Leaf {seq}" if seq is not None else f"Event {row.id}, not sealed yet"
            self.found.add(kind, f"{where}, {record}: {sentence}", seq=seq, record=record)

        if sha256(b"\x00" + row.body.encode()).digest() != row.leaf:
            fault(Fault.BODY_DIFFERS, "the event was edited; its body does not have the hash written beside it.")
        if row.leaf != placed:
            fault(Fault.LEAF_DIFFERS, "the tree holds another hash than the event.")
        try:
            body = read_body(row.body)
        except NotCanonical as error:
            fault(Fault.BODY_NOT_CANONICAL, f"{error}.")
            return
        at = datetime.fromisoformat(body["at"])
        if (body["id"], body["rtype"], body["rid"], at) != (str(row.id), row.rtype, row.rid, row.at):
            fault(Fault.COPIES_DIFFER, "id, record or moment in the table are not those of the event's body.")
        if body["rtype"] not in self.tables:
            fault(Fault.UNKNOWN_TABLE, "no audited table has this name.")
        if at < self.latest and at < self.latest - OVERLAP:
            fault(Fault.TIME_GOES_BACK, f"its moment {body['at']} lies before that of events sealed earlier.")
        elif at > self.latest:
            self.latest = at


def _stretch(start: int, end: int) -> str:
    return f"Leaf {start} was" if end == start + 1 else f"Something in leaves {start} to {end - 1} was"


def _made_at(event_id: UUID) -> datetime:
    """Return the moment in a UUIDv7: when the event was written, also where a demonstration replays older days."""
    return datetime.fromtimestamp((event_id.int >> 80) / 1000, UTC)
