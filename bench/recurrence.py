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
from functools import partial
from itertools import pairwise
from statistics import median
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import func, select

from behavior_metrics.linkage.commands import make_nightly_analysis
from behavior_metrics.summaries.commands import recount_summaries
from behavior_metrics.summaries.jobs import fold_summaries
from bench.figures import Goal, Verdict, percentile
from bench.hosting import installed
from bench.walk import signed_in, token_of
from bench.written import SIZES, Key, release_climate, write_network
from lms import clock, schema
from lms.app import create_app
from lms.deviations import desk_queries
from lms.deviations.commands import triage_deviation
from lms.deviations.models import Deviation
from lms.deviations.queries import PAGE_SIZE
from lms.deviations.rules import State
from lms.extensions import db
from lms.outbox.delivery import deliver_outbox
from lms.outbox.models import OutboxMessage
from lms.permissions import Actor
from lms.recurrences.commands import rescan_every_site
from lms.recurrences.models import Recurrence
from lms.recurrences.queries import network_matches, recurrences_of
from lms.recurrences.similar import similar
from lms.unit_of_work import run, run_job
from lms.web.serving import set_aside_what_is_loaded
from lms.web.times import local_day, start_of_day
from tests.factories.people import PASSWORD, Someone

#: Deviations classified in a round, by turns under the keys that occur most, in the middle, and least: so many keys of each.
CLASSIFIED, EACH = 60, 20
#: Pages and queues opened in a round; lists.
OPENED, LISTED = 20, 5
NIGHTS = ("first night", "second night")
#: What must hold in the largest network: p95 in ms, seconds, and by how many MiB a rescan may make its process larger.
LARGEST, CLASSIFY_MS, QUEUE_MS, RESCAN_S, RESCAN_MIB = "1m", 100.0, 200.0, 60.0, 100.0
#: With a load average above so many for each processor, what takes too long says nothing.
BUSY = 1.5
CLASSIFY, QUEUE, DESK, BESIDE = "classify one and get R1 to R4", "the desk's queue", "the desk", "beside the desk"
#: What classifying one consists of.
PARTS = ("  triage with R1 and R3", "  R1 and R3 as stored", "  R2", "  R4")
LISTS = {
    "list": "/deviations",
    "list, page 100": "/deviations?page=100",
    "list, last page": "/deviations?page={last}",
    "list, open": "/deviations?state=open",
    "list, to decide": "/deviations?recurrence=proposed",
    "list, one step": "/deviations?process_step=harvest",
    "list, this month": "/deviations?from={month}",
    "list, a word": "/deviations?q=scale",
    "today, as QA": "/",
}
#: The pages of behaviour metrics for the whole network, from the counts that are kept; and counting all of them anew.
BEHAVIOUR_MS = 300.0
BEHAVIOUR = {
    "behaviour: recurrence": "/behavior/recurrence",
    "behaviour: comparability": "/behavior/comparability",
    "behaviour: data quality": "/behavior/quality",
    "behaviour: coaching": "/behavior/coaching",
    "behaviour: exploring": "/behavior/explore",
    "behaviour: exploring teams": "/behavior/explore?split=team",
    "behaviour: accountability": "/behavior/accountability",
    "behaviour: climate": "/behavior/climate",
    "behaviour: home": "/behavior",
    "behaviour: linkage": "/behavior/linkage",
}
#: Those that read released climate, once more when the survey has released that of every team: printed.
WITH_CLIMATE = tuple(f"behaviour: {page}" for page in ("data quality", "accountability", "climate", "home", "linkage"))
SURVEYED = ", climate of every team"
FOLD, STUDY = "behaviour: all sites counted anew", "behaviour: the night's linkage study"


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


def measure_recurrence(app: Flask, size: str, rounds: int) -> Scaled:
    """Write the network and measure what is done with it."""
    with app.app_context():
        schema.create_everything()
        begun = time.perf_counter()
        qa = write_network(SIZES[size])
        loaded = time.perf_counter() - begun
        set_aside_what_is_loaded()  # as a worker begins
        rescans = [_rescan(night) for night in NIGHTS]
        timed = _classifying(qa, rounds)
        timed.append(_timed_once(FOLD, _count_anew))
        since = start_of_day(local_day(clock.now(), qa.actor.zone), qa.actor.zone)

        def queue(_: int) -> None:
            db.session.remove()
            desk_queries.queue(qa.actor, since=since)

        timed.append(_timed(QUEUE, queue, range(OPENED), rounds))
        ids = [row.id for row in _open(OPENED)]
        deviations = db.session.scalar(select(func.count()).select_from(Deviation)) or 0
        counts = {"deviations": deviations, "matches": _matches()}
    # outside of the application's context, so that each page begins as a request does
    browser = signed_in(app, qa.login, PASSWORD)
    browser.post("/behavior/figures", data={"csrf_token": token_of(browser)})  # else the pages with climate ask first
    month = f"{clock.now().date().replace(day=1)}"

    def opens(url: str) -> Callable[[Any], object]:
        return lambda which: _opened(browser.get(url.format(which, month=month, last=-(-deviations // PAGE_SIZE))))

    timed.append(_timed(DESK, opens("/deviations/{}/triage"), ids, rounds))
    timed.append(_timed(BESIDE, opens("/deviations/{}/elsewhere"), ids, rounds))
    timed += [_timed(name, opens(url), range(LISTED), rounds) for name, url in {**LISTS, **BEHAVIOUR}.items()]
    with app.app_context():
        counts["climate"] = release_climate()
        timed.append(_timed_once(STUDY, _study))
    timed += [_timed(f"{name}{SURVEYED}", opens(BEHAVIOUR[name]), range(LISTED), rounds) for name in WITH_CLIMATE]
    return Scaled(size, counts, loaded, timed, rescans)


def _opened(answer: Any) -> None:  # noqa: ANN401 - Werkzeug's test response
    if answer.status_code != 200:
        message = f"{answer.request.path}: {answer.status_code}"
        raise RuntimeError(message)


def _classifying(qa: Someone, rounds: int) -> list[Timed]:
    """Classify deviations that wait, each under another key, and ask for all that the rules find for it."""
    cases = list(zip(_open(CLASSIFIED * rounds), _chosen_keys(CLASSIFIED * rounds), strict=True))
    taken: dict[str, list[float]] = {name: [] for name in (CLASSIFY, *PARTS)}

    def spent(name: str, do: Callable[[], object]) -> float:
        begun = time.perf_counter()
        do()
        taken[name].append((time.perf_counter() - begun) * 1000)
        return taken[name][-1]

    for (deviation_id, version), key in cases:
        db.session.remove()
        steps = (
            partial(_classify, qa, deviation_id, version, key),
            partial(recurrences_of, qa.actor, deviation_id),
            partial(_found_elsewhere, qa, deviation_id),
            partial(_found_alike, qa, deviation_id),
        )
        whole = sum(spent(name, step) for name, step in zip(PARTS, steps, strict=True))
        taken[CLASSIFY].append(whole)
    return [_of_rounds(name, [of_one[number::rounds] for number in range(rounds)]) for name, of_one in taken.items()]


def _open(count: int) -> Sequence[Any]:
    """Return id and version of the newest that are not closed."""
    waiting = select(Deviation.id, Deviation.version).where(Deviation.state.in_([State.REPORTED, State.TRIAGED]))
    return db.session.execute(waiting.order_by(Deviation.occurred_at.desc()).limit(count)).all()


def _found_elsewhere(qa: Someone, deviation_id: UUID) -> None:
    network_matches(qa.actor, db.session.get_one(Deviation, deviation_id))


def _found_alike(qa: Someone, deviation_id: UUID) -> None:
    this = db.session.get_one(Deviation, deviation_id)
    similar(qa.actor, this, this.description)


def _classify(qa: Someone, deviation_id: UUID, version: int, key: Key) -> None:
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
    begins = (0, len(ranked) // 4, len(ranked) - EACH)
    return [ranked[begins[number % 3] + number // 3 % EACH] for number in range(count)]


def _timed(name: str, do: Callable[[Any], object], cases: Sequence[Any], rounds: int) -> Timed:
    do(cases[0])  # templates and statements are warm, as they are at a desk
    of_rounds = []
    for _ in range(rounds):
        taken = []
        for case in cases:
            begun = time.perf_counter()
            do(case)
            taken.append((time.perf_counter() - begun) * 1000)
        of_rounds.append(taken)
    return _of_rounds(name, of_rounds)


def _timed_once(name: str, do: Callable[[], object]) -> Timed:
    begun = time.perf_counter()
    do()
    return _of_rounds(name, [[(time.perf_counter() - begun) * 1000]])


def _count_anew() -> None:
    """Count all sites anew as the scheduler does."""
    db.session.remove()
    run(recount_summaries, Actor.system("bench"), "measuring", doubt=True)
    while fold_summaries():
        pass


def _study() -> None:
    """Make the network's study as the scheduler does each night."""
    db.session.remove()
    run(make_nightly_analysis, Actor.system("bench"), "measuring")


def _of_rounds(name: str, rounds: Sequence[Sequence[float]]) -> Timed:
    p50, p95 = (median(percentile(one, percent) for one in rounds) for percent in (50, 95))
    return Timed(name, p50, p95, max(map(max, rounds)), sum(map(len, rounds)), os.getloadavg()[0])


def _rescan(night: str) -> Rescan:
    """Rescan all sites as the scheduler does: the job asks for the parts, the outbox runs them."""
    db.session.remove()
    before, matches = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, _matches()
    begun = time.perf_counter()
    run_job(f"rescan, {night}", clock.now(), rescan_every_site)
    parts = 0
    while done := deliver_outbox():
        parts += done
    seconds = time.perf_counter() - begun
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    failed = db.session.scalar(select(func.count(OutboxMessage.id)).where(OutboxMessage.done_at.is_(None)))
    if failed:
        message = f"{failed} parts of a rescan failed"
        raise RuntimeError(message)
    return Rescan(seconds, grown, parts, _matches() - matches, os.getloadavg()[0])


def _matches() -> int:
    return db.session.scalar(select(func.count()).select_from(Recurrence)) or 0


def read_scaled(text: str) -> Scaled:
    """Return what a measuring process printed."""
    values: dict[str, Any] = json.loads(text)
    timed = [Timed(**one) for one in values["timed"]]
    return Scaled(**{**values, "timed": timed, "rescans": [Rescan(**one) for one in values["rescans"]]})


def growth(scaled: Sequence[Scaled], name: str) -> list[float]:
    """Return how many times the network before each one's median that one's is, from the second on."""
    return [larger.of(name).p50 / smaller.of(name).p50 for smaller, larger in pairwise(scaled)]


def judged_recurrence(scaled: Sequence[Scaled]) -> list[Goal]:
    """Hold the largest network against what its people were promised, and print how each figure grew."""
    largest = scaled[-1]
    size = f"{largest.counts['deviations']:,} deviations"
    must = largest.size == LARGEST
    goals = []
    promised = (
        (CLASSIFY, CLASSIFY_MS),
        (QUEUE, QUEUE_MS),
        (DESK, QUEUE_MS),
        *((name, BEHAVIOUR_MS) for name in BEHAVIOUR),
    )
    for name, bound in promised:
        one = largest.of(name)
        found = f"p95 {one.p95:.0f} ms, p50 {one.p50:.0f} ms, longest of {one.times} {one.longest:.0f} ms"
        what, at_most = f"{name}, {size}", f"p95 at most {bound:.0f} ms"
        verdict = _verdict(one.load, holds=one.p95 <= bound, must=must)
        goals.append(Goal("scale", what, at_most, verdict, f"{found}; load {one.load:.1f}", must))
    for name in WITH_CLIMATE:
        one = largest.of(f"{name}{SURVEYED}")
        found = f"p95 {one.p95:.0f} ms, p50 {one.p50:.0f} ms; load {one.load:.1f}"
        what = f"{name}, {size}, {largest.counts['climate']:,} released figures"
        goals.append(Goal("scale", what, f"{BEHAVIOUR_MS:.0f} ms is aimed at", Verdict.PRINTED, found))
    night = f"{largest.of(STUDY).longest / 1000:.0f} s"
    goals.append(Goal("scale", f"{STUDY}, {size}", "in the scheduler", Verdict.PRINTED, night))
    second = largest.rescans[1]
    found = (
        f"{second.seconds:.0f} s in {second.parts} parts, {second.proposed} changes, {second.mebibytes:.0f} MiB; "
        f"the first {largest.rescans[0].seconds:.0f} s, {largest.rescans[0].proposed} matches found; load {second.load:.1f}"
    )
    small = all(one.mebibytes <= RESCAN_MIB for one in largest.rescans)
    right = small and second.proposed == 0 and largest.rescans[0].proposed > 0
    holds = right and second.seconds <= RESCAN_S
    # what is found, and in how much memory, does not hang on who else uses the machine
    verdict = _verdict(second.load if right else 0.0, holds=holds, must=must)
    bound_of_it = f"at most {RESCAN_S:.0f} s and {RESCAN_MIB:.0f} MiB, nothing new the second time"
    goals.append(Goal("scale", f"rescan of all sites, {size}", bound_of_it, verdict, found, must))
    for name in (CLASSIFY, QUEUE, DESK, *LISTS, *BEHAVIOUR, FOLD, STUDY) if len(scaled) > 1 else ():
        grown = ", ".join(f"{ratio:.1f}x" for ratio in growth(scaled, name))
        sizes = " to ".join(one.size for one in scaled)
        goals.append(Goal("growth", f"{name}, {sizes}", "10x is linear", Verdict.PRINTED, grown))
    return goals


def _verdict(load: float, *, holds: bool, must: bool) -> Verdict:
    """A promise that is kept on a busy machine is kept; one that is not says nothing there."""
    if not must:
        return Verdict.PRINTED
    if holds:
        return Verdict.HOLDS
    return Verdict.INVALID if load > BUSY * (os.cpu_count() or 1) else Verdict.DOES_NOT


def main() -> None:
    """Measure the network of this size in this environment's database and print what was found as JSON."""
    size, rounds = sys.argv[1], int(sys.argv[2])
    with redirect_stdout(sys.stderr):
        scaled = measure_recurrence(create_app(installed()), size, rounds)
    sys.stdout.write(json.dumps(asdict(scaled)))


if __name__ == "__main__":
    main()
