"""Released climate cells read as a quarter's climate of a team. A cell is all there is: no answer, no number of people.

A quarter's climate of a team is its cell, or the plain mean of its cells, whose months lie in that quarter. The mean is
given the coarsest rounding and the smallest band among them, so that its doubt is never understated. Cells of several
teams pooled together belong to none of them. Only one instrument is read, the newest: scores of two are never mixed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cache
from statistics import fmean
from typing import NamedTuple
from uuid import UUID

from behavior_metrics.frames.quarters import Quarter

#: Ends of the scale that climate is scored on.
LOWEST, HIGHEST = 1.0, 7.0


class Scope(StrEnum):
    """Whose answers a cell holds."""

    TEAM = "team"
    SITE_SMALL_TEAMS = "site-small-teams"
    NETWORK_SMALL_TEAMS = "network-small-teams"


class Cell(NamedTuple):
    """One released figure. `place` is the team or the site, None for the network; months are their first days.

    `n_low` people or more gave it; their mean lies within `rounding` of `score`.
    """

    scope: Scope
    place: UUID | None
    instrument: str
    first_month: date
    last_month: date
    n_low: int
    score: float
    rounding: float


@dataclass(frozen=True, slots=True)
class Climate:
    """Climate of one quarter. The true mean of each cell lies within `rounding` of its score; `n_low` answered or more."""

    score: float
    rounding: float
    n_low: int
    cells: int

    @property
    def low(self) -> float:
        """Lower end of what rounding leaves open, held on the scale."""
        return max(LOWEST, self.score - self.rounding)

    @property
    def high(self) -> float:
        """Upper end of what rounding leaves open, held on the scale."""
        return min(HIGHEST, self.score + self.rounding)


@dataclass(frozen=True, slots=True)
class Pooled:
    """Climate of small teams taken together: at one site, or (`site` None) over the network."""

    site: UUID | None
    quarter: Quarter
    climate: Climate


#: A team's climate by quarter.
OfTeam = Mapping[Quarter, Climate]


@dataclass(frozen=True, slots=True)
class ClimateReading:
    """What the released cells say of each team-quarter, of the pools, and how many cells another instrument made."""

    #: The cells of each team that has any.
    by_team: Mapping[UUID, Sequence[Cell]]
    pooled: tuple[Pooled, ...]
    instrument: str | None
    left_out: int
    #: Every cell that was read, of whatever instrument.
    cells: tuple[Cell, ...] = ()
    _reckoned: dict[UUID, OfTeam] = field(default_factory=dict, compare=False, repr=False)

    def of(self, team: UUID) -> OfTeam:
        """Return a team's climate, reckoned when it is asked for: a page shows few of a large network's teams."""
        found = self._reckoned.get(team)
        if found is None:
            found = self._reckoned[team] = _by_quarter(self.by_team.get(team, ()))
        return found


def read(cells: Iterable[Cell]) -> ClimateReading:
    """Read cells as quarters."""
    every = tuple(cells)
    newest = max(every, key=lambda cell: (cell.last_month, cell.instrument), default=None)
    if newest is None:
        return ClimateReading({}, (), None, 0)
    kept = [cell for cell in every if cell.instrument == newest.instrument]
    teams: dict[UUID, list[Cell]] = {}
    pools: dict[UUID | None, list[Cell]] = {}
    for cell in kept:
        if cell.scope is not Scope.TEAM:
            pools.setdefault(cell.place, []).append(cell)
        elif cell.place is not None:
            teams.setdefault(cell.place, []).append(cell)
    pooled = [
        Pooled(place, quarter, climate) for place, own in pools.items() for quarter, climate in _by_quarter(own).items()
    ]
    pooled.sort(key=lambda pool: (pool.quarter, str(pool.site or "")))
    return ClimateReading(teams, tuple(pooled), newest.instrument, len(every) - len(kept))


def _by_quarter(cells: Iterable[Cell]) -> OfTeam:
    groups: dict[Quarter, list[Cell]] = {}
    for cell in cells:
        groups.setdefault(_quarter_of(cell.last_month), []).append(cell)
    return {quarter: _together(group) for quarter, group in groups.items()}


#: A large network has ten thousand cells of a few dozen months.
_quarter_of = cache(Quarter.of)


def _together(cells: list[Cell]) -> Climate:
    if len(cells) == 1:
        return Climate(cells[0].score, cells[0].rounding, cells[0].n_low, 1)
    # Months in order, so that the mean is the same to the last digit however the cells arrive.
    scores = [cell.score for cell in sorted(cells, key=lambda cell: (cell.first_month, cell.score))]
    return Climate(fmean(scores), max(cell.rounding for cell in cells), min(cell.n_low for cell in cells), len(cells))
