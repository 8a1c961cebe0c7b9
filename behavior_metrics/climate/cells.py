"""Released climate cells read as a quarter's climate of a team. A cell is all there is: no answer, no number of people.

A quarter's climate of a team is its cell, or the plain mean of its cells, whose months lie in that quarter. The mean is
given the coarsest rounding and the smallest band among them, so that its doubt is never understated. Cells of several
teams pooled together belong to none of them. Only one instrument is read, the newest: scores of two are never mixed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from statistics import fmean
from uuid import UUID

from behavior_metrics.frames.quarters import Quarter

#: Ends of the scale that climate is scored on.
LOWEST, HIGHEST = 1.0, 7.0


class Scope(StrEnum):
    """Whose answers a cell holds."""

    TEAM = "team"
    SITE_SMALL_TEAMS = "site-small-teams"
    NETWORK_SMALL_TEAMS = "network-small-teams"


@dataclass(frozen=True, slots=True)
class Cell:
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

    @property
    def quarter(self) -> Quarter:
        """The quarter its months lie in; a release never reaches over two."""
        return Quarter.of(self.last_month)


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


@dataclass(frozen=True, slots=True)
class ClimateReading:
    """What the released cells say of each team-quarter, of the pools, and how many cells another instrument made."""

    teams: Mapping[tuple[UUID, Quarter], Climate]
    pooled: tuple[Pooled, ...]
    instrument: str | None
    left_out: int
    #: Every cell that was read, of whatever instrument.
    cells: tuple[Cell, ...] = ()


def read(cells: Iterable[Cell]) -> ClimateReading:
    """Read cells as quarters."""
    every = tuple(cells)
    newest = max(every, key=lambda cell: (cell.last_month, cell.instrument), default=None)
    if newest is None:
        return ClimateReading({}, (), None, 0)
    kept = [cell for cell in every if cell.instrument == newest.instrument]
    groups: defaultdict[tuple[Scope, UUID | None, Quarter], list[Cell]] = defaultdict(list)
    for cell in kept:
        groups[cell.scope, cell.place, cell.quarter].append(cell)
    teams = {
        (place, quarter): _together(group)
        for (scope, place, quarter), group in groups.items()
        if scope is Scope.TEAM and place is not None
    }
    pooled = [
        Pooled(place, quarter, _together(group))
        for (scope, place, quarter), group in groups.items()
        if scope is not Scope.TEAM
    ]
    pooled.sort(key=lambda pool: (pool.quarter, str(pool.site or "")))
    return ClimateReading(teams, tuple(pooled), newest.instrument, len(every) - len(kept))


def _together(cells: list[Cell]) -> Climate:
    # Months in order, so that the mean is the same to the last digit however the cells arrive.
    scores = [cell.score for cell in sorted(cells, key=lambda cell: (cell.first_month, cell.score))]
    return Climate(fmean(scores), max(cell.rounding for cell in cells), min(cell.n_low for cell in cells), len(cells))
