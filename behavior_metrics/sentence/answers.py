"""What the page says of the declared associations: an estimate with its doubt, or what is missing for one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from behavior_metrics.linkage.kept import Result
from behavior_metrics.linkage.rows import Outcome
from behavior_metrics.sentence.associations import Found
from behavior_metrics.stats.findings import Association, CannotTellYet
from behavior_metrics.stats.follow_through_model import Difference
from behavior_metrics.stats.intervals import Estimate
from behavior_metrics.stats.panel import Check
from behavior_metrics.stats.readings import direction


@dataclass(frozen=True, slots=True)
class Row:
    """One declared association. `key` names what with what, `reading` what may be said of it."""

    key: str
    outcome: Outcome | None
    estimate: Estimate | None
    p: float | None
    reading: str
    missing: tuple[Check, ...]
    cells: int
    smallest_r: float | None


def rows(climate_recurrence: Mapping[Outcome, Result], found: Found | None) -> tuple[Row, ...]:
    """Return every declared association of the page, in the order of the sentence; those not run yet are left out."""
    listed = [] if found is None else [_difference(found.climate)]
    through = {} if found is None else found.recurrence
    listed += [_ratio("follow_recurrence", outcome, result) for outcome, result in through.items()]
    listed += [_ratio("climate_recurrence", outcome, result) for outcome, result in climate_recurrence.items()]
    return tuple(listed)


def _ratio(key: str, outcome: Outcome, result: Result) -> Row:
    if isinstance(result, Association):
        reading = f"{key}_{direction(result.within)}"
        return Row(key, outcome, result.within, result.p_within, reading, (), result.size.cells, result.smallest_r)
    return _refused(key, outcome, result)


def _difference(result: Difference | CannotTellYet) -> Row:
    key = "climate_follow"
    if isinstance(result, CannotTellYet):
        return _refused(key, None, result)
    within = result.within
    way = "higher" if within.low > 0 else "lower" if within.high < 0 else "untold"
    return Row(key, None, within, result.p_within, f"{key}_{way}", (), result.size.cells, result.smallest_r)


def _refused(key: str, outcome: Outcome | None, result: CannotTellYet) -> Row:
    return Row(key, outcome, None, None, result.reason, result.missing, result.size.cells, result.smallest_r)
