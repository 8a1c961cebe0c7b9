"""Released climate within the reader's sites. The survey's released cells are the only climate this room ever sees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from behavior_metrics.climate.cells import Cell, ClimateReading, Scope, read
from behavior_metrics.frames.quarters import Quarter, Window
from behavior_metrics.frames.queries import Places
from coaching.api import Month, ReleasedRow, ReliabilityRow, released_cells, released_reliability
from lms.permissions import Actor

_FEWEST = {"5-9": 5, "10-19": 10, "20+": 20}


def climate(reader: Actor, here: Places) -> ClimateReading:
    """Return the climate of these sites' teams by quarter, in one statement. The network's pool is the whole network's."""
    cells = tuple(map(as_cell, released(reader, here)))
    return replace(read(cells), cells=cells)


def released(reader: Actor, here: Places) -> list[ReleasedRow]:
    """Return the released figures that these sites show, oldest first, in one statement.

    A site whose survey is off takes no part, whatever was published of it before.
    """
    teams = {team.id for team in here.teams if team.site.has_survey}
    sites = {site.id for site in here.sites if site.has_survey}

    def visible(row: ReleasedRow) -> bool:
        if Scope(row.scope) is Scope.TEAM:
            return row.team_id in teams
        return row.site_id in sites if Scope(row.scope) is Scope.SITE_SMALL_TEAMS else here.whole_network

    return [row for row in released_cells(reader) if visible(row)]


@dataclass(frozen=True, slots=True)
class Answered:
    """How many of those asked answered, as a released figure says it: a band, None where fewer than ten were asked."""

    #: A team's or a site's name; empty for the network's small teams.
    place: str
    pooled: bool
    quarter: Quarter
    band: str | None


def answered(rows: Iterable[ReleasedRow], here: Places, window: Window) -> list[Answered]:
    """Return the response of each released figure of the window, places by name, the newest first."""
    teams = {team.id: team.full_name for team in here.teams}
    sites = {site.id: site.name for site in here.sites}
    found = []
    for row in rows:
        team = row.team_id is not None
        name = teams[row.team_id] if row.team_id else sites[row.site_id] if row.site_id else ""
        found.append(Answered(name, not team, as_cell(row).quarter, row.response))
    return sorted(
        (one for one in found if one.quarter in window.quarters), key=lambda one: (one.place, -one.quarter.index)
    )


def responses(reader: Actor, here: Places, window: Window) -> Mapping[str | None, int]:
    """Return how many released figures of the window have which band of response, in one statement."""
    return Counter(one.band for one in answered(released(reader, here), here, window))


def reliability(instrument: str | None) -> list[ReliabilityRow]:
    """Return what was published about an instrument, oldest first, in one statement."""
    return [row for row in released_reliability() if row.instrument_version == instrument]


def within_team_variance(instrument: str | None) -> float | None:
    """Return the newest published variance of one person's score within a team, in squared points; None before there is one."""
    published = (row.within_variance for row in released_reliability() if row.instrument_version == instrument)
    return next((float(variance) for variance in reversed(list(published)) if variance is not None), None)


def as_cell(row: ReleasedRow) -> Cell:
    """Return a released figure as the room reads it."""
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
