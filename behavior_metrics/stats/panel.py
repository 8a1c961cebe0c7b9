"""Team-quarters made ready for the linkage: which of them count, and whether they are enough to say anything.

A row pairs the recurrences of a team in one quarter with its climate in a quarter before. Climate comes from released
cells alone, so whoever holds the export can repeat every step.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from behavior_metrics.stats.intervals import Estimate, rate_interval

# The gate: below any of these the page shows points and intervals, and no association.
NEEDED: Mapping[str, int] = {"sites": 8, "teams": 10, "quarters": 4, "cells": 30, "events": 50, "bearing_sites": 8}

# Quarters between climate and recurrences: declared beforehand, and the only others ever run.
DECLARED_LAG = 1
SECONDARY_LAGS = (0, 2)

_UNCHANGED = 1e-12


@dataclass(frozen=True, slots=True)
class TeamQuarter:
    """What happened in one team in one quarter, beside its climate one quarter earlier.

    `quarter` counts quarters in steps of 1, `events` recurrences under one outcome; `batches` is exposure (0: none).
    `climate` is the released score of quarter - 1, None when no cell was released; `rounding` is the base b that score
    was rounded to, so the true mean lies within b of it; `n_low` is the lower end of the published band of n.
    A row with 0 batches is never fitted; its climate may still serve another lag. `covariates` are optional further
    columns (staffing, coaching hours of the quarter before), equally many in every row.
    """

    site: str
    team: str
    quarter: int
    events: int
    batches: float
    climate: float | None
    rounding: float = 0.0
    n_low: int | None = None
    covariates: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """One row that counts: exposure above nought and a released climate at the declared lag."""

    row: TeamQuarter
    climate: float
    rounding: float
    n_low: int | None


@dataclass(frozen=True, slots=True)
class Size:
    """What an answer rests on. `bearing_sites` had an event and a team whose climate changed; others cannot tell."""

    cells: int
    events: int
    batches: float
    sites: int
    teams: int
    quarters: int
    bearing_sites: int


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the gate; `key` is a field of Size."""

    key: str
    have: int
    need: int

    @property
    def met(self) -> bool:
        """Whether this line is reached."""
        return self.have >= self.need


@dataclass(frozen=True, slots=True)
class Point:
    """One cell as a point to be drawn without a line: events per 100 batches and the climate before."""

    site: str
    team: str
    quarter: int
    climate: float
    rounding: float
    rate: Estimate


def cells_at_lag(rows: Iterable[TeamQuarter], lag: int) -> tuple[Cell, ...]:
    """Rows that count when climate is taken `lag` quarters before the recurrences, in site, team, quarter order.

    Raises ValueError when a team has two rows for one quarter or covariates differ in number.
    """
    given = tuple(rows)
    by_key = {(row.site, row.team, row.quarter): row for row in given}
    if len(by_key) != len(given):
        raise ValueError("A team has two rows for the same quarter; its events would count twice.")
    if len({len(row.covariates) for row in given}) > 1:
        raise ValueError("Every row needs the same number of covariates.")
    cells = []
    # from the climate to the row it goes with: in a large network most have none
    for (site, team, quarter), source in by_key.items():
        # Each row carries the climate of the quarter before it, hence the 1.
        row = by_key.get((site, team, quarter + lag - 1)) if source.climate is not None else None
        if row is not None and row.batches > 0 and source.climate is not None:
            cells.append(Cell(row, source.climate, source.rounding, source.n_low))
    return tuple(sorted(cells, key=lambda cell: (cell.row.site, cell.row.team, cell.row.quarter)))


def size_of(cells: Sequence[Cell]) -> Size:
    """Counts of everything the gate looks at."""
    return Size(
        cells=len(cells),
        events=sum(cell.row.events for cell in cells),
        batches=sum(cell.row.batches for cell in cells),
        sites=len({cell.row.site for cell in cells}),
        teams=len({team_of(cell) for cell in cells}),
        quarters=len({cell.row.quarter for cell in cells}),
        bearing_sites=len(_sites_with_events(cells) & _sites_with_change(cells)),
    )


def gate(size: Size) -> tuple[Check, ...]:
    """Every line of the gate, met or not, in the order it is shown."""
    return tuple(Check(key, getattr(size, key), need) for key, need in NEEDED.items())


def points_of(cells: Sequence[Cell]) -> tuple[Point, ...]:
    """The cells as points with exact intervals, for the picture that is shown instead of an answer."""
    return tuple(
        Point(
            cell.row.site,
            cell.row.team,
            cell.row.quarter,
            cell.climate,
            cell.rounding,
            rate_interval(cell.row.events, cell.row.batches),
        )
        for cell in cells
    )


def informative(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    """Cells left when sites and quarters without any event are taken out, again and again until none is left.

    Their own effect would run off to minus infinity and they cannot move the estimate (as in R `fixest::fepois`).
    """
    kept = tuple(cells)
    while True:
        sites = _sites_with_events(kept)
        quarters = {cell.row.quarter for cell in kept if cell.row.events}
        fewer = tuple(cell for cell in kept if cell.row.site in sites and cell.row.quarter in quarters)
        if len(fewer) == len(kept):
            return kept
        kept = fewer


def team_of(cell: Cell) -> tuple[str, str]:
    """A team is known by its site and name: two sites may both have a "team A"."""
    return cell.row.site, cell.row.team


def _sites_with_events(cells: Sequence[Cell]) -> set[str]:
    return {cell.row.site for cell in cells if cell.row.events}


def _sites_with_change(cells: Sequence[Cell]) -> set[str]:
    ordered = sorted(cells, key=team_of)
    return {
        before.row.site
        for before, after in pairwise(ordered)
        if team_of(before) == team_of(after) and abs(before.climate - after.climate) > _UNCHANGED
    }
