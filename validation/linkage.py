"""What the linkage says where the truth is known: its bias, how often its interval holds the truth, its false alarms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from itertools import product
from math import exp, log
from typing import Final

import numpy as np

from behavior_metrics.stats.climate_model import fit_climate_model
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.intervals import Estimate
from behavior_metrics.stats.panel import (
    DECLARED_LAG,
    TeamQuarter,
    cells_at_lag,
    gate,
    informative,
    size_of,
)
from lms.demonstration import truth
from lms.demonstration.simulation import simulate
from lms.demonstration.world import EventSpec, World, quarter_of
from validation.linked_networks import OF_A_PERSON, Distortion, Network
from validation.worlds import SEED

SIZES: Final = (6, 12, 50)
TRUTHS: Final = (1.0, 0.7)
#: From so many sites on a quarter of the runs is drawn: each takes ten times as long.
MANY: Final = 50
#: What the promises are made of: the share of intervals that must hold the truth, and of false alarms at most.
COVERED, ALARMED = 0.92, 0.08
#: A naive reading must be caught at least so often, or the scenario would prove nothing.
MISLED: Final = 0.30
_TAIL: Final = 2.5
#: The last day of every simulated demonstration: another day would draw other histories.
_TODAY: Final = date(2026, 11, 22)


@dataclass(frozen=True, slots=True)
class Record:
    """How one way of reading fared over many networks."""

    #: Geometric mean of the rate ratios, and the middle 95 % of them.
    ratio: float
    low: float
    high: float
    #: Shares of runs whose interval held the truth, and whose interval left out 1.
    covered: float
    excluded_one: float
    #: Runs that gave an estimate.
    runs: int


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of network, and how its rows read."""

    network: Network
    runs: int
    #: Share of runs that pass the gate, for what is found independently.
    passed: float
    #: By way of reading: recorded, raised, found; with cells also found, corrected.
    read: dict[str, Record]


@dataclass(frozen=True, slots=True)
class Study:
    """Everything that ``make validate`` measures of the linkage."""

    scenarios: list[Scenario]
    #: Demonstration networks, by what was counted.
    demonstration: dict[str, Record]


@dataclass(frozen=True, slots=True)
class Promise:
    """One bound and whether it held."""

    words: str
    figure: float
    bound: float
    at_most: bool

    @property
    def held(self) -> bool:
        """Whether the figure lies on the promised side."""
        return self.figure <= self.bound if self.at_most else self.figure >= self.bound


def study(runs: int, *, say: Callable[[str], None]) -> Study:
    """Draw so many networks of every kind and read each as the product does; ``say`` hears what is being done."""
    found = []
    for sites, ratio, distortion in product(SIZES, TRUTHS, Distortion):
        enough = runs if sites < MANY else runs // 4
        say(f"{enough} networks of {sites} sites, true ratio {ratio}, {distortion.value}")
        found.append(measure(Network(sites, ratio, distortion), enough))
    return Study(found, demonstrated(runs // 4, say=say))


def measure(network: Network, runs: int) -> Scenario:
    """Draw one kind of network so many times and read its rows."""
    estimates: dict[str, list[Estimate]] = {"recorded": [], "raised": [], "found": []}
    passed = 0
    for run in range(runs):
        dice = np.random.default_rng([SEED, run, network.sites])
        history = network.history(dice)
        passed += all(check.met for check in gate(size_of(cells_at_lag(history.found, DECLARED_LAG))))
        for name in ("recorded", "raised", "found"):
            _read(getattr(history, name), name, estimates, corrected=network.distortion is Distortion.CELLS)
    read = {name: _record(kept, network.ratio) for name, kept in estimates.items()}
    return Scenario(network, runs, passed / runs, read)


def _read(rows: list[TeamQuarter], name: str, estimates: dict[str, list[Estimate]], *, corrected: bool) -> None:
    """Fit the product's model, whether or not the gate would have let it speak: the study is of the estimate."""
    try:
        model = fit_climate_model(informative(cells_at_lag(rows, DECLARED_LAG)))
    except NoEstimate:
        return
    estimates[name].append(model.within)
    if corrected and (calibrated := model.calibrated(OF_A_PERSON)) is not None:
        estimates.setdefault(f"{name}, corrected", []).append(calibrated.within)


def _record(estimates: list[Estimate], truth: float) -> Record:
    logs = np.log([one.value for one in estimates])
    low, high = np.percentile(logs, [_TAIL, 100 - _TAIL])
    return Record(
        exp(float(logs.mean())),
        exp(float(low)),
        exp(float(high)),
        sum(one.low <= truth <= one.high for one in estimates) / len(estimates),
        sum(not one.low <= 1 <= one.high for one in estimates) / len(estimates),
        len(estimates),
    )


def demonstrated(worlds: int, *, say: Callable[[str], None]) -> dict[str, Record]:
    """Simulate the demonstration network so many times, each from a seed of its own, and read its true climate.

    Three counts of true repeats: all that happened, those recorded, and those found independently or major.
    """
    say(f"{worlds} demonstration networks")
    estimates: dict[str, list[Estimate]] = {"happened": [], "recorded": [], "found": []}
    for seed in range(1, worlds + 1):
        world = simulate(seed, _TODAY)
        for name, counted in (
            ("happened", world.events),
            ("recorded", world.recorded),
            ("found", [event for event in world.recorded if event.is_primary]),
        ):
            _read(_rows_of(world, counted), name, estimates, corrected=False)
    return {name: _record(kept, truth.REPEAT_RATIO_A_POINT) for name, kept in estimates.items()}


def _rows_of(world: World, counted: Iterable[EventSpec]) -> list[TeamQuarter]:
    events = Counter((event.team, quarter_of(event.occurred_at.date())) for event in counted if event.is_repeat)
    batches = Counter((batch.team, quarter_of(batch.started_on)) for batch in world.batches)
    # in the first quarter there is hardly anything yet that could happen again, and no quarter of climate before it
    first = quarter_of(world.start) + 1
    return [
        TeamQuarter(
            team.split("/")[0], team, quarter, events[team, quarter], batches[team, quarter],
            world.quarter_climate(team, quarter - 1),
        )
        for team, quarter in sorted(batches)
        if quarter > first
    ]  # fmt: skip


def of(found: list[Scenario], sites: int, ratio: float, distortion: Distortion) -> Scenario:
    """Return the scenario of that kind."""
    return next(one for one in found if one.network == Network(sites, ratio, distortion))


def promises(measured: Study) -> list[Promise]:
    """Return what the product relies on, and the naive readings that must be seen to fail."""
    found = measured.scenarios
    kept = []
    for sites in SIZES:
        plain = of(found, sites, 1.0, Distortion.NONE).read["found"]
        raised = of(found, sites, 1.0, Distortion.RAISED_MORE).read["found"]
        linked = of(found, sites, 0.7, Distortion.RAISED_MORE).read["found"]
        kept += [
            Promise(f"{sites} sites: intervals that hold the truth of 1", plain.covered, COVERED, at_most=False),
            Promise(f"{sites} sites: false alarms", plain.excluded_one, ALARMED, at_most=True),
            Promise(f"{sites} sites: false alarms where climate raises more", raised.excluded_one, ALARMED, at_most=True),
            Promise(f"{sites} sites: intervals that hold 0.7 where climate raises more", linked.covered, COVERED, at_most=False),
        ]  # fmt: skip
    few = of(found, 6, 1.0, Distortion.NONE)
    naive = of(found, 50, 1.0, Distortion.RAISED_MORE).read["raised"]
    rough = of(found, 50, 0.7, Distortion.CELLS).read
    shrunk = abs(log(rough["found"].ratio / 0.7)) - abs(log(rough["found, corrected"].ratio / 0.7))
    planted = measured.demonstration["found"]
    return [
        *kept,
        Promise("Demonstration network: intervals that hold the truth of 0.6", planted.covered, COVERED, at_most=False),
        Promise("6 sites: networks that pass the gate", few.passed, 0.0, at_most=True),
        Promise("Mutant: raised alone, read as if it were all, 50 sites: false alarms", naive.excluded_one, MISLED, at_most=False),
        Promise("50 sites: what the correction takes off the bias of rounded cells", shrunk, 0.0, at_most=False),
    ]  # fmt: skip
