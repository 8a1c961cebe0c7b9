"""Released climate within the reader's sites. The survey's released cells are the only climate this room ever sees."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from behavior_metrics.climate.cells import Cell, ClimateReading, Scope, read
from behavior_metrics.frames.queries import Places
from coaching.api import Month, ReleasedRow, released_cells, released_reliability
from lms.permissions import Actor

_FEWEST = {"5-9": 5, "10-19": 10, "20+": 20}


def climate(reader: Actor, here: Places) -> ClimateReading:
    """Return the climate of these sites' teams by quarter, in one statement. The network's pool is the whole network's.

    A site whose survey is off takes no part, whatever was published of it before.
    """
    teams = {team.id for team in here.teams if team.site.has_survey}
    sites = {site.id for site in here.sites if site.has_survey}

    def visible(cell: Cell) -> bool:
        if cell.scope is Scope.TEAM:
            return cell.place in teams
        return cell.place in sites if cell.scope is Scope.SITE_SMALL_TEAMS else here.whole_network

    cells = tuple(cell for cell in map(_cell, released_cells(reader)) if visible(cell))
    return replace(read(cells), cells=cells)


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
