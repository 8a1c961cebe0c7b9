"""How often it happened again, per team, while its climate was low, middle or high: mean cumulative counts by quarter.

The unit is the team. It is observed in the band in which its released climate of the quarter before lies, and moves with
it; so a curve reads as the mean number in a team that stayed in that band throughout. The bands are declared: they never
follow from the data. Cells are at the declared lag.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp, sqrt

from behavior_metrics.linkage.rows import Outcome, Row
from behavior_metrics.stats import quantiles
from behavior_metrics.stats.panel import DECLARED_LAG, Cell, cells_at_lag, team_of
from behavior_metrics.stats.recurrent import mean_cumulative_count
from behavior_metrics.stats.trial import Curve, Step

#: Lower end of each band on the scale from 1 to 7; its upper end is the next one's lower.
BANDS: Mapping[str, float] = {"low": 1.0, "middle": 4.5, "high": 5.5}
#: Fewer teams than this under observation, and the curve ends: it would tell of one team.
FEWEST_TEAMS = 3
_UPPER_TAIL = 0.975


def band_of(climate: float) -> str:
    """Return the band in which a climate lies."""
    return [band for band, lower in BANDS.items() if climate >= lower][-1]


def every_curve(rows: Sequence[Row]) -> tuple[Curve, ...]:
    """Return the curves of both outcomes, each in the order of the bands; a band without enough teams has no steps."""
    return tuple(
        _curve(outcome, band, [cell for cell in cells if band_of(cell.climate) == band], begin)
        for outcome in Outcome
        for cells in [cells_at_lag([row.for_outcome(outcome) for row in rows], DECLARED_LAG)]
        for begin in [min((cell.row.quarter for cell in cells), default=0)]
        for band in BANDS
    )


def _curve(outcome: Outcome, band: str, cells: Sequence[Cell], begin: int) -> Curve:
    teams = {team_of(cell) for cell in cells}
    if not any(cell.row.events for cell in cells):
        return Curve(outcome, band, len(teams), len(cells), _flat(cells, begin))
    since = [cell.row.quarter - begin for cell in cells]
    names = ["/".join(team_of(cell)) for cell in cells]
    events = [cell.row.events for cell in cells]
    found = mean_cumulative_count(names, since, [quarter + 1 for quarter in since], events)
    steps = []
    for at, at_risk, mean, variance in zip(found.time, found.at_risk, found.mean, found.variance, strict=True):
        if at_risk < FEWEST_TEAMS:
            break
        # on the log scale, so that no limit lies below nought
        reach = exp(quantiles.normal(_UPPER_TAIL) * sqrt(float(variance)) / float(mean))
        steps.append(Step(int(at), int(at_risk), float(mean), float(mean) / reach, float(mean) * reach))
    return Curve(outcome, band, len(teams), len(cells), tuple(steps))


def _flat(cells: Sequence[Cell], begin: int) -> tuple[Step, ...]:
    """Nothing happened: a curve at nought for as long as enough teams were observed."""
    observed: dict[int, int] = {}
    for cell in cells:
        observed[cell.row.quarter - begin + 1] = observed.get(cell.row.quarter - begin + 1, 0) + 1
    return tuple(Step(at, teams, 0.0, 0.0, 0.0) for at, teams in sorted(observed.items()) if teams >= FEWEST_TEAMS)[-1:]
