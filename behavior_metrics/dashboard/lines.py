"""The numbers of the page, ready to be drawn, tabulated and written to a file: one line for each quarter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from behavior_metrics.accountability.queries import Kept
from behavior_metrics.accountability.shares import Share
from behavior_metrics.climate.cells import Climate, ClimateReading
from behavior_metrics.frames.quarters import Quarter
from behavior_metrics.frames.queries import Counts, Frame, SitePlace, TeamPlace
from behavior_metrics.stats.intervals import Estimate, rate_interval


@dataclass(frozen=True, slots=True)
class TeamLine:
    """One quarter of one team. A rate is per 100 batches with its exact interval, None where no batch was started."""

    quarter: Quarter
    closed: bool
    counts: Counts
    climate: Climate | None
    kept: Share
    raised_first: Share
    raised_in_time: Share
    rate: Estimate | None
    self_reported: Estimate | None
    independent: Estimate | None


@dataclass(frozen=True, slots=True)
class SiteLine:
    """One quarter of one site."""

    quarter: Quarter
    closed: bool
    counts: Counts
    rate: Estimate | None


def team_lines(
    frame: Frame, climate: ClimateReading, kept: Mapping[tuple[UUID, Quarter], Kept], team: TeamPlace
) -> tuple[TeamLine, ...]:
    """Return the team's quarters, oldest first."""
    lines = []
    for quarter in frame.window.quarters:
        counts = frame.of_team(team, quarter)
        done = kept.get((team.id, quarter), Kept())
        lines.append(
            TeamLine(
                quarter,
                quarter in frame.window.closed_quarters,
                counts,
                climate.of(team.id).get(quarter),
                Share.of(done.kept, done.due),
                Share.of(counts.raised_first, counts.to_be_raised),
                Share.of(counts.raised_in_time, counts.raised_first),
                rate(counts.recurrences, counts.batches),
                rate(counts.self_reported, counts.batches),
                rate(counts.independent, counts.batches),
            )
        )
    return tuple(lines)


def site_lines(frame: Frame, site: SitePlace) -> tuple[SiteLine, ...]:
    """Return the site's quarters, oldest first."""
    lines = []
    for quarter in frame.window.quarters:
        counts = frame.of_site(site.id, quarter)
        closed = quarter in frame.window.closed_quarters
        lines.append(SiteLine(quarter, closed, counts, rate(counts.recurrences, counts.batches)))
    return tuple(lines)


def rate(events: int, batches: int) -> Estimate | None:
    """Events per 100 batches with the exact interval; none without batches."""
    return rate_interval(events, batches) if batches else None
