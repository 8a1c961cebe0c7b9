"""Reading the counts kept ready.

A page reads the counts that are kept, and of a site's quarters that changed since they were made (``BehaviorMark``) it
counts the records themselves: so it is as true as a count of everything, and costs as little as what changed in the last
seconds. Whoever sees the whole network reads its sites added up (``BehaviorTotal``), less what has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    String,
    and_,
    cast,
    func,
    literal,
    literal_column,
    not_,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute

from behavior_metrics.counting.queries import NAMES, NOTHING, SEE, Counts, counted, recounted
from behavior_metrics.counting.rules import Facet
from behavior_metrics.summaries.models import BehaviorCount, BehaviorMark, BehaviorRecount, BehaviorTotal
from lms.deviations.taxonomy import CORE
from lms.extensions import db
from lms.network.models import Network, Site
from lms.permissions import Actor
from lms.scope import within


class Key(NamedTuple):
    """Of what a count is. Site, quarter or code are None where all of them are added up."""

    facet: Facet
    code: str | None
    site: UUID | None = None
    quarter: int | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """Some facets, what of their counts is not added up, and which of their figures are read: any other may be nought."""

    facets: tuple[Facet, ...]
    by_site: bool = False
    by_quarter: bool = False
    by_code: bool = True
    #: Fewer than all where many rows are read or added up.
    figures: tuple[str, ...] = NAMES
    #: Without what has no code: no team, no product.
    named: bool = False
    #: Of some sites alone, None for all of the reader's.
    among: frozenset[UUID] | None = None

    @property
    def of_all_sites(self) -> bool:
        """Whether the sites' counts added up answer it."""
        return not self.by_site and set(self.facets) <= set(ADDED_UP)

    def key(self, site: UUID, quarter: int, facet: Facet, code: str) -> Key:
        """Return under what a count is added."""
        by = self.by_code, self.by_site, self.by_quarter
        named, at, when = (
            value if kept_apart else None for value, kept_apart in zip((code, site, quarter), by, strict=True)
        )
        return Key(facet, named, at, when)  # type: ignore[arg-type]


#: Facets of which the counts of sites are added up.
ADDED_UP = tuple(facet for facet in Facet if facet is not Facet.TEAM)

#: Site -> its quarters that changed since its counts were made; None for all of them.
Changed = Mapping[UUID, frozenset[int] | None]
_ALL = "all"


def changed_quarters(site_id: ColumnElement[UUID] | InstrumentedAttribute[UUID]) -> ColumnElement[str | None]:
    """Return the quarters of a site with changes not folded into its counts yet, as one text for ``read_quarters``."""
    quarter = func.coalesce(cast(BehaviorMark.quarter, String), _ALL)
    mine = select(func.aggregate_strings(quarter, ",")).where(
        BehaviorMark.site_id == site_id, BehaviorMark.recount_id.is_(None)
    )
    return mine.scalar_subquery()


def read_quarters(text: str) -> frozenset[int] | None:
    """Return the quarters that ``changed_quarters`` wrote; None for all of them."""
    named = set(text.split(","))
    return None if _ALL in named else frozenset(map(int, named))


def summed(
    reader: Actor,
    zones: Collection[str],
    quarters: Sequence[int],
    asks: Sequence[Ask],
    *,
    changed: Changed,
    site: UUID | None = None,
) -> dict[Key, Counts]:
    """Return the counts of quarters in a row within the reader's sites (or at one of them), added up as asked.

    One statement whatever is asked. ``changed`` is what changed since the counts were made, as it was found before
    (``frames.queries.places``): of these quarters the records are counted, of all others what is kept is read.
    """
    names = _read_of(asks)
    found: dict[Key, Counts] = {}
    facets = {str(facet): facet for facet in Facet}
    made = _maker(names)
    among = None if site is None else (site,)
    for number, name, code, at, quarter, *numbers in _rows(reader, zones, quarters, asks, names, changed, among):
        counts, facet = made(numbers), facets[name]
        if number != _LIVE:
            keys = [Key(facet, code, at, quarter)]
        else:
            keys = [ask.key(at, quarter, facet, _named(facet, code)) for ask in asks if facet in ask.facets]
        for key in keys:
            before = found.setdefault(key, counts)
            if before is not counts:
                found[key] = before + counts
    # what was added up or taken away may leave noughts
    if any(ask.of_all_sites for ask in asks):
        found = {key: counts for key, counts in found.items() if counts != NOTHING}
    return found


#: Site and team (None: no team) -> quarter -> counts.
OfTeams = dict[tuple[UUID, UUID | None], dict[int, Counts]]


def of_teams(
    reader: Actor,
    zones: Collection[str],
    quarters: Sequence[int],
    *,
    changed: Changed,
    figures: Sequence[str] = NAMES,
    among: Collection[UUID] | None = None,
) -> OfTeams:
    """Return the counts of each team at the reader's sites (or ``among`` some of them), quarter by quarter.

    As ``summed`` would, and without a key for each of the ten thousand counts of a large network. What no team made stands
    under None.
    """
    ask = Ask((Facet.TEAM,), by_site=True, by_quarter=True, figures=tuple(figures))
    (found,) = _by_place(reader, zones, quarters, [ask], changed, among)
    return _with_ids(found)


def of_teams_and_all(
    reader: Actor, zones: Collection[str], quarters: Sequence[int], *, changed: Changed, figures: Sequence[str]
) -> tuple[OfTeams, Mapping[int, Counts]]:
    """Return the counts of teams alone, and those of all sites together by quarter, with what no team made."""
    teams = Ask((Facet.TEAM,), by_site=True, by_quarter=True, figures=tuple(figures), named=True)
    everything = Ask((Facet.ALL,), by_quarter=True, figures=tuple(figures))
    found, together = _by_place(reader, zones, quarters, [teams, everything], changed, None)
    return _with_ids(found), together.get(None, (None, {}))[1]


def of_teams_and_some(
    reader: Actor,
    zones: Collection[str],
    quarters: Sequence[int],
    *,
    changed: Changed,
    figures: Sequence[str],
    some: Collection[UUID],
) -> tuple[OfTeams, OfTeams]:
    """Return the counts of teams alone, and those of some sites with what no team made."""
    teams = Ask((Facet.TEAM,), by_site=True, by_quarter=True, figures=tuple(figures), named=True)
    found, whole = _by_place(
        reader, zones, quarters, [teams, replace(teams, named=False, among=frozenset(some))], changed, None
    )
    return _with_ids(found), _with_ids(whole)


#: Code, or without one its site (None: all of them) -> site and quarter -> counts.
_Places = dict[str | UUID | None, tuple[UUID | None, dict[int, Counts]]]


def _by_place(
    reader: Actor,
    zones: Collection[str],
    quarters: Sequence[int],
    asks: Sequence[Ask],
    changed: Changed,
    among: Collection[UUID] | None,
) -> Sequence[_Places]:
    """Return what each ask, of one facet, is answered with. A code is of one site."""
    names = _read_of(asks)
    found: list[_Places] = [{} for _ in asks]
    made = _maker(names)
    for number, facet, code, at, quarter, *numbers in _rows(reader, zones, quarters, asks, names, changed, among):
        counts = made(numbers)
        places: list[tuple[int, UUID | None, str]] = [(number, at, code)]
        if number == _LIVE:
            places = [
                (place, *((at, _named(facet, code)) if ask.by_site else (None, "")))
                for place, ask in enumerate(asks)
                if facet in ask.facets and (code or not ask.named) and (ask.among is None or at in ask.among)
            ]
        for place, site, name in places:
            own = found[place].setdefault(name or site, (site, {}))[1]
            own[quarter] = own[quarter] + counts if quarter in own else counts
    return found


def _with_ids(found: _Places) -> OfTeams:
    return {
        (site, UUID(code) if isinstance(code, str) else None): own
        for code, (site, own) in found.items()
        if site is not None
    }


def _read_of(asks: Iterable[Ask]) -> list[str]:
    """Return the figures that any of them asks for: what nobody needs is not read."""
    return [name for name in NAMES if any(name in ask.figures for ask in asks)]


def _maker(names: Sequence[str]) -> Callable[[Sequence[int]], Counts]:
    """Return what makes counts of the figures that were read; those that were not are nought."""
    placed = itemgetter(*(names.index(name) if name in names else len(names) for name in NAMES))
    return lambda numbers: Counts._make(placed((*numbers, 0)))


def _named(facet: str, code: str) -> str:
    """Return a code counted from the records as it is kept: the databases write a team's id differently."""
    return str(UUID(code)) if facet == Facet.TEAM and code else code


def _rows(
    reader: Actor,
    zones: Collection[str],
    quarters: Sequence[int],
    asks: Sequence[Ask],
    names: Sequence[str],
    changed: Changed,
    among: Collection[UUID] | None,
) -> Sequence[Any]:
    """Return the number of the ask (or ``_LIVE``), facet, code, site, quarter and these figures of what answers."""
    if not zones or not quarters:
        return ()
    here = within(Site.id, reader, SEE)
    if among is not None:
        here = and_(here, Site.id.in_(among))
    stale = {
        at: asked
        for at, marked in changed.items()
        if (asked := [quarter for quarter in quarters if marked is None or quarter in marked])
        and (among is None or at in among)
    }
    sites = (
        select(Site.id)
        .join(Network, Network.id == Site.network_id)
        .where(Network.taxonomy == CORE, here)
        .cte("here")
        .prefix_with("MATERIALIZED", dialect="postgresql")  # looked up once, not for each of some ten thousand rows
    )
    of_sites = BehaviorCount.site_id.in_(select(sites.c.id))
    changed_since = [_one_of(stale, BehaviorCount.site_id, BehaviorCount.quarter)] if stale else []
    home = select(Network.id).where(Network.taxonomy == CORE)
    # where all of a site is counted anew, what is kept may be doubted as a whole
    whole = among is None and reader.sites_for(SEE) is None and None not in changed.values()
    parts: list[Select[Any]] = []
    for number, ask in enumerate(asks):
        read = partial(_of_kept, ask, number, quarters, names)
        if not (whole and ask.of_all_sites):
            parts.append(read(BehaviorCount, of_sites, *map(not_, changed_since)))
            continue
        parts.append(read(BehaviorTotal, BehaviorTotal.network_id.in_(home)))
        if changed_since:
            parts.append(read(BehaviorCount, of_sites, *changed_since, sign=-1))
    if stale:
        facets = tuple(dict.fromkeys(facet for ask in asks for facet in ask.facets))
        counted_anew = and_(here, _one_of(stale, Site.id, literal_column("span.quarter", Integer)))
        live = counted(zones, set().union(*stale.values()), facets, counted_anew).subquery("live")
        order = (live.c.facet, live.c.code, live.c.site, live.c.quarter, *(live.c[name] for name in names))
        parts.append(select(literal(_LIVE), *order))
    return db.session.execute(union_all(*parts)).all()


#: Site -> its quarters of which the records are counted.
_Stale = Mapping[UUID, Collection[int]]


def _one_of(stale: _Stale, site_id: Any, quarter: Any) -> ColumnElement[bool]:  # noqa: ANN401 - columns of either table
    return or_(*(and_(site_id == at, quarter.in_(quarters)) for at, quarters in stale.items()))


#: Stands in the place of an ask's number where a row was counted from the records.
_LIVE = -1


def _of_kept(
    ask: Ask,
    which: int,
    quarters: Sequence[int],
    names: Sequence[str],
    table: type[BehaviorCount | BehaviorTotal],
    *where: ColumnElement[bool],
    sign: int = 1,
) -> Select[Any]:
    """Return the statement that reads what is kept, of sites or of all of them added up; `sign` -1 to take it away.

    `which` is the ask's number, by which its rows are told apart; `names` are the figures that any ask reads.
    """
    at = table.site_id if ask.by_site and table is BehaviorCount else None
    code, quarter = table.code if ask.by_code else None, table.quarter if ask.by_quarter else None
    absent = (cast(null(), String), cast(null(), BehaviorCount.site_id.type), cast(null(), Integer))
    columns = [one if one is not None else none for one, none in zip((code, at, quarter), absent, strict=True)]
    where = (
        *where,
        table.facet.in_([str(facet) for facet in ask.facets]),
        table.quarter.between(min(quarters), max(quarters)),
        *([table.code != ""] if ask.named else []),
        *([BehaviorCount.site_id.in_(ask.among)] if ask.among is not None else []),
    )
    groups = [one for one in (code, at, quarter) if one is not None]
    is_key = len(groups) == len(columns)  # there is nothing to add up then
    numbers: list[Any] = [getattr(table, name) for name in names]
    if not is_key:
        sums = zip(names, numbers, strict=True)
        numbers = [sign * func.sum(number) if name in ask.figures else literal(0) for name, number in sums]
    wanted: list[Any] = [literal(which), table.facet, *columns, *numbers]
    statement: Select[Any] = select(*wanted).where(*where)
    return statement if is_key else statement.group_by(table.facet, *groups)


def kept(
    connection: Connection, site_id: UUID, quarters: Collection[int] | None
) -> dict[tuple[UUID, int, Facet, str], Counts]:
    """Return the counts that are kept of a site: of some quarters, or of all."""
    table = BehaviorCount
    columns = (table.site_id, table.quarter, table.facet, table.code, *(getattr(table, name) for name in NAMES))
    statement = select(*columns).where(table.site_id == site_id)
    if quarters is not None:
        statement = statement.where(table.quarter.in_(quarters))
    return recounted(connection.execute(statement))


def newest_recount() -> BehaviorRecount | None:
    """Return the newest recount; None if none was ever asked for."""
    return db.session.scalar(select(BehaviorRecount).order_by(BehaviorRecount.asked_at.desc()).limit(1))
