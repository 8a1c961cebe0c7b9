"""Released climate within the reader's sites. The survey's released cells are the only climate this room ever sees."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from behavior_metrics.climate.cells import Cell, ClimateReading, Scope, read
from behavior_metrics.frames.queries import Places

_released: list[Callable[[], Iterable[Cell]]] = []


def connect(released: Callable[[], Iterable[Cell]]) -> None:
    """Say who gives the released cells, all that there are; called in the wiring."""
    _released[:] = [released]


def climate(here: Places) -> ClimateReading:
    """Return the climate of these sites' teams by quarter, in one statement. The network's pool is the whole network's."""
    teams, sites = {team.id for team in here.teams}, {site.id for site in here.sites}

    def visible(cell: Cell) -> bool:
        if cell.scope is Scope.TEAM:
            return cell.place in teams
        return cell.place in sites if cell.scope is Scope.SITE_SMALL_TEAMS else here.whole_network

    return read(cell for released in _released for cell in released() if visible(cell))
