"""What the rounding costs: how often a true link between climate and later deviations is still seen.

Thirty teams of 4 to 12 over twelve months; a team's climate wanders around its own level; deviations of the following month
are Poisson with a rate that falls as climate rises. The link counts as seen where the correlation of published score and
later deviations is negative with p < .05. Months in which fewer than five of a team answered publish nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import stats

from validation.releasing import RULES, Cell, Rule, released
from validation.worlds import ITEMS, MIDDLE, MONTHS, OCCASION, PERSONS, SCALE, SEED, TEAMS

NETWORK: Final = 30
#: Share of a team that answers in a month.
ANSWERS: Final = 0.8
#: Deviations of a team in a month, and how they fall per point of a scale of 1-5.
RATE: Final = 1.0
SLOPE: Final = 0.63
#: Standard deviation of a team's months around its level, on a scale of 1-5.
WANDERS: Final = 0.20
_LARGEST_P: Final = 0.05


@dataclass(frozen=True)
class Power:
    """Share of runs in which the link was seen, by rule, and how many team-months reached five persons on average."""

    seen: dict[Rule, float]
    cells: float


def power(runs: int, *, seed: int = SEED) -> Power:
    """Run so many networks and count in how many each way of publishing still shows the link."""
    chance = np.random.default_rng([seed, 0])
    hits = dict.fromkeys(RULES, 0)
    cells = 0
    for run in range(runs):
        published, later = _network(chance, run)
        cells += len(published)
        for rule in RULES:
            found = stats.pearsonr([rule(cell) for cell in published], later)
            hits[rule] += bool(found.statistic < 0 and found.pvalue < _LARGEST_P)
    return Power({rule: count / runs for rule, count in hits.items()}, cells / runs)


def _network(chance: np.random.Generator, run: int) -> tuple[list[Cell], list[int]]:
    published, later = [], []
    for team in range(NETWORK):
        size, level = int(chance.integers(4, 13)), chance.normal(0, TEAMS)
        people = chance.normal(0, PERSONS, size)
        climate = level + chance.normal(0, WANDERS * SCALE, MONTHS)
        for month in range(MONTHS):
            shown = MIDDLE + climate[month] + people + chance.normal(0, OCCASION, size)
            totals = np.clip(np.rint(shown * ITEMS), ITEMS, 7 * ITEMS).astype(int)[chance.random(size) < ANSWERS]
            deviations = int(chance.poisson(RATE * np.exp(-SLOPE * climate[month] / SCALE)))
            if len(totals) >= 5:
                published.append(released(run * NETWORK + team, [int(total) for total in totals], month))
                later.append(deviations)
    return published, later
