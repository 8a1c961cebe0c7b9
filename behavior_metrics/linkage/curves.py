"""How often it happened again, per team, while its climate was low, middle or high: mean cumulative counts by quarter.

The unit is the team, the clock of a band are the quarters a team has spent in it: its released climate of the quarter
before says in which. So a curve reads as the mean number after so many quarters at such a climate. The bands are declared:
they never follow from the data. Cells are at the declared lag.
"""

from __future__ import annotations

from collections import Counter
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
        _curve(outcome, band, [cell for cell in cells if band_of(cell.climate) == band])
        for outcome in Outcome
        for cells in [cells_at_lag([row.for_outcome(outcome) for row in rows], DECLARED_LAG)]
        for band in BANDS
    )


def _curve(outcome: Outcome, band: str, cells: Sequence[Cell]) -> Curve:
    names, spent, events = [], [], []
    lasted: Counter[tuple[str, str]] = Counter()
    for cell in cells:  # in the order of team and quarter
        team = team_of(cell)
        names.append("/".join(team))
        spent.append(lasted[team])
        events.append(cell.row.events)
        lasted[team] += 1
    steps: list[Step] = []
    if any(events):
        found = mean_cumulative_count(names, spent, [quarter + 1 for quarter in spent], events)
        for at, teams, mean, variance in zip(found.time, found.at_risk, found.mean, found.variance, strict=True):
            if teams < FEWEST_TEAMS:
                break
            # on the log scale, so that no limit lies below nought
            reach = exp(quantiles.normal(_UPPER_TAIL) * sqrt(float(variance)) / float(mean))
            steps.append(Step(int(at), int(teams), float(mean), float(mean) / reach, float(mean) * reach))
    else:
        longest = max(
            (at for at in lasted.values() if sum(at <= own for own in lasted.values()) >= FEWEST_TEAMS), default=0
        )
        if longest:
            steps.append(Step(longest, sum(longest <= own for own in lasted.values()), 0.0, 0.0, 0.0))
    return Curve(outcome, band, len(lasted), len(cells), tuple(steps))
