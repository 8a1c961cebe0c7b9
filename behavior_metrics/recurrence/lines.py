"""The numbers of the page: rates by site, step, cause, category and product, control limits, and growth over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from uuid import UUID

from behavior_metrics.charts.marks import Gap, Mark, Reading
from behavior_metrics.counting.rules import Facet
from behavior_metrics.frames.quarters import Quarter, Window
from behavior_metrics.frames.rated import Rated, rated
from behavior_metrics.stats import quantiles
from behavior_metrics.stats.intervals import Estimate, rate_interval
from lms.deviations.taxonomy import CATEGORIES, PROCESS_STEPS, ROOT_CAUSE_CLASSES

#: Quarters with batches before limits are drawn; before they may be read as a test (25 points of phase I at best).
FEWEST_QUARTERS, ENOUGH_QUARTERS = 6, 20
ORDER: Mapping[Facet, Sequence[str]] = {
    Facet.STEP: PROCESS_STEPS,
    Facet.CATEGORY: CATEGORIES,
    Facet.CAUSE: ROOT_CAUSE_CLASSES,
}


@dataclass(frozen=True, slots=True)
class Numbers:
    """What is told of each place or code."""

    classified: int = 0
    recurrences: int = 0
    self_reported: int = 0
    independent: int = 0
    after_action: int = 0
    batches: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One place or code: its counts and its rate. ``code`` is empty for what has none."""

    code: str
    numbers: Numbers
    rated: Rated

    @property
    def after_action_rate(self) -> Estimate | None:
        """What came back after an action, per 100 batches."""
        return rate_interval(self.numbers.after_action, self.numbers.batches) if self.numbers.batches else None


def site_lines(sites: Sequence[tuple[UUID, str, Numbers]]) -> list[Line]:
    """Return the sites by name, each beside the rate of all."""
    found = rated((name, numbers.recurrences, numbers.batches, site) for site, name, numbers in sites)
    return [Line(str(site), numbers, one) for (site, _, numbers), one in zip(sites, found, strict=True)]


def code_lines(facet: Facet, by_code: Mapping[str, Numbers], batches: int) -> list[Line]:
    """Return a facet's codes that occur, in the order of the work (products by name), per all batches or a product's own."""
    order = ORDER.get(facet, sorted(by_code))
    codes = [*(code for code in order if code in by_code), *sorted(set(by_code) - set(order))]
    events = sum(numbers.recurrences for numbers in by_code.values())
    lines = []
    for code in codes:
        numbers = by_code[code]
        made = numbers.batches if facet is Facet.PRODUCT else batches
        whole = Numbers(
            numbers.classified,
            numbers.recurrences,
            numbers.self_reported,
            numbers.independent,
            numbers.after_action,
            made,
        )
        usual = events / batches if batches else 0.0
        lines.append(Line(code, whole, Rated(code, numbers.recurrences, made, made * usual, usual)))
    return lines


@dataclass(frozen=True, slots=True)
class Charted:
    """Rates by quarter with the u' limits of these quarters; without limits while there are too few."""

    readings: tuple[Reading, ...]
    events: tuple[int, ...]
    batches: tuple[int, ...]
    centre: float | None = None
    limits: tuple[tuple[float, float], ...] = ()
    sigma_z: float | None = None

    @property
    def last_limits(self) -> tuple[float, float]:
        """The limits of the newest quarter with batches."""
        return next((one for one in reversed(self.limits) if one[1]), (0.0, 0.0))

    def outside(self, index: int) -> bool:
        """Whether a quarter lies outside of its limits."""
        reading = self.readings[index]
        if not self.limits or not isinstance(reading, Mark):
            return False
        low, high = self.limits[index]
        return not low <= reading.value <= high


def charted(events: Sequence[int], batches: Sequence[int]) -> Charted:
    """Return quarters as rates per 100 batches within Laney's u' limits (``stats.control_charts.rate_limits``)."""
    from behavior_metrics.stats.control_charts import rate_limits  # noqa: PLC0415 - numpy comes with the first page that needs it

    readings: list[Reading] = []
    for count, made in zip(events, batches, strict=True):
        rate = rate_interval(count, made) if made else None
        readings.append(Mark(rate.value, rate.low, rate.high) if rate else Gap.NO_EXPOSURE)
    used = [index for index, made in enumerate(batches) if made]
    if len(used) < FEWEST_QUARTERS or not sum(events[index] for index in used):
        return Charted(tuple(readings), tuple(events), tuple(batches))
    found = rate_limits([events[index] for index in used], [batches[index] for index in used])
    limits = [(0.0, 0.0)] * len(batches)
    for place, index in enumerate(used):
        limits[index] = (100 * float(found.low_prime[place]), 100 * float(found.high_prime[place]))
    centre, spread = 100 * found.centre, found.sigma_z
    return Charted(tuple(readings), tuple(events), tuple(batches), centre, tuple(limits), spread)


@dataclass(frozen=True, slots=True)
class Growth:
    """Mean cumulative recurrences of a unit by the end of each quarter, and over how many units."""

    quarters: tuple[Quarter, ...]
    steps: tuple[Mark, ...]
    at_risk: tuple[int, ...]
    units: int


def growth(units: Mapping[str, Mapping[int, tuple[int, int]]], window: Window) -> Growth | None:
    """Return the mean cumulative function over units (id -> quarter -> recurrences, batches); None below two units.

    A unit is under observation in the quarters in which it made something; those going on are left out. Limits are the
    mean's robust 95 % interval, held at nought (Lawless and Nadeau 1995; ``stats.recurrent``).
    """
    from behavior_metrics.stats.recurrent import mean_cumulative_count  # noqa: PLC0415 - numpy comes with the first page that needs it

    closed = {quarter.index for quarter in window.closed_quarters}
    rows = [
        (unit, quarter, quarter + 1, events)
        for unit, quarters in units.items()
        for quarter, (events, batches) in quarters.items()
        if batches and quarter in closed
    ]
    if len({row[0] for row in rows}) < 2 or not any(row[3] for row in rows):
        return None
    unit, start, stop, count = zip(*rows, strict=True)
    found = mean_cumulative_count(unit, start, stop, count)
    z = quantiles.normal(0.975)
    reached, last, steps, at_risk = {int(at): place for place, at in enumerate(found.time)}, Mark(0, 0, 0), [], []
    for quarter in window.closed_quarters:
        place = reached.get(quarter.index + 1)
        if place is not None:
            mean, error = float(found.mean[place]), sqrt(float(found.variance[place]))
            last = Mark(mean, max(0.0, mean - z * error), mean + z * error)
        steps.append(last)
        at_risk.append(sum(1 for row in rows if row[1] == quarter.index))
    return Growth(window.closed_quarters, tuple(steps), tuple(at_risk), len(set(unit)))
