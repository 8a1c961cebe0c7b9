"""A site's later months held against its frozen baseline: has the rate drifted, and since when? Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import sqrt
from typing import TYPE_CHECKING

from behavior_metrics.baselines.rules import MILLIONTHS, OUTCOMES, RAISED
from behavior_metrics.months.queries import Counted
from behavior_metrics.months.rules import Month
from behavior_metrics.stats.intervals import Estimate, rate_interval

if TYPE_CHECKING:  # it brings numpy
    from behavior_metrics.stats.phases import FrozenLimits

Row = tuple[int, int, int, int]
#: Final limit of the weighted mean (weight .2, width 2.859): a month of nought has a z of minus the root of what is expected.
FALL_LIMIT = 2.859 * sqrt(0.2 / 1.8)


class State(StrEnum):
    """What the months since the baseline say of one outcome."""

    #: Fewer than five events in the baseline: its usual rate is not known.
    NOT_WATCHED = "not_watched"
    #: No month with batches since.
    WAITING = "waiting"
    STEADY = "steady"
    RISEN = "risen"
    #: It gave alarm, and the evidence has gone back below the threshold since.
    HAD_RISEN = "had_risen"
    #: The weighted mean lies below its limit.
    FALLEN = "fallen"


@dataclass(frozen=True, slots=True)
class Baseline:
    """What of a frozen baseline is needed: its version, months and thresholds."""

    number: int
    first: Month
    last: Month
    #: Per month: month, batches, then the outcomes in their order.
    months: tuple[Row, ...]
    #: By outcome, in millionths.
    thresholds: Mapping[str, int]

    def events(self, outcome: str) -> int:
        """Count an outcome in the stretch's months with batches."""
        return sum(row[2 + OUTCOMES.index(outcome)] for row in self.months if row[1])

    @property
    def batches(self) -> int:
        """Batches of the stretch."""
        return sum(row[1] for row in self.months)

    def usual(self, outcome: str) -> Estimate:
        """Return the frozen rate per 100 batches with its exact interval."""
        return rate_interval(self.events(outcome), self.batches)


@dataclass(frozen=True, slots=True)
class Point:
    """One month of an outcome: with limits where it made batches, with evidence and weighted mean after the baseline."""

    month: Month
    is_baseline: bool
    batches: int
    events: int
    rate: Estimate | None = None
    low: float | None = None
    high: float | None = None
    evidence: float | None = None
    mean: float | None = None
    mean_limit: float | None = None

    @property
    def is_outside(self) -> bool:
        """Whether the month lies outside of the frozen limits."""
        return self.rate is not None and not (self.low or 0) <= self.rate.value <= (self.high or 0)


@dataclass(frozen=True, slots=True)
class Watch:
    """One outcome since the baseline: its state, since when, its points, and how often its alarm is a false one."""

    outcome: str
    state: State
    usual: Estimate
    points: tuple[Point, ...]
    threshold: float | None = None
    limits: FrozenLimits | None = None
    #: First month of the drift, and the month that gave alarm.
    since: Month | None = None
    alarm: Month | None = None
    #: Mean months to a false alarm with nothing changed, and to the alarm once the rate is half as high again.
    false_after: float | None = None
    found_after: float | None = None
    #: Whether months without any event would be a fall at all; with few expected, nought is as usual as one.
    shows_a_fall: bool = False

    @property
    def cautions(self) -> tuple[str, ...]:
        """What makes the limits doubtful."""
        return tuple(str(one) for one in self.limits.cautions) if self.limits else ()


def watched(baseline: Baseline, later: Mapping[Month, Counted], months: Sequence[Month]) -> list[Watch]:
    """Hold the `months` after a baseline against it, for each outcome by itself; those without batches tell nothing."""
    found = [(month, later.get(month, Counted())) for month in months]
    rows = [(month.index, one.batches, one.independent, one.self_reported) for month, one in found]
    return [_watch(baseline, outcome, place, rows) for place, outcome in enumerate(OUTCOMES, 2)]


def _watch(baseline: Baseline, outcome: str, place: int, later: Sequence[Row]) -> Watch:
    from behavior_metrics.stats import control_charts, drift, phases  # noqa: PLC0415 - numpy comes with the page

    usual = baseline.usual(outcome)
    if outcome not in baseline.thresholds:
        return Watch(outcome, State.NOT_WATCHED, usual, ())
    threshold = baseline.thresholds[outcome] / MILLIONTHS
    made = [row for row in baseline.months if row[1]]
    limits = phases.freeze(
        [row[place] for row in made],
        [row[1] for row in made],
        chart=phases.Chart.RATE,
        start=baseline.first.first_day,
        end=baseline.last.last_day,
    )
    rate, exposure = baseline.events(outcome) / baseline.batches, baseline.batches / len(made)
    run_lengths = [
        drift.poisson_cusum_arl(threshold, rate, RAISED * rate, exposure, now=now) for now in (rate, RAISED * rate)
    ]
    since = [row for row in later if row[1]]
    before = [_point(row, place, limits, is_baseline=True) for row in baseline.months]
    found = Watch(
        outcome,
        State.WAITING,
        usual,
        (*before, *(_point(row, place, limits, is_baseline=False) for row in later)),
        threshold,
        replace(limits, version=baseline.number),
        false_after=run_lengths[0],
        found_after=run_lengths[1],
        shows_a_fall=sqrt(rate * exposure) > FALL_LIMIT,
    )
    if not since:
        return found
    events, batches = [row[place] for row in since], [row[1] for row in since]
    evidence = [float(one) for one in control_charts.cusum(events, batches, rate, RAISED * rate)]
    weighted = drift.ewma(events, batches, rate)
    judged = {
        row[0]: (evidence[at], float(weighted.value[at]), float(weighted.limit[at])) for at, row in enumerate(since)
    }
    points = tuple(
        replace(point, evidence=values[0], mean=values[1], mean_limit=values[2])
        if not point.is_baseline and (values := judged.get(point.month.index))
        else point
        for point in found.points
    )
    months = [Month(row[0]) for row in since]
    state, began, alarm = _read(months, evidence, threshold, weighted.value.tolist(), weighted.limit.tolist())
    return replace(found, points=points, state=state, since=began, alarm=alarm)


def _read(
    months: Sequence[Month],
    evidence: Sequence[float],
    threshold: float,
    mean: Sequence[float],
    limit: Sequence[float],
) -> tuple[State, Month | None, Month | None]:
    """Return the state, the first month of the drift and that of the alarm.

    A drift began after the last month whose evidence was nought (Page 1954). A fall is read from the weighted mean and
    began after the last month in which that lay at or above the usual.
    """
    alarms = [at for at, height in enumerate(evidence) if height > threshold]
    if alarms:
        at = alarms[-1]
        began = 1 + max((place for place in range(at) if evidence[place] == 0), default=-1)
        alarm = next(place for place in alarms if place >= began)
        state = State.RISEN if evidence[-1] > threshold else State.HAD_RISEN
        return state, months[began], months[alarm]
    if mean[-1] < -limit[-1]:
        began = 1 + max((place for place, height in enumerate(mean) if height >= 0), default=-1)
        alarm = next(place for place in range(began, len(mean)) if mean[place] < -limit[place])
        return State.FALLEN, months[began], months[alarm]
    return State.STEADY, None, None


def _point(row: Row, place: int, limits: FrozenLimits, *, is_baseline: bool) -> Point:
    month, batches, events = Month(row[0]), row[1], row[place]
    if not batches:
        return Point(month, is_baseline, batches, events)
    low, high = (100 * float(side[0]) for side in limits.bounds([batches]))
    return Point(month, is_baseline, batches, events, rate_interval(events, batches), low, high)
