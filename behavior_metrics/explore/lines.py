"""The numbers of the page: one measure as lines of quarters, each point with its doubt or the reason why there is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from behavior_metrics.climate.cells import HIGHEST, LOWEST, Climate, ClimateReading
from behavior_metrics.counting.queries import NOTHING, Counts
from behavior_metrics.counting.rules import Facet
from behavior_metrics.explore.rules import Measure, Per, Split
from behavior_metrics.frames.quarters import Quarter
from behavior_metrics.frames.queries import Places, SitePlace, TeamPlace
from behavior_metrics.frames.rated import FEWEST_EXPECTED
from behavior_metrics.recurrence.lines import ORDER
from behavior_metrics.stats.intervals import POISSON_EXACT, rate_interval
from behavior_metrics.summaries.queries import Key
from lms.web.labels import label

Place = SitePlace | TeamPlace | None

#: Split -> the facet by which the counts are kept. Sites stand in the counts of everything.
FACETS: Mapping[Split, Facet] = {
    Split.ALL: Facet.ALL,
    Split.SITE: Facet.ALL,
    Split.TEAM: Facet.TEAM,
    Split.STEP: Facet.STEP,
    Split.CATEGORY: Facet.CATEGORY,
    Split.CAUSE: Facet.CAUSE,
    Split.PRODUCT: Facet.PRODUCT,
}
RELEASED = "as released, ± what rounding leaves open"
COUNTED = "count"


class Standing(StrEnum):
    """How far a point can be read."""

    TOLD = "told"
    #: Fewer than five events would be expected of so many batches at the rate of all: any figure may be chance.
    UNTOLD = "untold"
    NO_BATCHES = "no_batches"
    #: No climate was released of the place in this quarter.
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Point:
    """One line's quarter. `n` is what was counted (of climate: how many answered at least); limits are those of the value."""

    quarter: Quarter
    standing: Standing
    n: int = 0
    batches: int = 0
    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """What is drawn as one line, and of which place, facet and code the list behind its figures is."""

    key: str
    name: str
    points: tuple[Point, ...]
    site: UUID | None = None
    team: UUID | None = None
    facet: Facet = Facet.ALL
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Track:
    """One measure on one axis."""

    measure: Measure
    per: Per
    lines: tuple[Line, ...]

    @property
    def low(self) -> float:
        """The lower end of its axis."""
        return LOWEST if self.measure is Measure.CLIMATE else 0.0

    @property
    def high(self) -> float | None:
        """The upper end of its axis where that is fixed."""
        return HIGHEST if self.measure is Measure.CLIMATE else None

    @property
    def method(self) -> str:
        """How the limits are made."""
        if self.measure is Measure.CLIMATE:
            return RELEASED
        return POISSON_EXACT if self.per is Per.RATE else COUNTED


@dataclass(frozen=True, slots=True)
class Group:
    """The counts that a line is made of; batches are its own, or all of the place where a code has none."""

    key: str
    name: str
    counts: Mapping[int, Counts]
    batches: Mapping[int, int]
    site: UUID | None = None
    team: UUID | None = None
    facet: Facet = Facet.ALL
    code: str | None = None


def groups(split: Split, counts: Mapping[Key, Counts], here: Places, place: Place, whole: str) -> list[Group]:
    """Return what the lines are made of: places by name, codes in the order of the work. `whole` names all together."""
    if split is Split.TEAM or isinstance(place, TeamPlace):
        return list(_teams(counts, here, place))
    if split is Split.ALL:
        every = _added((key.quarter, found) for key, found in counts.items() if key.facet is Facet.ALL)
        site = place.id if place else None
        return [Group("all", place.name if place else whole, every, _made(every), site)]
    if split is Split.SITE:
        return list(_sites(counts, (place,) if place else here.sites))
    return list(_codes(FACETS[split], counts, place))


def _sites(counts: Mapping[Key, Counts], sites: Sequence[SitePlace]) -> Iterator[Group]:
    of: dict[UUID | None, list[tuple[int | None, Counts]]] = {}
    for key, found in counts.items():
        if key.facet is Facet.ALL:
            of.setdefault(key.site, []).append((key.quarter, found))
    for site in sites:
        own = _added(of.get(site.id, ()))
        yield Group(str(site.id), site.name, own, _made(own), site.id)


def _teams(counts: Mapping[Key, Counts], here: Places, place: Place) -> Iterator[Group]:
    """Give the teams by site and name, after those of a site what belongs to none of them, if there is any."""
    of: dict[tuple[UUID | None, str], list[tuple[int | None, Counts]]] = {}
    for key, found in counts.items():
        if key.facet is Facet.TEAM:
            of.setdefault((key.site, key.code or ""), []).append((key.quarter, found))
    teams: dict[UUID, list[TeamPlace]] = {}
    for team in (place,) if isinstance(place, TeamPlace) else here.teams:
        if not isinstance(place, SitePlace) or team.site.id == place.id:
            teams.setdefault(team.site.id, []).append(team)
    for site in here.sites:
        for team in teams.get(site.id, ()):
            own = _added(of.get((site.id, str(team.id)), ()))
            yield Group(str(team.id), team.full_name, own, _made(own), team=team.id)
        if (site.id, "") in of and not isinstance(place, TeamPlace):
            own = _added(of[site.id, ""])
            name = label("without_team", "explore_word") % {"site": site.name}
            yield Group(f"none-{site.id}", name, own, _made(own), site.id, None, Facet.TEAM, "")


def _codes(facet: Facet, counts: Mapping[Key, Counts], place: Place) -> Iterator[Group]:
    of: dict[str, dict[int, Counts]] = {}
    whole = _made(_added((key.quarter, found) for key, found in counts.items() if key.facet is Facet.ALL))
    for key, found in counts.items():
        if key.facet is facet and key.quarter is not None and (found.classified or found.batches):
            of.setdefault(key.code or "", {})[key.quarter] = found
    order = ORDER.get(facet, sorted(of))
    for code in (*(one for one in order if one in of), *sorted(set(of) - set(order))):
        unnamed = label("without_batch" if facet is Facet.PRODUCT else "not_classified", "explore_word")
        name = (code if facet is Facet.PRODUCT else label(code, str(facet))) if code else unnamed
        made = _made(of[code]) if facet is Facet.PRODUCT else whole
        yield Group(code or "none", name, of[code], made, place.id if place else None, None, facet, code)


def _added(found: Iterable[tuple[int | None, Counts]]) -> dict[int, Counts]:
    summed: dict[int, Counts] = {}
    for quarter, counts in found:
        if quarter is not None:
            summed[quarter] = summed.get(quarter, NOTHING) + counts
    return summed


def _made(counts: Mapping[int, Counts]) -> dict[int, int]:
    return {quarter: found.batches for quarter, found in counts.items()}


def usual_rate(found: Sequence[Group], measure: Measure) -> float:
    """Return the events per batch of all lines together; codes that share their batches share them here as well."""
    events = sum(getattr(counts, measure) for one in found for counts in one.counts.values())
    shared = bool(found) and found[0].facet in {Facet.STEP, Facet.CATEGORY, Facet.CAUSE}
    batches = sum(sum(one.batches.values()) for one in (found[:1] if shared else found))
    return events / batches if batches else 0.0


def track(measure: Measure, per: Per, found: Sequence[Group], usual: float, quarters: Sequence[Quarter]) -> Track:
    """Return a measure's lines; `usual` is the rate of all lines of the choice, on this page or not."""
    lines = tuple(
        Line(
            one.key, one.name, tuple(_point(measure, per, one, usual, quarter) for quarter in quarters),
            one.site, one.team, one.facet, one.code,
        )
        for one in found
    )  # fmt: skip
    return Track(measure, per, lines)


def _point(measure: Measure, per: Per, one: Group, usual: float, quarter: Quarter) -> Point:
    n = int(getattr(one.counts.get(quarter.index, NOTHING), measure))
    batches = one.batches.get(quarter.index, 0)
    if per is Per.COUNT:
        return Point(quarter, Standing.TOLD, n, batches, float(n))
    if not batches:
        return Point(quarter, Standing.NO_BATCHES, n)
    rate = rate_interval(n, batches)
    standing = Standing.TOLD if batches * usual >= FEWEST_EXPECTED else Standing.UNTOLD
    return Point(quarter, standing, n, batches, rate.value, rate.low, rate.high)


def climate_track(reading: ClimateReading, here: Places, place: Place, quarters: Sequence[Quarter]) -> Track:
    """Return the released climate of a team, or of a site's teams by name and of what its small teams gave together."""
    if place is None:
        return Track(Measure.CLIMATE, Per.COUNT, ())
    if isinstance(place, TeamPlace):
        teams: Sequence[TeamPlace] = (place,)
    else:
        teams = [team for team in here.teams if team.site.id == place.id]
    lines = [
        Line(
            str(team.id), team.full_name,
            tuple(_released(reading.of(team.id).get(quarter), quarter) for quarter in quarters),
        )
        for team in teams
    ]  # fmt: skip
    pooled = {one.quarter: one.climate for one in reading.pooled if one.site == place.id}
    if pooled:
        name = label("small_teams", "explore_word") % {"site": place.name}
        points = tuple(_released(pooled.get(quarter), quarter) for quarter in quarters)
        lines.append(Line(f"small-{place.id}", name, points))
    return Track(Measure.CLIMATE, Per.COUNT, tuple(lines))


def _released(climate: Climate | None, quarter: Quarter) -> Point:
    if climate is None:
        return Point(quarter, Standing.WAITING)
    return Point(quarter, Standing.TOLD, climate.n_low, 0, climate.score, climate.low, climate.high)
