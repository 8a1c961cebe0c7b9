"""Counts by team and quarter, and the records behind each count.

A count and the list it opens use the same condition, written once below, so they cannot differ. Quarters begin and end at
midnight of the site. Nothing here can be asked about a person.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, Date, Select, and_, case, func, literal, null, select, type_coerce, union_all

from behavior_metrics.counting.queries import CODES, FIGURES, NAMES, NOTHING, SEE, Counts, confirmed, spans
from behavior_metrics.counting.rules import Facet
from behavior_metrics.frames.quarters import Quarter, Window
from behavior_metrics.months.rules import Month
from behavior_metrics.summaries.queries import (
    Changed,
    OfTeams,
    changed_quarters,
    of_teams,
    of_teams_and_all,
    of_teams_and_some,
    read_quarters,
)
from coaching.api import is_switched_off
from lms.deviations.models import Deviation
from lms.deviations.taxonomy import CORE
from lms.exposure.models import Batch
from lms.extensions import UTCDateTime, db
from lms.network.models import Network, Site, Team
from lms.permissions import Actor
from lms.recurrences.models import Recurrence
from lms.recurrences.rules import R1
from lms.refusals import NotFound
from lms.scope import within
from lms.web.times import local_day, start_of_day

__all__ = ["FIGURES", "NOTHING", "SEE", "Counts"]

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class SitePlace:
    """A site of the home network."""

    id: UUID
    code: str
    name: str
    zone: str
    #: Whether the survey runs there; where it is off, no figure of the site takes part.
    has_survey: bool = True


@dataclass(frozen=True, slots=True)
class TeamPlace:
    """A team with its site."""

    id: UUID
    name: str
    site: SitePlace

    @property
    def full_name(self) -> str:
        """Site and team."""
        return f"{self.site.name}: {self.name}"


@dataclass(frozen=True, slots=True)
class Places:
    """The reader's sites and teams, both by name. `whole_network` says that none is left out."""

    sites: tuple[SitePlace, ...]
    teams: tuple[TeamPlace, ...]
    whole_network: bool
    #: What changed and is not folded into the counts kept ready.
    changed: Changed = field(default_factory=dict)

    @property
    def zones(self) -> set[str]:
        """The zones that these sites keep their days by."""
        return {site.zone for site in self.sites}

    def site(self, site_id: UUID) -> SitePlace:
        """Return one site. Raises ``NotFound`` for a missing one and for one that is not the reader's alike."""
        found = next((site for site in self.sites if site.id == site_id), None)
        if found is None:
            raise NotFound("There is no such site among yours.")
        return found

    def team(self, team_id: UUID) -> TeamPlace:
        """Return one team. Raises ``NotFound`` for a missing one and for one of another site alike."""
        found = next((team for team in self.teams if team.id == team_id), None)
        if found is None:
            raise NotFound("There is no such team at your sites.")
        return found

    def window(self, as_of: datetime, length: int) -> Window:
        """Return the `length` quarters up to a moment, by the calendars of these sites (by UTC without any)."""
        zones = {site.zone for site in self.sites} or {"UTC"}
        return Window.until((local_day(as_of, zone) for zone in zones), length)


#: Quarter -> what was counted in it.
OfQuarters = Mapping[Quarter, Counts]
#: Site and team (None: what no team made) -> its quarters.
Cells = Mapping[tuple[UUID, UUID | None], OfQuarters]


@dataclass(frozen=True)
class ByTeam:
    """Counts of a window by team and quarter, as known at `as_of`."""

    as_of: datetime
    places: Places
    window: Window
    cells: Cells

    def of_team(self, team: TeamPlace, quarter: Quarter) -> Counts:
        """Counts of one team-quarter."""
        return self.quarters_of(team).get(quarter, NOTHING)

    def quarters_of(self, team: TeamPlace) -> OfQuarters:
        """Counts of a team, in the quarters that have any."""
        return self.cells.get((team.site.id, team.id), {})


@dataclass(frozen=True)
class TeamFrame(ByTeam):
    """Counts of teams and, beside them, of all sites together by quarter, with what no team made."""

    by_quarter: OfQuarters


@dataclass(frozen=True)
class Frame(ByTeam):
    """Counts by site, team and quarter. A team None holds what no team made."""

    #: The past day by whose end things had to be known to count; None counts all that is known now.
    known_on: date | None = None

    def of_site(self, site_id: UUID, quarter: Quarter) -> Counts:
        """Counts of one site-quarter, with what no team made."""
        return sum((own.get(quarter, NOTHING) for own in self._of_sites.get(site_id, ())), NOTHING)

    @cached_property
    def by_quarter(self) -> OfQuarters:
        """Counts of all sites together."""
        found: dict[Quarter, list[Counts]] = {}
        for own in self.cells.values():
            for quarter, counts in own.items():
                found.setdefault(quarter, []).append(counts)
        return {quarter: Counts(*map(sum, zip(*every, strict=True))) for quarter, every in found.items()}

    @cached_property
    def _of_sites(self) -> Mapping[UUID, Sequence[OfQuarters]]:
        found: dict[UUID, list[OfQuarters]] = {}
        for (site, _team), own in self.cells.items():
            found.setdefault(site, []).append(own)
        return found


def places(reader: Actor) -> Places:
    """Return the sites and teams of the home network whose metrics the reader may see, in one statement."""
    statement = (
        select(
            Site.id,
            Site.code,
            Site.name,
            Site.zone,
            is_switched_off(Site.id),
            Team.id,
            Team.name,
            changed_quarters(Site.id),
        )
        .join(Network, Network.id == Site.network_id)
        .outerjoin(Team, Team.site_id == Site.id)
        .where(Network.taxonomy == CORE, within(Site.id, reader, SEE))
        .order_by(Site.name, Team.name)
    )
    sites: dict[UUID, SitePlace] = {}
    teams: list[TeamPlace] = []
    changed: dict[UUID, frozenset[int] | None] = {}
    for site_id, code, name, zone, is_off, team_id, team_name, quarters in db.session.execute(statement):
        if quarters is not None:
            changed[site_id] = read_quarters(quarters)
        site = sites.setdefault(site_id, SitePlace(site_id, code, name, zone, not is_off))
        if team_id is not None:
            teams.append(TeamPlace(team_id, team_name, site))
    return Places(tuple(sites.values()), tuple(teams), reader.sites_for(SEE) is None, changed)


def frame(
    reader: Actor, as_of: datetime, quarters: int, known_on: date | None = None, figures: Sequence[str] = NAMES
) -> Frame:
    """Return all counts of the last so many quarters within the reader's sites: two statements, whatever their size.

    As known on a past day, the quarters are those up to it. It counts what was recorded by the end of that day at its
    site, classified as it is now, and of recurrences those whose decision, which still stands, was signed by then. A day
    that is not over at every site is the same as now. Figures that are not among ``figures`` may be nought.
    """
    here = places(reader)
    window = here.window(as_of, quarters)
    if known_on is None or known_on > window.last_full_day:
        return Frame(as_of, here, window, _summed(reader, here, window, figures))
    shown = Window.until((known_on,), quarters).quarters
    over = sum(quarter.last_day <= known_on for quarter in shown)
    # commitments are shown as of now, so what is due by now stays due
    window = Window(shown, over, window.last_full_day)
    return Frame(as_of, here, window, _counted(reader, here, window, known_on), known_on)


def team_frame(reader: Actor, as_of: datetime, quarters: int, figures: Sequence[str]) -> TeamFrame:
    """Return these figures of now of the last so many quarters, team by team and of all together: two statements."""
    here = places(reader)
    window = here.window(as_of, quarters)
    indexed = {quarter.index: quarter for quarter in window.quarters}
    teams, together = of_teams_and_all(reader, here.zones, list(indexed), changed=here.changed, figures=figures)
    return TeamFrame(as_of, here, window, _by_place(teams, indexed), _by_quarter(together, indexed))


def frames_of(
    reader: Actor, as_of: datetime, quarters: int, figures: Sequence[str], here: Places, sites: Collection[UUID]
) -> tuple[ByTeam, Frame]:
    """Return these figures of now of all teams, and of some sites with what no team made, in one statement."""
    window = here.window(as_of, quarters)
    indexed = {quarter.index: quarter for quarter in window.quarters}
    teams, some = of_teams_and_some(
        reader, here.zones, list(indexed), changed=here.changed, figures=figures, some=sites
    )
    return (
        ByTeam(as_of, here, window, _by_place(teams, indexed)),
        Frame(as_of, here, window, _by_place(some, indexed)),
    )


def frame_of(reader: Actor, as_of: datetime, quarters: int, here: Places, sites: Collection[UUID]) -> Frame:
    """Return the counts of now of some of the reader's sites; the window is that of all of them."""
    window = here.window(as_of, quarters)
    return Frame(as_of, here, window, _summed(reader, here, window, NAMES, sites))


def _summed(
    reader: Actor, here: Places, window: Window, figures: Sequence[str], among: Collection[UUID] | None = None
) -> Cells:
    """Read the counts of now from those that are kept: of all sites or of some."""
    indexed = {quarter.index: quarter for quarter in window.quarters}
    found = of_teams(reader, here.zones, list(indexed), changed=here.changed, figures=figures, among=among)
    return _by_place(found, indexed)


def _by_place(found: OfTeams, indexed: Mapping[int, Quarter]) -> Cells:
    return {place: _by_quarter(own, indexed) for place, own in found.items()}


def _by_quarter(found: Mapping[int, Counts], indexed: Mapping[int, Quarter]) -> OfQuarters:
    return {indexed[index]: counts for index, counts in found.items()}


def _counted(reader: Actor, here: Places, window: Window, known_on: date) -> Cells:
    """Count the records themselves, as known at the end of a past day."""
    if not here.sites:
        return {}
    zones = {site.zone for site in here.sites}
    span = spans(zones, [quarter.index for quarter in window.quarters])
    nothing = [literal(0).label(name) for name in FIGURES]
    made = (
        select(
            Site.id.label("site"), Batch.team_id.label("team"), span.c.quarter, func.count().label("batches"), *nothing
        )
        .select_from(Batch)
        .join(Site, Site.id == Batch.site_id)
        .join(Network, Network.id == Site.network_id)
        .join(span, and_(span.c.zone == Site.zone, Batch.started_on.between(span.c.first_day, span.c.last_day)))
        .where(Network.taxonomy == CORE, within(Site.id, reader, SEE), Batch.started_on <= known_on)
        .group_by(Site.id, Batch.team_id, span.c.quarter)
    )
    sums = [func.sum(case((condition, 1), else_=0)).label(name) for name, condition in FIGURES.items()]
    deviations = select(
        Site.id.label("site"), Deviation.team_id.label("team"), span.c.quarter, literal(0).label("batches"), *sums
    )
    recorded = within_span(deviations, reader, span, _known_until(zones, known_on)).group_by(
        Site.id, Deviation.team_id, span.c.quarter
    )
    cells: dict[tuple[UUID, UUID | None], dict[Quarter, Counts]] = {}
    for site, team, index, *numbers in db.session.execute(union_all(made, recorded)):
        own, quarter = cells.setdefault((site, team), {}), Quarter(index)
        own[quarter] = own.get(quarter, NOTHING) + Counts(*map(int, numbers))
    return cells


def _known_until(zones: set[str], known_on: date | None) -> ColumnElement[datetime] | None:
    """Return the moment at which a day is over at the site, None without a day."""
    return None if known_on is None else _midnight(zones, known_on + timedelta(days=1))


def _midnight(zones: set[str], day: date) -> ColumnElement[datetime]:
    """Return the moment at which a day begins at the site."""
    begins = ((Site.zone == zone, start_of_day(day, zone)) for zone in sorted(zones))
    return case(*((here, literal(begin, UTCDateTime)) for here, begin in begins))


def within_span(
    statement: Select[Any], reader: Actor, span: CTE, known_until: ColumnElement[datetime] | None
) -> Select[Any]:
    """Join what the figures speak of: the deviation, its site's quarter, and the match of which it is the later one."""
    match, kept = [Recurrence.deviation_id == Deviation.id, Recurrence.rule == R1], [Network.taxonomy == CORE]
    if known_until is not None:
        match.append(Recurrence.decided_at < known_until)
        kept.append(Deviation.recorded_at < known_until)
    return (
        statement.select_from(Deviation)
        .join(Site, Site.id == Deviation.site_id)
        .join(Network, Network.id == Site.network_id)
        .join(
            span,
            and_(span.c.zone == Site.zone, Deviation.occurred_at >= span.c.begins, Deviation.occurred_at < span.c.ends),
        )
        .outerjoin(Recurrence, and_(*match))
        .outerjoin(Batch, Batch.id == Deviation.batch_id)
        .where(*kept, within(Site.id, reader, SEE))
    )


@dataclass(frozen=True, slots=True)
class RecordRow:
    """A deviation in the list behind a figure."""

    id: UUID
    number: str
    title: str
    site_name: str
    zone: str
    team_name: str | None
    detection_channel: str
    severity: str
    occurred_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Behind:
    """Which figure's list is asked for: of which quarters, of one site, one team or all, and as known on which day."""

    figure: str
    quarter: Quarter
    site: UUID | None = None
    team: UUID | None = None
    known_on: date | None = None
    #: The first quarter of several, of which ``quarter`` is the last.
    since: Quarter | None = None
    #: Of one code of a facet alone.
    facet: Facet = Facet.ALL
    code: str = ""
    #: One month of the quarter alone.
    month: Month | None = None

    @property
    def quarters(self) -> list[int]:
        """The quarters by their numbers."""
        return list(range((self.since or self.quarter).index, self.quarter.index + 1))


_RECORD: tuple[Any, ...] = (
    Deviation.id, Deviation.number, Deviation.title, Site.name, Site.zone, Team.name, Deviation.detection_channel,
    Deviation.severity, Deviation.occurred_at, Deviation.recorded_at,
)  # fmt: skip


def records(reader: Actor, here: Places, behind: Behind, page: int) -> tuple[int, list[RecordRow]]:
    """Return how many deviations a figure counts and one page of them (from 1), newest occurrence first."""
    zones = {site.zone for site in here.sites}
    if not zones:
        return 0, []
    span, known_until = (
        spans(zones, behind.quarters),
        _known_until(zones, behind.known_on),
    )

    conditions = [FIGURES[behind.figure], CODES[behind.facet] == behind.code]
    if behind.month is not None:
        days = behind.month.first_day, behind.month.last_day + timedelta(days=1)
        begins, ends = (_midnight(zones, day) for day in days)
        conditions += [Deviation.occurred_at >= begins, Deviation.occurred_at < ends]
    if behind.site is not None:
        conditions.append(Deviation.site_id == behind.site)
    if behind.team is not None:
        conditions.append(Deviation.team_id == behind.team)
    counted = within_span(select(func.count(Deviation.id)), reader, span, known_until).where(*conditions)
    total = db.session.scalar(counted) or 0
    statement = within_span(select(*_RECORD), reader, span, known_until).where(*conditions)
    statement = statement.outerjoin(Team, Team.id == Deviation.team_id)
    statement = statement.order_by(Deviation.occurred_at.desc(), Deviation.number.desc())
    rows = db.session.execute(statement.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE))
    return total, [RecordRow(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Recurred:
    """Confirmed recurrences and the batches started meanwhile."""

    recurrences: int = 0
    batches: int = 0


def recurred_lately(reader: Actor, as_of: datetime) -> tuple[Quarter, Recurred, Recurred]:
    """Return the quarter going on (by UTC), what recurred in it and in the one before, in one statement.

    Made for the home page, where many rooms share few statements: so days and moments are grouped by zone and put into
    their site's quarter here.
    """
    present = Quarter.of(as_of.date())
    last = Quarter(present.index - 1)
    # A day to spare, since a site's quarter may begin up to 14 hours before UTC's.
    since = start_of_day(last.first_day, "UTC") - timedelta(days=1)
    scope = and_(Network.taxonomy == CORE, within(Site.id, reader, SEE))
    no_moment, no_day = type_coerce(null(), UTCDateTime), type_coerce(null(), Date)
    batches = (
        select(Site.zone, Batch.started_on.label("day"), no_moment.label("moment"), func.count().label("number"))
        .select_from(Batch)
        .join(Site, Site.id == Batch.site_id)
        .join(Network, Network.id == Site.network_id)
        .where(scope, Batch.started_on.between(last.first_day, present.last_day))
        .group_by(Site.zone, Batch.started_on)
    )
    again = (
        select(Site.zone, no_day.label("day"), Deviation.occurred_at.label("moment"), literal(1).label("number"))
        .select_from(Recurrence)
        .join(Deviation, Deviation.id == Recurrence.deviation_id)
        .join(Site, Site.id == Deviation.site_id)
        .join(Network, Network.id == Site.network_id)
        .where(scope, Recurrence.rule == R1, confirmed, Deviation.occurred_at >= since)
    )
    found = {last: Recurred(), present: Recurred()}
    for zone, day, moment, number in db.session.execute(union_all(batches, again)):
        quarter = Quarter.of(day if moment is None else local_day(moment, zone))
        if quarter in found:
            so_far = found[quarter]
            found[quarter] = (
                Recurred(so_far.recurrences, so_far.batches + number)
                if moment is None
                else Recurred(so_far.recurrences + number, so_far.batches)
            )
    return present, found[last], found[present]
