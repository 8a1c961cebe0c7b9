"""What is shown: tables for the terminal, and everything that was measured for a file."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from bench.figures import Goal, Verdict
from bench.inproc import Called
from bench.load import Pace
from bench.memory import Memory
from bench.pages import MODES, Pages
from bench.proposals import Looked
from bench.queries import Walked
from bench.recurrence import Scaled, growth
from bench.recurrent_events import Took
from bench.slots import FoundSlots
from bench.survey_page import Painted
from bench.windows import Window
from bench.writes import Queueing, TrailCost
from lms import clock

_PACKAGES = ("flask", "sqlalchemy", "gunicorn", "psycopg", "werkzeug", "argon2-cffi")
_STYLES = {Verdict.HOLDS: "green", Verdict.DOES_NOT: "bold red", Verdict.INVALID: "bold yellow"}


def machine() -> dict[str, Any]:
    """Return what a reader needs to know about where this was measured."""
    return {
        "at": clock.now().isoformat(timespec="seconds"),
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES},
        "load_before": os.getloadavg(),
    }


@dataclass
class Report:
    """Everything of one run, as far as it was asked for."""

    #: how it was run: rounds, seconds, parts
    settings: dict[str, Any]
    networks: dict[str, dict[str, Any]] = field(default_factory=dict)
    pages: list[Pages] = field(default_factory=list)
    sign_ins: list[Window] = field(default_factory=list)
    trail: TrailCost | None = None
    queue: Queueing | None = None
    memory: Memory | None = None
    walked: Walked | None = None
    called: list[Called] = field(default_factory=list)
    scaled: list[Scaled] = field(default_factory=list)
    found_slots: FoundSlots | None = None
    painted: Painted | None = None
    took: list[Took] = field(default_factory=list)
    looked: Looked | None = None
    goals: list[Goal] = field(default_factory=list)
    machine: dict[str, Any] = field(default_factory=machine)

    def as_json(self) -> dict[str, Any]:
        """Return everything in plain types, every window of every round included."""
        values = asdict(self)
        for goal, row in zip(self.goals, values["goals"], strict=True):
            row["verdict"] = goal.verdict.value
        values["machine"]["load_after"] = os.getloadavg()
        return values

    @property
    def failed(self) -> list[Goal]:
        """The goals that must hold and do not, or could not be told."""
        return [goal for goal in self.goals if goal.must and goal.verdict is not Verdict.HOLDS]

    def show(self, console: Console) -> None:
        """Print the tables, then a line for each goal."""
        for name, network in self.networks.items():
            counts = ", ".join(f"{count} {what}" for what, count in network["counts"].items())
            console.print(f"\n[bold]{name}[/]: {network['origin']} network, {counts}")
        for pages in self.pages:
            _show_pages(console, pages)
        if self.called:
            _show_called(console, self.called)
        if self.walked is not None:
            _show_walked(console, self.walked)
        if self.scaled:
            _show_scaled(console, self.scaled)
        _show_goals(console, self.goals)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    table.add_column(columns[0], no_wrap=True)
    for column in columns[1:]:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _show_pages(console: Console, pages: Pages) -> None:
    for mode in MODES:
        shows_cost = (
            mode.pace is Pace.AT_ONCE
        )  # so few requests come at a reader's pace that ticks of the clock would show
        head = ["CPU-ms", "x L2", "requests/s"] if shows_cost else []
        table = _table(f"{pages.database}, {mode}", "", *head, "p50 ms", "p95", "p99", "errors", "of", "bytes")
        plain = pages.of("L2", mode)
        for name in pages.names():
            seen = pages.of(name, mode)
            ratio = seen.cost_over(plain)
            cost = (
                (f"{seen.cost:.2f}", f"{ratio.middle:.2f}" if ratio else "", f"{seen.rate:.0f}") if shows_cost else ()
            )
            waits = (f"{seen.wait(percent):.1f}" for percent in (50, 95, 99))
            counts = (str(len(seen.errors)), str(seen.requests + len(seen.errors)), f"{seen.size:,}")
            table.add_row(name, *cost, *waits, *counts)
        console.print(table)
    for name, why in pages.left_out.items():
        console.print(f"  {name}: not measured, {why}")
    for name in pages.names():
        errors = [error for mode in MODES for error in pages.of(name, mode).errors]
        if errors:
            console.print(f"  {name}: {len(errors)} errors, first: {errors[0]}", style="red", markup=False)


def _show_called(console: Console, called: Sequence[Called]) -> None:
    table = _table("In one process, without a server", "", "CPU-ms p10", "p50", "x L2", "calls", "bytes")
    for one in called:
        figures = (f"{one.p10:.2f}", f"{one.p50:.2f}", f"{one.over_l2:.2f}", str(one.calls), f"{one.size:,}")
        table.add_row(one.name, *figures)
    console.print(table)


def _show_walked(console: Console, walked: Walked) -> None:
    table = _table("Statements of every page, as every role", "", "least", "most", "writing", "pages", "roles")
    for one in walked.counted:
        figures = (one.least, one.most, len(one.writes), one.pages, len(one.roles))
        table.add_row(one.endpoint, *map(str, figures), style="" if one.holds else "red")
    console.print(table)
    for one in walked.counted:
        if not one.holds:
            console.print(f"  {one.url}", style="red", markup=False)
            for statement in one.statements:
                console.print(f"    {' '.join(statement.split())[:160]}", markup=False, highlight=False, soft_wrap=True)


def _show_scaled(console: Console, scaled: Sequence[Scaled]) -> None:
    for nth, one in enumerate(scaled):
        title = f"Recurrence among {one.counts['deviations']:,} deviations with {one.counts['matches']:,} matches"
        table = _table(title, "", "p50 ms", "p95", "longest", "times", "x the smaller", "load")
        for timed in one.timed:
            grown = f"{growth(scaled, timed.name)[nth - 1]:.1f}" if nth else ""
            waits = (f"{wait:.1f}" for wait in (timed.p50, timed.p95, timed.longest))
            table.add_row(timed.name, *waits, str(timed.times), grown, f"{timed.load:.1f}")
        console.print(table)
        for night, scan in enumerate(one.rescans, 1):
            console.print(
                f"  rescan {night}: {scan.seconds:.1f} s in {scan.parts} parts, {scan.proposed} new matches, "
                f"{scan.mebibytes:.0f} MiB more, load {scan.load:.1f}"
            )


def _show_goals(console: Console, goals: Sequence[Goal]) -> None:
    console.print("\n[bold]Goals[/] (▸ must hold)")
    for goal in goals:
        mark = "▸" if goal.must else " "
        console.print(f" {mark} {goal.key:<11}", end="", markup=False, highlight=False)
        console.print(f"{goal.verdict:<15}", end="", style=_STYLES.get(goal.verdict, ""), highlight=False)
        console.print(f"{goal.what}; {goal.bound}: {goal.found}", markup=False, highlight=False, soft_wrap=True)
