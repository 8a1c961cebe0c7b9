"""The numbers of the page: one line for each quarter of a team or site, and the last 180 days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from behavior_metrics.climate.cells import Climate, ClimateReading
from behavior_metrics.dashboard.lines import rate
from behavior_metrics.follow_through.days import Span, rolling
from behavior_metrics.follow_through.tallies import Counted, Place
from behavior_metrics.frames.quarters import Quarter, Window
from behavior_metrics.frames.queries import Counts, Frame, Places
from behavior_metrics.stats.followthrough import (
    Flips,
    Index,
    NotEnoughYet,
    Share,
    Tally,
    follow_through_index,
    index_value,
    order_flips,
    share,
)
from behavior_metrics.stats.intervals import Estimate

#: The span of the last 180 days; quarters have their own index as key, which is far above.
ROLLING = 0


@dataclass(frozen=True, slots=True)
class Chosen:
    """The team or site that the page speaks of."""

    place: Place
    name: str

    @property
    def id(self) -> UUID:
        """Of the team, or of the site."""
        return self.place.team or self.place.site

    @property
    def is_team(self) -> bool:
        """Whether it is a team: only a team has a climate."""
        return self.place.team is not None


@dataclass(frozen=True, slots=True)
class Standing:
    """The parts of a window with their shares, and the index over them or what it lacks."""

    tallies: tuple[Tally, ...]
    shares: tuple[Share, ...]
    index: Index | NotEnoughYet
    people: int

    @property
    def told(self) -> Index | None:
        """The index, where there is one."""
        return self.index if isinstance(self.index, Index) else None

    @property
    def any_case(self) -> bool:
        """Whether anything at all fell due or was raised."""
        return any(tally.due for tally in self.tallies)


@dataclass(frozen=True, slots=True)
class Line:
    """One quarter: the released climate (of a team), follow-through, and R1 recurrences per 100 batches."""

    quarter: Quarter
    closed: bool
    climate: Climate | None
    standing: Standing
    counts: Counts
    rate: Estimate | None


def spans_of(window: Window) -> tuple[Span, ...]:
    """Return the quarters of a window, each up to the last day that is over everywhere, and the last 180 days."""
    quarters = (Span(q.index, q.first_day, min(q.last_day, window.last_full_day)) for q in window.quarters)
    return (*quarters, rolling(window.last_full_day, ROLLING))


def standing(counted: Counted, place: Place, key: int, weights: Mapping[str, int]) -> Standing:
    """Return how a place stands in one window."""
    tallies, people = counted.tallies(place, key), counted.people(place, key)
    shares = tuple(share(tally) for tally in tallies)
    return Standing(tallies, shares, follow_through_index(tallies, people, weights=weights), people)


def lines(
    frame: Frame, climate: ClimateReading, counted: Counted, chosen: Chosen, weights: Mapping[str, int]
) -> tuple[Line, ...]:
    """Return the quarters of a team or site, oldest first."""
    found = []
    for quarter in frame.window.quarters:
        counts = frame.of_site(chosen.place.site, quarter)
        cell = None
        if chosen.place.team is not None:
            counts = frame.of_team(frame.places.team(chosen.place.team), quarter)
            cell = climate.of(chosen.place.team).get(quarter)
        found.append(
            Line(
                quarter,
                quarter in frame.window.closed_quarters,
                cell,
                standing(counted, chosen.place, quarter.index, weights),
                counts,
                rate(counts.recurrences, counts.batches),
            )
        )
    return tuple(found)


def flips(counted: Counted, here: Places, weights: Mapping[str, int]) -> Flips:
    """Count the pairs of the reader's teams that would stand in the other order with equal weights, in the last 180 days."""
    values = []
    for place in team_places(here):
        tallies, people = counted.tallies(place, ROLLING), counted.people(place, ROLLING)
        own = index_value(tallies, people, weights=weights)
        equal = index_value(tallies, people, weights=dict.fromkeys(weights, 1))
        if not isinstance(own, NotEnoughYet) and not isinstance(equal, NotEnoughYet):
            values.append((own, equal))
    return order_flips(values)


def team_places(here: Places) -> Sequence[Place]:
    """Return the reader's teams as places."""
    return [Place(team.site.id, team.id) for team in here.teams]
