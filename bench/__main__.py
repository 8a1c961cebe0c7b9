"""``python -m bench``: measure Candor against the goals of ``docs/performance.md``; ends with 1 if one that must hold does not."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import click
from rich.console import Console

from bench import recorded
from bench.figures import Goal, Verdict
from bench.hashing import compare_hashes, judged_hashes, judged_sign_ins, measure_sign_ins
from bench.hosting import environment
from bench.inproc import read_calls
from bench.memory import judged_memory, measure_memory
from bench.meter import disk_milliseconds
from bench.network import Network
from bench.pages import Installation, judged_pages, measure_pages
from bench.proposals import PEOPLE, judged_proposals, read_looked
from bench.queries import Walked, judged_queries
from bench.recurrence import judged_recurrence, read_scaled
from bench.recurrent_events import judged_recurrent_events, read_took
from bench.report import Report
from bench.slots import judged_slots, read_found
from bench.survey_page import judged_survey_page, read_painted
from bench.writes import judged_queue, judged_trail, measure_queue, measure_trail
from bench.written import SIZES
from config import ROOT, read_settings
from tests.servers.carrying import carry_installation
from tests.servers.throwaway_postgres import NoPostgresError, PostgresServer, throwaway_postgres

PARTS = (
    "queries",
    "inproc",
    "hashing",
    "memory",
    "writes",
    "pages",
    "slots",
    "survey",
    "statistics",
    "recurrence",
    "proposals",
)
SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
#: The parts that need no other networks than their own, and those that need none.
SCALE = "recurrence"
PROPOSALS = "proposals"
SLOTS = "slots"
SURVEY = "survey"
STATISTICS = "statistics"
ALONE = {SCALE, PROPOSALS, SLOTS, SURVEY, STATISTICS}
CALLS = 200
#: What the widest table needs; a narrower terminal breaks its lines itself.
WIDTH = 110


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    parts: tuple[str, ...]
    databases: tuple[str, ...]
    rounds: int
    seconds: float
    network: str
    #: Names of the networks in which recurrence is measured, smallest first.
    sizes: tuple[str, ...]

    @property
    def calls(self) -> int:
        """Calls of each page in one process."""
        return max(20, CALLS * self.rounds // 5)


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice(PARTS))
@click.option("--database", type=click.Choice([SQLITE, POSTGRESQL, "both"], case_sensitive=False), default="both")
@click.option("--rounds", type=click.IntRange(1, 50), default=5, show_default=True)
@click.option(
    "--seconds", type=click.FloatRange(0.2, 60), default=3.0, show_default=True, help="Of each target, a round."
)
@click.option(
    "--quick", is_flag=True, help="One round of one second on the small network: whether it works, not a result."
)
@click.option(
    "--network",
    type=click.Choice(["demonstration", "made"]),
    default="demonstration",
    show_default=True,
    help="The data.",
)
@click.option("--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write everything to this file.")
def main(
    parts: tuple[str, ...], database: str, rounds: int, seconds: float, *, quick: bool, network: str, file: Path | None
) -> None:
    """Measure the PARTS named, or all: pages beside a reference, writes, hashes, memory, queries."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started is stopped, as by Ctrl-C
    sizes = tuple(SIZES)
    if quick:
        rounds, seconds, network, sizes = 1, 1.0, "made", sizes[:1]
    databases = (SQLITE, POSTGRESQL) if database == "both" else (database,)
    plan = Plan(parts or PARTS, databases, rounds, seconds, network, sizes)
    report = Report(asdict(plan))
    with tempfile.TemporaryDirectory(prefix="candor-bench-", ignore_cleanup_errors=True) as folder:
        _measure(plan, report, Path(folder))
    report.goals += recorded.printed_goals(report.pages)
    report.show(Console(highlight=False, width=max(WIDTH, shutil.get_terminal_size().columns)))
    if file is not None:
        file.write_text(json.dumps(report.as_json(), indent=1), encoding="utf-8")
    sys.exit(1 if report.failed else 0)


def _measure(plan: Plan, report: Report, folder: Path) -> None:
    _measure_alone(plan, report, folder)
    if SQLITE in plan.databases and not ALONE.issuperset(plan.parts):
        with _on_sqlite(plan, folder) as sqlite:
            _measure_on(plan, report, sqlite)
            if "writes" in plan.parts:
                _say("SQLite: writers in a queue")
                disk = f"the disk holds 4 KiB for good in {disk_milliseconds(folder):.1f} ms"
                report.queue = measure_queue(sqlite.url, sqlite.data_dir, plan.rounds, plan.seconds, _say)
                report.goals += judged_queue(report.queue, disk)
    if POSTGRESQL in plan.databases and not {SLOTS, SURVEY, STATISTICS}.issuperset(plan.parts):
        try:
            with throwaway_postgres() as server:
                if not ALONE.issuperset(plan.parts):
                    with _on_postgresql(plan, server, folder) as (postgresql, template):
                        if "writes" in plan.parts:
                            report.trail = measure_trail(
                                server, template, postgresql.data_dir, plan.rounds, plan.seconds, _say
                            )
                            report.goals += judged_trail(report.trail)
                        _measure_on(plan, report, postgresql)
                if SCALE in plan.parts:
                    _measure_growth(plan, report, server, folder)
                if PROPOSALS in plan.parts:
                    _measure_nights(plan, report, server, folder)
        except NoPostgresError as error:
            report.goals.append(
                Goal("all", "everything on PostgreSQL", "", Verdict.NOT_MEASURED, str(error), must=True)
            )


def _measure_alone(plan: Plan, report: Report, folder: Path) -> None:
    """Measure what needs no network."""
    if SLOTS in plan.parts:
        _say("common free slots, without a database")
        report.found_slots = read_found(_run(["bench.slots", str(plan.rounds)], dict(os.environ)))
        report.goals += judged_slots(report.found_slots)
    if SURVEY in plan.parts:
        _say("the survey on a throttled phone")
        own = folder / "survey"
        own.mkdir()
        where = environment(f"sqlite:///{own / 'candor.sqlite'}", own)
        report.painted = read_painted(_run(["bench.survey_page", str(max(plan.rounds, 3))], where))
        report.goals += judged_survey_page(report.painted)
    if STATISTICS in plan.parts:
        _say("a million intervals, beside R and others")
        own = folder / "statistics"
        own.mkdir()
        report.took = read_took(_run(["bench.recurrent_events", str(own)], dict(os.environ)))
        report.goals += judged_recurrent_events(report.took)


def _measure_growth(plan: Plan, report: Report, server: PostgresServer, folder: Path) -> None:
    """Measure recurrence in networks of its own, each ten times the one before."""
    for size in plan.sizes:
        _say(f"{POSTGRESQL}: recurrence among {SIZES[size]:,} deviations")
        database = server.create_database()
        data_dir = folder / size
        data_dir.mkdir()
        try:
            printed = _run(
                ["bench.recurrence", size, str(min(plan.rounds, 3))], environment(server.url(database), data_dir)
            )
        finally:
            server.drop_database(database)
        report.scaled.append(read_scaled(printed))
    report.goals += judged_recurrence(report.scaled)


def _measure_nights(plan: Plan, report: Report, server: PostgresServer, folder: Path) -> None:
    """Measure the nightly look for due reviews in a network of its own; a quick run takes a hundredth of it."""
    people = PEOPLE if len(plan.sizes) > 1 else PEOPLE // 100
    _say(f"{POSTGRESQL}: reviews that are due among {people:,} people")
    database = server.create_database()
    data_dir = folder / PROPOSALS
    data_dir.mkdir()
    try:
        report.looked = read_looked(_run(["bench.proposals", str(people)], environment(server.url(database), data_dir)))
    finally:
        server.drop_database(database)
    report.goals.append(judged_proposals(report.looked))


def _measure_on(plan: Plan, report: Report, at: Installation) -> None:
    """Measure on one database what is measured on each; what does not depend on it is measured on the first."""
    first = at.database == plan.databases[0]
    report.networks[at.database] = {"origin": at.network.origin, "counts": at.network.counts}
    if "queries" in plan.parts and first:
        _say(f"{at.database}: statements of every page")
        report.walked = Walked.read(_asked("bench.queries", at))
        report.goals += judged_queries(report.walked)
    if "inproc" in plan.parts and first:
        _say(f"{at.database}: pages in one process")
        report.called = read_calls(_asked("bench.inproc", at, str(plan.calls)))
    if "hashing" in plan.parts:
        if first:
            report.goals.append(judged_hashes(compare_hashes(plan.rounds)))
        windows = measure_sign_ins(at, plan.rounds, plan.seconds, _say)
        report.sign_ins += windows
        report.goals.append(judged_sign_ins(at, windows))
    if "memory" in plan.parts and at.database == plan.databases[-1]:
        _say(f"{at.database}: memory of two workers")
        report.memory = measure_memory(at)
        report.goals.append(judged_memory(report.memory))
    if "pages" in plan.parts:
        pages = measure_pages(at, plan.rounds, plan.seconds, _say)
        report.pages.append(pages)
        report.goals += judged_pages(pages)


@contextmanager
def _on_sqlite(plan: Plan, folder: Path) -> Iterator[Installation]:
    data_dir = folder / "sqlite"
    data_dir.mkdir()
    url = f"sqlite:///{data_dir / 'candor.sqlite'}"
    network = _prepared(plan, SQLITE, url, data_dir)
    shutil.copytree(data_dir, folder / "prepared")
    (folder / "prepared.json").write_text(json.dumps(asdict(network)), encoding="utf-8")
    yield Installation(SQLITE, url, data_dir, network)


@contextmanager
def _on_postgresql(plan: Plan, server: PostgresServer, folder: Path) -> Iterator[tuple[Installation, str]]:
    data_dir = folder / "postgresql"
    data_dir.mkdir()
    with ExitStack() as stack:
        template = server.create_database()
        stack.callback(server.drop_database, template)
        network = _carried(server.url(template), data_dir, folder) or _prepared(
            plan, POSTGRESQL, server.url(template), data_dir
        )
        database = server.create_database(template=template)
        stack.callback(server.drop_database, database)
        yield Installation(POSTGRESQL, server.url(database), data_dir, network), template


def _carried(url: str, data_dir: Path, folder: Path) -> Network | None:
    """Carry the network that was prepared on SQLite over, if there is one: loading it anew takes minutes."""
    if not (folder / "prepared").exists():
        return None
    _say(f"{POSTGRESQL}: carrying the network over")
    carry_installation(folder / "prepared", read_settings(environment(url, data_dir)))
    return Network.read((folder / "prepared.json").read_text(encoding="utf-8"))


def _prepared(plan: Plan, database: str, url: str, data_dir: Path) -> Network:
    _say(f"{database}: preparing the {plan.network} network")
    return Network.read(_run(["bench.network", plan.network], environment(url, data_dir)))


def _asked(module: str, at: Installation, *arguments: str) -> str:
    return _run([module, *arguments], environment(at.url, at.data_dir), json.dumps(asdict(at.network)))


def _run(command: list[str], environ: dict[str, str], given: str = "") -> str:
    """Run one of this package's modules in a process of its own and return what it printed; its errors show as they are."""
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env=environ,
        input=given,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


def _say(text: str) -> None:
    width = shutil.get_terminal_size().columns
    sys.stderr.write(f"\r{text:<{width - 1}}"[:width] if sys.stderr.isatty() else f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
