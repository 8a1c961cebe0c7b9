"""Released climate within the reader's sites. The survey's released cells are the only climate this room ever sees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from typing import NamedTuple

from behavior_metrics.climate.cells import Cell, ClimateReading, Scope, read
from behavior_metrics.frames.quarters import Quarter, Window
from behavior_metrics.frames.queries import Places, TeamPlace
from coaching.api import ReleasedScore, ReliabilityRow, released_reliability, released_scores, scores_of
from lms.permissions import Actor, Permission

_FEWEST = {"5-9": 5, "10-19": 10, "20+": 20}


def climate(reader: Actor, here: Places) -> ClimateReading:
    """Return the climate of these sites' teams by quarter, in one statement. The network's pool is the whole network's."""
    cells = tuple(map(as_cell, released(reader, here)))
    return replace(read(cells), cells=cells)


def climate_of(reader: Actor, here: Places, team: TeamPlace | None) -> ClimateReading:
    """Return the climate of one team alone, in one statement, by the instrument that all of these sites are read by."""
    if team is None or not team.site.has_survey:
        return ClimateReading({}, (), None, 0)
    everywhere = here.whole_network and all(site.has_survey for site in here.sites)
    sites = None if everywhere else {site.id for site in here.sites if site.has_survey}
    may_see = reader.sites_for(Permission.CLIMATE_SEE)
    if may_see is not None:
        sites = {*may_see} if sites is None else sites & may_see
    reading = read(map(as_cell, scores_of(team.id, sites, of_network=here.whole_network)))
    return replace(reading, by_team={team.id: reading.by_team.get(team.id, ())}, pooled=())


def released(reader: Actor, here: Places) -> list[ReleasedScore]:
    """Return the released figures that these sites show, in one statement.

    A site whose survey is off takes no part, whatever was published of it before.
    """
    teams = {team.id for team in here.teams if team.site.has_survey}
    sites = {site.id for site in here.sites if site.has_survey}

    def visible(one: ReleasedScore) -> bool:
        if one.team_id is not None:
            return one.team_id in teams
        return here.whole_network if one.site_id is None else one.site_id in sites

    return [one for one in released_scores(reader) if visible(one)]


class Answered(NamedTuple):
    """How many of those asked answered, as a released figure says it: a band, None where fewer than ten were asked."""

    #: A team's or a site's name; empty for the network's small teams.
    place: str
    pooled: bool
    quarter: Quarter
    band: str | None


def answered(rows: Iterable[ReleasedScore], here: Places, window: Window) -> list[Answered]:
    """Return the response of each released figure of the window, places by name, the newest first."""
    names = {team.id: team.full_name for team in here.teams} | {site.id: site.name for site in here.sites}
    found = []
    for row, quarter in sorted(_within(rows, window), key=lambda one: one[0].first_month):
        place = row.site_id if row.team_id is None else row.team_id
        found.append(Answered(names[place] if place else "", row.team_id is None, quarter, row.response))
    return sorted(found, key=lambda one: (one.place, -one.quarter.index))


def responses(reader: Actor, here: Places, window: Window) -> Mapping[str | None, int]:
    """Return how many released figures of the window have which band of response, in one statement."""
    return Counter(row.response for row, _ in _within(released(reader, here), window))


def _within(rows: Iterable[ReleasedScore], window: Window) -> Iterator[tuple[ReleasedScore, Quarter]]:
    """Give the figures of the window, each with its quarter."""
    shown = set(window.quarters)
    for row in rows:
        quarter = Quarter.of(_first_day(row.last_month))
        if quarter in shown:
            yield row, quarter


def reliability(instrument: str | None) -> list[ReliabilityRow]:
    """Return what was published about an instrument, oldest first, in one statement."""
    return [row for row in released_reliability() if row.instrument_version == instrument]


def within_team_variance(instrument: str | None) -> float | None:
    """Return the newest published variance of one person's score within a team, in squared points; None before there is one."""
    published = (row.within_variance for row in released_reliability() if row.instrument_version == instrument)
    return next((float(variance) for variance in reversed(list(published)) if variance is not None), None)


def as_cell(row: ReleasedScore) -> Cell:
    """Return a released figure as the room reads it."""
    team, site, _code, version, first, last, band, score, _response = row
    scope = Scope.TEAM if team else Scope.SITE_SMALL_TEAMS if site else Scope.NETWORK_SMALL_TEAMS
    return Cell(
        scope, team or site, version, _first_day(first), _first_day(last), _FEWEST[band], float(score), float(row.grain)
    )


@cache
def _first_day(month: str) -> date:
    return date.fromisoformat(f"{month}-01")
