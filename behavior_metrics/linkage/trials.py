"""The sensitivity panel: every test that is declared beside the main one, each through the same gate, none chosen afterwards.

To add a declared test, give other rows for the same model a line in ``DECLARED``, or another reckoning of the same cells one
in ``RECKONINGS``, and a word in ``words.TESTS``. Raise ``METHOD_VERSION``: earlier methods go on without it.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from math import exp, log
from statistics import fmean
from typing import Protocol

from behavior_metrics.climate.cells import HIGHEST, LOWEST
from behavior_metrics.linkage.kept import Input, Result, Results
from behavior_metrics.linkage.rows import Outcome, Row
from behavior_metrics.stats import quantiles
from behavior_metrics.stats.association import climate_recurrence_association
from behavior_metrics.stats.climate_otherwise import bounds_of_within, negative_binomial_within, redrawn_within
from behavior_metrics.stats.findings import Association, NoEstimate
from behavior_metrics.stats.intervals import Estimate
from behavior_metrics.stats.panel import (
    DECLARED_LAG,
    SECONDARY_LAGS,
    Cell,
    TeamQuarter,
    cells_at_lag,
    informative,
    team_of,
)
from behavior_metrics.stats.sensitivity import adjust, e_value
from behavior_metrics.stats.suppression import Bounds
from behavior_metrics.stats.trial import Trial, Unmeasured, Withheld

#: Quarters in which a new site finds its feet.
FIRST_QUARTERS = 2
_UPPER_TAIL = 0.975


def major_rows(given: Input, outcome: Outcome) -> list[TeamQuarter] | None:
    """Count what was at least major, however detected, and nothing else; for the primary outcome only."""
    if outcome is not Outcome.INDEPENDENT:
        return None
    return [row.counting(row.major or 0) for row in given.rows]


def settled_rows(given: Input, outcome: Outcome) -> list[TeamQuarter]:
    """Leave out the first two quarters with batches of each site that began within the window."""
    began: dict[str, int] = {}
    for row in given.rows:
        if row.batches:
            began[row.site] = min(row.quarter, began.get(row.site, row.quarter))
    return [
        replace(one, batches=0.0, events=0) if _finds_its_feet(row, began, given.first_quarter) else one
        for row in given.rows
        for one in [row.for_outcome(outcome)]
    ]


def unsuppressed_rows(given: Input, outcome: Outcome) -> list[TeamQuarter]:
    """Give a row without a climate what its small teams gave together, or else its team's usual climate.

    What was withheld cannot be known. This says how the estimate would move if those cells were as their pool, or as
    unremarkable as the team itself. A team that never had a figure, and no pool, stays out.
    """
    own: dict[tuple[str, str], list[float]] = {}
    for row in given.rows:
        if row.climate is not None:
            own.setdefault((row.site, row.team), []).append(row.climate)
    usual = {team: fmean(scores) for team, scores in own.items()}
    return [
        one if row.climate is not None else replace(one, climate=_stand_in(row, usual), n_low=None)
        for row in given.rows
        for one in [row.for_outcome(outcome)]
    ]


#: Key of a declared test -> the rows it is made from; None where it does not apply to an outcome.
DECLARED: Mapping[str, Callable[[Input, Outcome], list[TeamQuarter] | None]] = {
    "major": major_rows,
    "settled": settled_rows,
    "unsuppressed": unsuppressed_rows,
}


Reckoning = Callable[[Sequence[Cell]], Estimate]

#: Key of another reckoning -> the main estimate's cells, reckoned otherwise.
RECKONINGS: Mapping[str, Reckoning] = {"negative_binomial": negative_binomial_within, "redrawn": redrawn_within}
#: Reckonings that give an interval and no p.
WITHOUT_P = frozenset({"redrawn"})


def every_trial(given: Input, results: Results, reckonings: Mapping[str, Reckoning] = RECKONINGS) -> tuple[Trial, ...]:
    """Return every test of both outcomes with its p, and beside it p adjusted for having run them all."""
    trials = [
        trial
        for outcome, lags in results.items()
        for trial in (*_of_outcome(given, outcome, lags), *_otherwise(given, outcome, lags, reckonings))
    ]
    told = [trial.p for trial in trials if trial.p is not None]
    adjusted = iter(adjust(told, "bh").tolist() if told else ())
    return tuple(replace(trial, adjusted=None if trial.p is None else next(adjusted)) for trial in trials)


def unmeasured(results: Results) -> tuple[Unmeasured, ...]:
    """Return how strong something unmeasured would have to be to explain each outcome's main estimate away."""
    return tuple(
        Unmeasured(outcome, *e_value(main.within.value, main.within.low, main.within.high))
        for outcome, lags in results.items()
        if isinstance(main := lags[DECLARED_LAG], Association)
    )


class Bounded(Protocol):
    """What bounds a study's estimate: cells, withheld cells, the log ratio and the ends of the scale."""

    def __call__(
        self, cells: Sequence[Cell], withheld: Sequence[Cell], released: float, *, lowest: float, highest: float
    ) -> Bounds:
        """Return how far it could move."""
        ...


def withheld(given: Input, results: Results, bounded: Bounded = bounds_of_within) -> tuple[Withheld, ...]:
    """Return how far each outcome's main ratio would lie elsewhere, whatever the cells were that nobody released."""
    return tuple(
        _whatever_they_were(given, outcome, main, bounded)
        for outcome, lags in results.items()
        if isinstance(main := lags[DECLARED_LAG], Association)
    )


def is_withheld(row: Row, given: Input, answered: Container[int]) -> bool:
    """Whether a row has batches and no released climate, though climate was released for its quarter somewhere.

    `answered` are these quarters. Before the first survey there was nothing to withhold, and a site whose survey is off has
    no climate at all.
    """
    return bool(row.batches) and row.climate is None and row.site not in given.switched_off and row.quarter in answered


def _whatever_they_were(given: Input, outcome: Outcome, main: Association, bounded: Bounded) -> Withheld:
    answered = {row.quarter for row in given.rows if row.climate is not None or row.pooled is not None}
    hidden = {(row.site, row.team, row.quarter) for row in given.rows if is_withheld(row, given, answered)}
    # a withheld climate is not read, but a cell has to have one
    filled = [
        replace(one, climate=LOWEST) if (one.site, one.team, one.quarter) in hidden else one
        for row in given.rows
        for one in [row.for_outcome(outcome)]
    ]
    cells = informative(cells_at_lag(filled, DECLARED_LAG))
    known = [cell for cell in cells if (cell.row.site, cell.row.team, cell.row.quarter) not in hidden]
    unknown = [cell for cell in cells if (cell.row.site, cell.row.team, cell.row.quarter) in hidden]
    least, greatest = (pick(cell.climate for cell in known) for pick in (min, max))

    def bounds(lowest: float, highest: float) -> tuple[float, float] | tuple[None, None]:
        try:
            found = bounded(known, unknown, log(main.within.value), lowest=lowest, highest=highest)
        except NoEstimate:
            return None, None
        return exp(found.low), exp(found.high)

    (low, high), (low_alike, high_alike) = bounds(LOWEST, HIGHEST), bounds(least, greatest)
    return Withheld(
        outcome, len(unknown), main.within.value, LOWEST, HIGHEST, low, high, least, greatest, low_alike, high_alike
    )


def _otherwise(
    given: Input, outcome: Outcome, lags: Mapping[int, Result], reckonings: Mapping[str, Reckoning]
) -> Iterable[Trial]:
    rows = [row.for_outcome(outcome) for row in given.rows]
    main = lags[DECLARED_LAG]
    for key, reckon in reckonings.items():
        estimate = None
        if isinstance(main, Association):
            with suppress(NoEstimate):
                estimate = reckon(informative(cells_at_lag(rows, DECLARED_LAG)))
        yield _trial(outcome, key, rows, main, estimate)


def _of_outcome(given: Input, outcome: Outcome, lags: Mapping[int, Result]) -> Iterable[Trial]:
    rows = [row.for_outcome(outcome) for row in given.rows]
    main = lags[DECLARED_LAG]
    found = main if isinstance(main, Association) else None
    yield _trial(outcome, "within", rows, main, found.within if found else None)
    yield _trial(outcome, "calibrated", rows, main, found.calibrated.within if found and found.calibrated else None)
    yield _trial(outcome, "between", rows, main, found.between if found else None)
    yield _trial(outcome, "by_team", rows, main, found.within_by_team if found else None)
    for lag in SECONDARY_LAGS:
        result = lags[lag]
        estimate = result.within if isinstance(result, Association) else None
        yield _trial(outcome, f"lag_{lag}", rows, result, estimate)
    for key, made in DECLARED.items():
        other = made(given, outcome)
        if other is None:
            continue
        result = climate_recurrence_association(
            other, lag=DECLARED_LAG, within_team_variance=given.within_team_variance, each_site=False
        )
        yield _trial(outcome, key, other, result, result.within if isinstance(result, Association) else None)


def _trial(outcome: Outcome, key: str, rows: Sequence[TeamQuarter], result: Result, estimate: Estimate | None) -> Trial:
    size = result.size
    if estimate is None:
        return Trial(outcome, key, result.lag, None, None, None, size.cells, size.events)
    fitted = informative(cells_at_lag(rows, result.lag))
    if key in WITHOUT_P:
        return Trial(outcome, key, result.lag, estimate, None, None, size.cells, size.events)
    clusters = {team_of(cell) if key == "by_team" else cell.row.site for cell in fitted}
    return Trial(outcome, key, result.lag, estimate, p_of(estimate, len(clusters) - 1), None, size.cells, size.events)


def p_of(estimate: Estimate, df: int) -> float:
    """Return the two-sided p of a ratio whose 95 % interval comes from Student's t with `df` degrees of freedom."""
    se = log(estimate.high / estimate.low) / (2 * quantiles.student(df, _UPPER_TAIL))
    return 2 * quantiles.student_below(df, -abs(log(estimate.value)) / se)


def _finds_its_feet(row: Row, began: Mapping[str, int], first_quarter: int | None) -> bool:
    start = began.get(row.site)
    return start is not None and start != first_quarter and row.quarter < start + FIRST_QUARTERS


def _stand_in(row: Row, usual: Mapping[tuple[str, str], float]) -> float | None:
    return row.pooled if row.pooled is not None else usual.get((row.site, row.team))
