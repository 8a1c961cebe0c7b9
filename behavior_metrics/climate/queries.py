"""Released climate within the reader's sites. The survey's released cells are the only climate this room ever sees."""

from __future__ import annotations

from datetime import date

from behavior_metrics.climate.cells import Cell, ClimateReading, Scope, read
from behavior_metrics.frames.queries import Places
from coaching.api import Month, ReleasedRow, released_cells, released_reliability
from lms.permissions import Actor

_FEWEST = {"5-9": 5, "10-19": 10, "20+": 20}


def climate(reader: Actor, here: Places) -> ClimateReading:
    """Return the climate of these sites' teams by quarter, in one statement. The network's pool is the whole network's."""
    teams, sites = {team.id for team in here.teams}, {site.id for site in here.sites}

    def visible(cell: Cell) -> bool:
        if cell.scope is Scope.TEAM:
            return cell.place in teams
        return cell.place in sites if cell.scope is Scope.SITE_SMALL_TEAMS else here.whole_network

    full_sets = (row for row in released_cells(reader) if row.is_full_set)
    return read(cell for cell in map(_cell, full_sets) if visible(cell))


def within_team_variance(instrument: str | None) -> float | None:
    """Return the newest published variance of one person's score within a team, in squared points; None before there is one."""
    published = (row.within_variance for row in released_reliability() if row.instrument_version == instrument)
    return next((float(variance) for variance in reversed(list(published)) if variance is not None), None)


def _cell(row: ReleasedRow) -> Cell:
    scope = Scope(row.scope)
    return Cell(
        scope,
        row.team_id if scope is Scope.TEAM else row.site_id,
        row.instrument_version,
        _first_day(row.first_month),
        _first_day(row.last_month),
        _FEWEST[row.n_band],
        float(row.score),
        float(row.grain),
    )


def _first_day(month: Month) -> date:
    return date(month.year, month.number, 1)
