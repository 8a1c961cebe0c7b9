"""What the trail costs a write, and how long a writer waits: the product beside itself with something taken away."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from bench.figures import Goal, Verdict, judged_ratio, paired
from bench.hosting import environment
from bench.writer import Trail
from config import ROOT
from tests.servers.throwaway_postgres import PostgresServer

WRITERS = (8, 32)
#: G8: the rate that remains with evidence of tampering.
KEPT_RATE = 0.85
#: G9: the longest that one of 32 writers may wait, in milliseconds.
LONGEST_WAIT = 250.0
QUEUED = 32
PROCESSES = 2


@dataclass
class Written:
    """One design over all rounds, by the number of writers."""

    rates: dict[int, list[float]] = field(default_factory=dict)
    longest: float = 0.0
    p99: float = 0.0
    count: int = 0
    errors: dict[str, int] = field(default_factory=dict)

    def add(self, writers: int, answers: Sequence[dict[str, Any]]) -> None:
        """Take in what the processes of one window answered."""
        self.rates.setdefault(writers, []).append(sum(answer["rate"] for answer in answers))
        for answer in answers:
            self.longest = max(self.longest, answer["longest"])
            self.p99 = max(self.p99, answer["p99"])
            self.count += answer["count"]
            for error, times in answer["errors"].items():
                self.errors[error] = self.errors.get(error, 0) + times


class Writers:
    """The processes of one design, on a database of their own."""

    def __init__(self, processes: Sequence[subprocess.Popen[str]]) -> None:
        self._processes = processes

    def write(self, writers: int, seconds: float) -> list[dict[str, Any]]:
        """Let them write for a window, the writers shared out among them."""
        return self._ask(f"{writers // len(self._processes)} {seconds}", self._processes)

    def verify(self) -> dict[str, Any]:
        """Return what the verification of their trail found."""
        return self._ask("verify", self._processes[:1])[0]

    @staticmethod
    def _ask(line: str, processes: Sequence[subprocess.Popen[str]]) -> list[dict[str, Any]]:
        for process in processes:
            assert process.stdin is not None  # noqa: S101 - opened as a pipe below
            process.stdin.write(line + "\n")
            process.stdin.flush()
        return [_answer(process) for process in processes]


def _answer(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None  # noqa: S101 - opened as a pipe below
    line = process.stdout.readline()
    if not line:
        raise RuntimeError("a writer ended before it answered; what it wrote stands above")
    answer: dict[str, Any] = json.loads(line)
    return answer


@contextmanager
def writers_on(
    url: str, data_dir: Path, trail: Trail, *, queue: str = "queue", processes: int = 1
) -> Iterator[Writers]:
    """Start the writers of a design, and end them with the block. The first of them seals, if the design has a tree."""
    started: list[subprocess.Popen[str]] = []
    try:
        for number in range(processes):
            seals = "seal" if trail is Trail.SEALED and number == 0 else "no"
            started.append(
                subprocess.Popen(
                    [sys.executable, "-m", "bench.writer", trail, queue, seals],
                    cwd=ROOT,
                    env=environment(url, data_dir),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    start_new_session=True,
                )
            )
        yield Writers(started)
    finally:
        for process in started:
            if process.stdin is not None:
                process.stdin.close()
        for process in started:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@dataclass(frozen=True)
class TrailCost:
    """G8: the three designs, and what the verification of the product's trail found afterwards."""

    written: dict[str, Written]
    verified: dict[str, Any]


def measure_trail(
    server: PostgresServer, template: str, data_dir: Path, rounds: int, seconds: float, say: Callable[[str], None]
) -> TrailCost:
    """Write with the product's trail, with a plain audit row, and with none: each on its own copy of a database."""
    written: dict[str, Written] = {trail: Written() for trail in Trail}
    databases: list[str] = []
    try:
        with ExitStack() as stack:
            running = {}
            for trail in Trail:
                databases.append(server.create_database(template=template))
                writing = writers_on(server.url(databases[-1]), data_dir, trail, processes=PROCESSES)
                running[trail] = stack.enter_context(writing)
            for writers in running.values():
                writers.write(PROCESSES, 0.5)  # warm statements and connections
            for number in range(rounds):
                for count in WRITERS:
                    say(f"PostgreSQL: round {number + 1} of {rounds}, {count} writers, with and without the trail")
                    turn = number % len(Trail)
                    order = [*Trail]
                    for trail in (*order[turn:], *order[:turn]):
                        written[trail].add(count, running[trail].write(count, seconds))
            verified = running[Trail.SEALED].verify()
    finally:
        for database in databases:
            server.drop_database(database)
    return TrailCost(written, verified)


def judged_trail(cost: TrailCost) -> list[Goal]:
    """Hold what the trail costs against G8."""
    goals = []
    product = cost.written[Trail.SEALED]
    for count in WRITERS:
        for trail, what, must in (
            (Trail.PLAIN, "with the same audit row without evidence of tampering", True),
            (Trail.OFF, "with no audit row at all", False),
        ):
            other = cost.written[trail]
            ratio = paired(product.rates[count], other.rates[count])
            errors = sum(product.errors.values()) + sum(other.errors.values())
            line = f"PostgreSQL, {count} writers: audited writes against writes {what}"
            goals.append(judged_ratio("G8", line, ratio, at_least=KEPT_RATE, errors=errors, must=must))
    found = f"{cost.verified['events']} events, {cost.verified['unsealed']} unsealed"
    if not cost.verified["ok"]:
        found = f"{found}; {cost.verified['first']}"
    holds = Verdict.HOLDS if cost.verified["ok"] and not cost.verified["unsealed"] else Verdict.DOES_NOT
    goals.append(Goal("G8", "the trail that was written verifies", "no finding", holds, found, must=True))
    return goals


@dataclass(frozen=True)
class Queueing:
    """G9: 32 writers on SQLite with the queue, and without it."""

    queued: Written
    naive: Written
    verified: dict[str, Any]


def measure_queue(url: str, data_dir: Path, rounds: int, seconds: float, say: Callable[[str], None]) -> Queueing:
    """Write to two copies of a SQLite database, synchronous FULL: with the product's queue, and by busy waiting alone."""
    queued, naive = Written(), Written()
    with ExitStack() as stack:
        fair = stack.enter_context(writers_on(_copied(url, "queued"), data_dir, Trail.SEALED))
        busy = stack.enter_context(writers_on(_copied(url, "naive"), data_dir, Trail.SEALED, queue="naive"))
        for writers in (fair, busy):
            writers.write(1, 0.5)
        for number in range(rounds):
            say(f"SQLite: round {number + 1} of {rounds}, {QUEUED} writers, with and without the queue")
            queued.add(QUEUED, fair.write(QUEUED, seconds))
            naive.add(QUEUED, busy.write(QUEUED, seconds))
        verified = fair.verify()
    return Queueing(queued, naive, verified)


def _copied(url: str, name: str) -> str:
    """Copy a SQLite database and the survey's beside it, with what still lies in their logs; return the copy's address."""
    source = Path(str(make_url(url).database))
    target = source.with_name(f"{source.stem}-{name}.sqlite")
    for ending in (".sqlite", "-survey.sqlite"):
        with (
            closing(sqlite3.connect(source.with_name(f"{source.stem}{ending}"))) as from_,
            closing(sqlite3.connect(target.with_name(f"{target.stem}{ending}"))) as to,
        ):
            from_.backup(to)
    return f"sqlite:///{target}"


def judged_queue(queueing: Queueing, disk: str) -> list[Goal]:
    """Hold the longest wait against G9; ``disk`` says how fast the disk is, for every write waits for it."""
    queued, naive = queueing.queued, queueing.naive
    errors = sum(queued.errors.values())
    holds = queued.longest <= LONGEST_WAIT and not errors and queueing.verified["ok"]
    found = f"longest {queued.longest:.0f} ms, p99 {queued.p99:.0f} ms, {queued.count} writes, {errors} errors; {disk}"
    if not queueing.verified["ok"]:
        found += f"; the trail does not verify: {queueing.verified['first']}"
    without = f"longest {naive.longest:.0f} ms, p99 {naive.p99:.0f} ms, {naive.count} writes, {sum(naive.errors.values())} errors"
    bound = f"at most {LONGEST_WAIT:.0f} ms, nothing locked"
    return [
        Goal(
            "G9",
            f"SQLite FULL, {QUEUED} writers at once",
            bound,
            Verdict.HOLDS if holds else Verdict.DOES_NOT,
            found,
            must=True,
        ),
        Goal("G9", "the same without the queue, by busy waiting", "beside it", Verdict.PRINTED, without),
    ]
