"""Verification of the trail against itself, against signed notes inside and outside, and against the records.

It reads one unchanging view of the database, so it may run while people work. What it cannot see: events newer than the
newest copy kept outside, cut off together with all their effect.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import current_app
from sqlalchemy import Connection, Table, func, select

from lms import clock
from lms.audit.claims import Claims
from lms.audit.keys import public_keys
from lms.audit.models import Audited, AuditEvent
from lms.audit.report import Findings, VerifyReport
from lms.audit.state_replay import erased_events, replay_table
from lms.audit.triggers import expected_triggers, installed_triggers
from lms.audit.walk import CHUNK, Walk
from lms.extensions import Base, db
from lms.refusals import NotAllowed

#: Told how many events were read of how many; every event is read twice, in the tree's order and in its record's.
Progress = Callable[[int, int], None]


def verify(*, anchors: Path | None = None, from_seq: int = 0, progress: Progress | None = None) -> VerifyReport:
    """Verify the trail and every record.

    ``anchors`` is a folder of notes kept outside; bodies before leaf ``from_seq`` are taken by their hashes alone.
    Raises ``NotAllowed`` if there is no such folder, or no such leaf in a trail in which nothing else is wrong.
    """
    begun = time.perf_counter()
    settings = current_app.config["SETTINGS"]
    found = Findings()
    with _unchanging_view() as connection:
        tables = audited_tables()
        claims = Claims(found, public_keys(settings))
        claims.read_checkpoints(connection)
        if anchors is not None:
            claims.read_anchors(anchors)
        total = connection.scalar(select(func.count()).select_from(AuditEvent)) or 0
        tick = _ticker(progress, 2 * total)
        walk = Walk(found, claims, frozenset(tables), tick, from_seq)
        walk.tree(connection)
        unsealed, oldest = walk.unsealed(connection)
        erased = erased_events(connection)
        rows = sum(replay_table(connection, table, found, tick, erased) for table in tables.values())
        fences = expected_triggers(sorted(tables)) - installed_triggers(connection)
    # a trail that was cut is told as such: that leaf may have been there
    if from_seq > 0 and from_seq >= walk.range.size and not found.by_fault:
        message = (
            f"There is no leaf {from_seq}: the trail has {walk.range.size}, counted from 0. Begin with an earlier one."
        )
        raise NotAllowed(message)
    now = clock.now()
    return VerifyReport(
        origin=settings.audit_origin,
        at=now,
        size=walk.range.size,
        root=walk.range.root().hex(),
        events=walk.events,
        unsealed=unsealed,
        oldest_unsealed_seconds=None if oldest is None else max(0, round((now - oldest).total_seconds())),
        checkpoints=claims.checkpoints,
        anchors=claims.anchors,
        rows=rows,
        redacted=len(erased),
        fences_missing=tuple(sorted(fences)),
        findings=found.in_order(),
        by_fault=dict(found.by_fault),
        seconds=round(time.perf_counter() - begun, 3),
    )


def audited_tables() -> dict[str, Table]:
    """Return the tables of GMP records by name, sorted."""
    mappers = [mapper for mapper in Base.registry.mappers if issubclass(mapper.class_, Audited)]
    tables = [mapper.local_table for mapper in mappers if isinstance(mapper.local_table, Table)]
    return {table.name: table for table in sorted(tables, key=lambda table: table.name)}


@contextmanager
def _unchanging_view() -> Iterator[Connection]:
    # SQLite's reader has one view for the whole transaction; PostgreSQL's must ask for it
    is_postgresql = db.engine.dialect.name == "postgresql"
    options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True} if is_postgresql else {}
    with db.engine.connect().execution_options(**options) as connection:
        yield connection


def _ticker(progress: Progress | None, total: int) -> Callable[[], None]:
    done = 0

    def tick() -> None:
        nonlocal done
        done += 1
        if progress is not None and (done % CHUNK == 0 or done == total):
            progress(done, total)

    return tick
