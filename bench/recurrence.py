"""Is this the same one again, in a network of 500 sites: the desk, the nightly rescan and the lists, and how they grow.

``python -m bench.recurrence SIZE ROUNDS`` writes the named network into the empty PostgreSQL database of its environment,
measures, and prints what it found.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import func, select

from bench.figures import Goal, Verdict, percentile
from bench.hosting import installed
from bench.walk import signed_in
from bench.written import SIZES, Key, write_network
from lms import clock, schema
from lms.app import create_app
from lms.deviations import desk_queries
from lms.deviations.commands import triage_deviation
from lms.deviations.models import Deviation
from lms.deviations.rules import State
from lms.extensions import db
from lms.outbox.delivery import deliver_outbox
from lms.outbox.models import OutboxMessage
from lms.recurrences.commands import rescan_every_site
from lms.recurrences.models import Recurrence
from lms.recurrences.queries import network_matches, recurrences_of
from lms.recurrences.similar import similar
from lms.unit_of_work import run_job
from lms.web.times import local_day, start_of_day
from tests.factories.people import PASSWORD, Someone

#: Deviations classified in a round, a third of them under the keys that occur most.
CLASSIFIED = 60
HOTTEST = 20
OPENED = 20
#: What must hold in the largest network, in ms and s.
CLASSIFY_P95_MS, QUEUE_P95_MS, RESCAN_S = 100.0, 200.0, 60.0
#: A rescan may make the process larger by so many MiB, whatever the size of the network.
RESCAN_MIB = 100.0
LISTS = {
    "list": "/deviations",
    "list, page 100": "/deviations?page=100",
    "list, open": "/deviations?state=open",
    "list, to decide": "/deviations?recurrence=proposed",
    "list, one step": "/deviations?process_step=harvest",
    "list, 30 days": "/deviations?from={from}",
    "list, words": "/deviations?q=scale",
    "home": "/",
}


@dataclass(frozen=True, slots=True)
class Timed:
    """Milliseconds of one thing done many times: the middle of the rounds' percentiles, and the longest of all."""

    name: str
    p50: float
    p95: float
    longest: float
    times: int
    load: float


@dataclass(frozen=True, slots=True)
class Rescan:
    """One rescan of all sites."""

    seconds: float
    mebibytes: float
    parts: int
    proposed: int
    load: float


@dataclass(frozen=True, slots=True)
class Scaled:
    """Everything measured in a network of one size."""

    size: str
    counts: dict[str, int]
    loaded_seconds: float
    timed: list[Timed]
    rescans: list[Rescan]

    def of(self, name: str) -> Timed:
        """Return one thing by its name."""
        return next(one for one in self.timed if one.name == name)


CLASSIFY, QUEUE, DESK, BESIDE = "classify, R1 to R4", "queue", "desk page", "beside the desk (R2, R4)"


def measure_recurrence(app: Flask, size: str, rounds: int) -> Scaled:
    """Write the network and measure what is done with it."""
    with app.app_context():
        schema.create_everything()
        begun = time.perf_counter()
        qa = write_network(SIZES[size])
        loaded = time.perf_counter() - begun
        rescans = [_rescan(night) for night in ("first", "second", "third")]
        timed = _classifying(qa, rounds)
        since = start_of_day(local_day(clock.now(), qa.actor.zone), qa.actor.zone)
        timed.append(_timed(QUEUE, lambda _: desk_queries.queue(qa.actor, since=since), range(OPENED), rounds))
        ids = db.session.scalars(select(Deviation.id).where(Deviation.state == State.REPORTED).limit(OPENED)).all()
        tables = {"deviations": Deviation, "matches": Recurrence}
        counts = {
            name: db.session.scalar(select(func.count()).select_from(table)) or 0 for name, table in tables.items()
        }
    browser = signed_in(app, qa.login, PASSWORD)
    first = f"{clock.now().date().replace(day=1)}"

    def opens(url: str) -> Callable[[Any], object]:
        return lambda which: _opened(browser.get(url.format(which, **{"from": first})))

    timed.append(_timed(DESK, opens("/deviations/{}/triage"), ids, rounds))
    timed.append(_timed(BESIDE, opens("/deviations/{}/elsewhere"), ids, rounds))
    timed += [_timed(name, opens(url), range(5), rounds) for name, url in LISTS.items()]
    return Scaled(size, counts, loaded, timed, rescans)


def _opened(answer: Any) -> None:  # noqa: ANN401 - Werkzeug's test response
    if answer.status_code != 200:
        message = f"{answer.request.path}: {answer.status_code}"
        raise RuntimeError(message)


def _classifying(qa: Someone, rounds: int) -> list[Timed]:
    """Classify deviations that wait, each under another key, and ask for all that the rules find for it."""
    waiting = select(Deviation.id, Deviation.version).where(Deviation.state.in_([State.REPORTED, State.TRIAGED]))
    newest = waiting.order_by(Deviation.occurred_at.desc()).limit(CLASSIFIED * rounds)
    cases = list(zip(db.session.execute(newest).all(), _chosen_keys(CLASSIFIED * rounds), strict=True))
    parts: dict[str, list[float]] = {}

    def classify(case: tuple[Any, Key]) -> None:
        (deviation_id, version), key = case
        _classify(qa, deviation_id, version, key)
        for name, ask in (
            ("R1 and R3 as stored", lambda found: recurrences_of(qa.actor, found.id)),
            ("R2", lambda found: network_matches(qa.actor, found)),
            ("R4", lambda found: similar(qa.actor, found.id)),
        ):
            begun = time.perf_counter()
            ask(db.session.get_one(Deviation, deviation_id))
            parts.setdefault(name, []).append((time.perf_counter() - begun) * 1000)

    whole = _timed(CLASSIFY, classify, cases, 1, split=rounds)
    load = os.getloadavg()[0]
    return [
        whole,
        *(
            Timed(f"  of it {name}", percentile(taken, 50), percentile(taken, 95), max(taken), len(taken), load)
            for name, taken in parts.items()
        ),
    ]


def _classify(qa: Someone, deviation_id: UUID, version: int, key: Key) -> None:
    from lms.unit_of_work import run  # noqa: PLC0415

    run(
        triage_deviation,
        qa.actor,
        "measuring",
        deviation_id,
        version=version,
        process_step=key[0],
        category=key[1],
        root_cause_class=key[2],
        kind="deviation",
        detection_channel="performer",
        severity="minor",
        severity_rationale="As it was found.",
        team_id=None,
        batch_id=None,
    )


def _chosen_keys(count: int) -> list[Key]:
    """Return keys by turns: one of the hottest, one of the middle, one of the rarest that occur."""
    columns = (Deviation.process_step, Deviation.category, Deviation.root_cause_class)
    often = select(*columns).where(Deviation.category != "").group_by(*columns)
    ranked = [(row[0], row[1], row[2]) for row in db.session.execute(often.order_by(func.count().desc(), *columns))]
    middle, last = len(ranked) // 4, len(ranked) - 1
    turns = (
        lambda n: ranked[n % HOTTEST],
        lambda n: ranked[middle + n % HOTTEST],
        lambda n: ranked[last - n % HOTTEST],
    )
    return [turns[number % 3](number // 3) for number in range(count)]


def _timed(name: str, do: Callable[[Any], object], cases: Sequence[Any], rounds: int, *, split: int = 0) -> Timed:
    """Do it for each case, as often as there are rounds; or once, and split what was taken into so many rounds."""
    if not split:
        do(cases[0])  # templates and statements are warm, as they are at a desk
    taken: list[float] = []
    for _ in range(rounds):
        for case in cases:
            db.session.remove()
            begun = time.perf_counter()
            do(case)
            taken.append((time.perf_counter() - begun) * 1000)
    of_rounds = [taken[number :: split or rounds] for number in range(split or rounds)]
    p50, p95 = (median(percentile(one, percent) for one in of_rounds) for percent in (50, 95))
    return Timed(name, p50, p95, max(taken), len(taken), os.getloadavg()[0])


def _rescan(night: str) -> Rescan:
    db.session.remove()
    proposed = _proposed()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.perf_counter()
    run_job(f"rescan {night}", clock.now(), rescan_every_site)
    parts = 0
    while done := deliver_outbox():
        parts += done
    seconds = time.perf_counter() - begun
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    failed = db.session.scalar(select(func.count(OutboxMessage.id)).where(OutboxMessage.done_at.is_(None)))
    if failed:
        message = f"{failed} parts of a rescan failed"
        raise RuntimeError(message)
    return Rescan(seconds, grown, parts, _proposed() - proposed, os.getloadavg()[0])


def _proposed() -> int:
    return db.session.scalar(select(func.count()).select_from(Recurrence)) or 0
