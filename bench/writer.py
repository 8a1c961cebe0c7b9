"""A process that writes through the application's unit of work, with many threads, when it is told to.

``python -m bench.writer TRAIL QUEUE SEAL`` answers each line ``THREADS SECONDS`` of its input with one line of JSON, and
``verify`` with what the verification of the trail found. What is taken away from the product is taken away in this process
alone, for comparison.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from uuid import UUID

from flask import Flask
from sqlalchemy import insert, select
from sqlalchemy import inspect as inspect_orm

from bench.figures import percentile
from bench.hosting import installed
from lms import clock, unit_of_work, writers
from lms.app import create_app
from lms.audit.canonical import canonical, plain
from lms.audit.models import AuditEvent
from lms.audit.sealer import seal
from lms.audit.verification import verify
from lms.exposure.commands import record_batch
from lms.extensions import db
from lms.ids import new_id
from lms.network.models import Site
from lms.permissions import Actor

WRITER = Actor.system("bench")
SEAL_EVERY = 1.0


class Trail(StrEnum):
    """How much of the trail is written."""

    #: as the product does: hashes, the queue for the sealer, and the sealer running
    SEALED = "sealed"
    #: an ordinary audit row with the same values, and no evidence of tampering
    PLAIN = "plain"
    #: nothing
    OFF = "off"


def main() -> None:
    """Write when told to, until the input ends."""
    trail, queue, seals = Trail(sys.argv[1]), sys.argv[2], sys.argv[3] == "seal"
    if trail is not Trail.SEALED:
        unit_of_work._write_trail = _plain_trail if trail is Trail.PLAIN else _no_trail  # noqa: SLF001 - the bench alone may
    if queue == "naive":
        writers._Queue.turn = _no_turn  # type: ignore[method-assign, assignment]  # noqa: SLF001 - the same
    app = create_app(installed())
    with app.app_context():
        site = db.session.scalars(select(Site.id).order_by(Site.code).limit(1)).one()
        db.session.remove()
    stop = threading.Event()
    sealer = threading.Thread(target=_keep_sealing, args=(app, stop), daemon=True) if seals else None
    if sealer is not None:
        sealer.start()
    for line in sys.stdin:
        if line.strip() == "verify":
            answer = _verified(app)
        else:
            threads, seconds = line.split()
            answer = _Writing(app, site).write(int(threads), float(seconds))
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    stop.set()
    if sealer is not None:
        sealer.join()


class _Writing:
    """One window: every thread records batches, one record and one event each, as fast as they are taken."""

    def __init__(self, app: Flask, site: UUID) -> None:
        self._app, self._site = app, site
        self._lock = threading.Lock()
        self._waits: list[float] = []
        self._errors: Counter[str] = Counter()

    def write(self, threads: int, seconds: float) -> dict[str, object]:
        """Return count, rate, waits in milliseconds and errors."""
        begun = time.perf_counter()
        running = [threading.Thread(target=self._writer, args=(begun + seconds,)) for _thread in range(threads)]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
        taken = time.perf_counter() - begun
        return {
            "count": len(self._waits),
            "rate": len(self._waits) / taken,
            "p50": percentile(self._waits, 50) * 1000,
            "p99": percentile(self._waits, 99) * 1000,
            "longest": max(self._waits, default=0.0) * 1000,
            "errors": dict(self._errors),
        }

    def _writer(self, until: float) -> None:
        waits: list[float] = []
        given = {"site_id": self._site, "product": "measuring", "started_on": clock.now().date()}
        with self._app.app_context():
            while (begun := time.perf_counter()) < until:
                try:
                    unit_of_work.run(record_batch, WRITER, "measuring", number=f"B {new_id()}", **given)
                except Exception as error:  # noqa: BLE001 - whatever it is, it is counted and named
                    with self._lock:
                        self._errors[f"{type(error).__name__}: {str(error).splitlines()[0][:120]}"] += 1
                waits.append(time.perf_counter() - begun)
            db.session.remove()
        with self._lock:
            self._waits += waits


def _keep_sealing(app: Flask, stop: threading.Event) -> None:
    while not stop.wait(SEAL_EVERY):
        with app.app_context():
            seal()
            db.session.remove()


def _verified(app: Flask) -> dict[str, object]:
    with app.app_context():
        seal()
        report = verify()
        first = report.findings[0].sentence if report.findings else ""
        return {"ok": report.ok, "events": report.events, "unsealed": report.unsealed, "first": first}


def _no_trail(work: unit_of_work.Work) -> None:
    work.changes.clear()


def _plain_trail(work: unit_of_work.Work) -> None:
    rows = [
        {
            "id": new_id(),
            "body": canonical({"actor": work.actor.id, "action": work.action, "reason": work.reason}).decode(),
            "leaf": b"",
            "salt": None,
            "payload": canonical(
                {name: [plain(old), plain(new)] for name, (old, new) in change.values.items()}
            ).decode(),
            "rtype": inspect_orm(change.record).mapper.local_table.name,
            "rid": str(change.record.id),
            "at": work.at,
        }
        for change in work.changes.values()
    ]
    if rows:
        db.session.connection().execute(insert(AuditEvent), rows)
    work.changes.clear()


def _no_turn(_queue: object) -> AbstractContextManager[None]:
    return nullcontext()


if __name__ == "__main__":
    main()
