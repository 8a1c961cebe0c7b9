"""What is counted, counting it, and reading it from the counts kept ready.

A page reads the counts that are kept, and of a site's quarters that changed since they were made (``BehaviorMark``) it
counts the records themselves: so it is as true as a count of everything, and costs as little as what changed in the last
seconds. Whoever sees the whole network reads its sites added up (``BehaviorTotal``), less what has changed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from operator import add, sub
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Date,
    Integer,
    Select,
    String,
    and_,
    case,
    cast,
    column,
    exists,
    extract,
    func,
    literal,
    literal_column,
    not_,
    null,
    or_,
    select,
    union_all,
    values,
)
from sqlalchemy.orm import InstrumentedAttribute

from behavior_metrics.summaries.models import BehaviorCount, BehaviorMark, BehaviorRecount, BehaviorTotal
from behavior_metrics.summaries.rules import LONGEST_DELAY, Facet, first_day
from lms.coding.rules import HUMAN
from lms.deviations.models import Deviation
from lms.deviations.rules import CLASSIFIED, LATE_AFTER, State
from lms.deviations.taxonomy import CORE, INDEPENDENT
from lms.exposure.models import Batch
from lms.extensions import UTCDateTime, db
from lms.network.models import Network, Site
from lms.permissions import Actor, Permission
from lms.recurrences.models import Recurrence
from lms.recurrences.rules import R1, R3, Decision
from lms.scope import within
from lms.web.times import start_of_day

SEE = Permission.METRICS_SEE

#: Found later by somebody who might as well have been told: what was raised first is compared with these. Alarms and
#: results of QC or monitoring are left out, because nobody could have been quicker than a machine.
_FOUND_LATER = ("supervisor", "batch_record_review", "audit")

confirmed = Recurrence.decision == Decision.CONFIRMED
_accepted = Deviation.state.in_(CLASSIFIED)
_first = and_(_accepted, Deviation.self_reported)
_seconds = extract("epoch", Deviation.recorded_at) - extract("epoch", Deviation.occurred_at)
_in_time = _seconds <= LATE_AFTER.total_seconds()
_recorded = Deviation.state != State.REJECTED_DUPLICATE
#: The end of the quarter in which it happened, of the table of ``spans``.
_quarter_over = Deviation.recorded_at >= literal_column("span.ends", UTCDateTime)
_of_action = Recurrence.__table__.alias("of_action").c

#: Name of a figure -> the deviations it counts. The names are those of ``Counts`` and of the address of the list.
FIGURES: Mapping[str, ColumnElement[bool]] = {
    "recurrences": confirmed,
    "self_reported": and_(confirmed, Deviation.self_reported),
    "independent": and_(
        confirmed,
        or_(Deviation.detection_channel.in_(INDEPENDENT), Deviation.severity.in_(("major", "critical"))),
    ),
    "major": and_(confirmed, Deviation.severity.in_(("major", "critical"))),
    "good_catches": and_(Deviation.kind == "good_catch", _recorded),
    "to_be_raised": and_(_accepted, or_(Deviation.self_reported, Deviation.detection_channel.in_(_FOUND_LATER))),
    "raised_first": _first,
    "raised_in_time": and_(_first, _in_time),
    "human_causes": and_(_accepted, Deviation.root_cause_class == HUMAN),
    "other_causes": and_(_accepted, Deviation.root_cause_class.not_in((HUMAN, "not_determined", ""))),
    "recorded_later": and_(_recorded, _quarter_over, not_(_in_time)),
    "after_action": exists().where(
        _of_action.deviation_id == Deviation.id, _of_action.rule == R3, _of_action.decision == Decision.CONFIRMED
    ),
    "recorded": _recorded,
    "late": and_(_recorded, not_(_in_time)),
    "classified": _accepted,
    "not_determined": and_(_accepted, Deviation.root_cause_class.in_(("not_determined", ""))),
    "without_team": and_(_recorded, Deviation.team_id.is_(None)),
    "detected": and_(_accepted, not_(Deviation.self_reported), Deviation.detection_channel.in_(INDEPENDENT)),
}


class Counts(NamedTuple):
    """What was counted in one quarter, in one team or under one code, or (added up) at one site."""

    batches: int = 0
    recurrences: int = 0
    self_reported: int = 0
    independent: int = 0
    major: int = 0
    good_catches: int = 0
    to_be_raised: int = 0
    raised_first: int = 0
    raised_in_time: int = 0
    human_causes: int = 0
    other_causes: int = 0
    recorded_later: int = 0
    after_action: int = 0
    recorded: int = 0
    late: int = 0
    classified: int = 0
    not_determined: int = 0
    without_team: int = 0
    detected: int = 0

    def __add__(self, other: Counts) -> Counts:  # type: ignore[override]
        """Add count by count, as a tuple would not: a page of many sites does it ten thousand times."""
        return Counts(*map(add, self, other))

    def __sub__(self, other: Counts) -> Counts:
        """Subtract count by count."""
        return Counts(*map(sub, self, other))


NOTHING = Counts()
NAMES = Counts._fields


class Key(NamedTuple):
    """Of what a count is. Site, quarter or code are None where all of them are added up."""

    facet: Facet
    code: str | None
    site: UUID | None = None
    quarter: int | None = None


def spans(zones: Collection[str], quarters: Collection[int]) -> CTE:
    """Return when each quarter begins and ends in each zone, as a table to join with."""
    columns = (
        column("zone", String), column("quarter", Integer), column("begins", UTCDateTime), column("ends", UTCDateTime),
        column("first_day", Date), column("last_day", Date),
    )  # fmt: skip
    rows = [
        (
            zone, quarter, start_of_day(first_day(quarter), zone), start_of_day(first_day(quarter + 1), zone),
            first_day(quarter), first_day(quarter + 1) - timedelta(days=1),
        )
        for zone in sorted(zones)
        for quarter in sorted(quarters)
    ]  # fmt: skip
    return values(*columns, name="span").data(rows).cte("span")


#: What a facet's code is of a deviation; hours in whole numbers, cut off at a week.
CODES: Mapping[Facet, Any] = {
    Facet.ALL: literal("", String),
    Facet.TEAM: func.coalesce(cast(Deviation.team_id, String), ""),
    Facet.STEP: Deviation.process_step,
    Facet.CATEGORY: Deviation.category,
    Facet.CAUSE: Deviation.root_cause_class,
    Facet.SEVERITY: Deviation.severity,
    Facet.CHANNEL: Deviation.detection_channel,
    Facet.PRODUCT: func.coalesce(Batch.product, ""),
    Facet.DELAY: cast(
        case((_seconds >= LONGEST_DELAY * 3600, LONGEST_DELAY), else_=cast(_seconds, Integer) // 3600), String
    ),
}  # fmt: skip
_CODES_OF_BATCHES: Mapping[Facet, Any] = {
    Facet.ALL: literal("", String),
    Facet.TEAM: func.coalesce(cast(Batch.team_id, String), ""),
    Facet.PRODUCT: Batch.product,
    Facet.MONTH: cast(
        cast(extract("year", Batch.started_on), Integer) * 12 + cast(extract("month", Batch.started_on), Integer) - 1,
        String,
    ),
}


def counted(
    zones: Collection[str], quarters: Collection[int], facets: Collection[Facet], here: ColumnElement[bool]
) -> Select[Any]:
    """Return the statement that counts the records themselves: site, quarter, facet, code and the figures of ``Counts``.

    ``here`` limits the sites. It knows nothing of what is kept.
    """
    span = spans(zones, quarters)
    flags = [case((condition, 1), else_=0).label(name) for name, condition in FIGURES.items()]
    known = (
        select(
            Site.id.label("site"), span.c.quarter, *(CODES[f].label(f"by_{f}") for f in facets if f in CODES), *flags
        )
        .select_from(Deviation)
        .join(Site, Site.id == Deviation.site_id)
        .join(
            span,
            and_(span.c.zone == Site.zone, Deviation.occurred_at >= span.c.begins, Deviation.occurred_at < span.c.ends),
        )
        .outerjoin(Recurrence, and_(Recurrence.deviation_id == Deviation.id, Recurrence.rule == R1))
        .outerjoin(Batch, Batch.id == Deviation.batch_id)
        .where(here)
        .cte("known")
    )
    parts: list[Select[Any]] = []
    for facet in facets:
        if facet in CODES:
            code = known.c[f"by_{facet}"]
            sums = [func.sum(known.c[name]).label(name) for name in FIGURES]
            parts.append(
                select(known.c.site, known.c.quarter, literal(str(facet)).label("facet"), code.label("code"),
                       literal(0).label("batches"), *sums)
                .group_by(known.c.site, known.c.quarter, code)
            )  # fmt: skip
        if facet in _CODES_OF_BATCHES:
            of_batch = _CODES_OF_BATCHES[facet]
            made = select(Site.id, span.c.quarter, literal(str(facet)), of_batch, func.count(), *_noughts())
            parts.append(
                made.select_from(Batch)
                .join(Site, Site.id == Batch.site_id)
                .join(span, and_(span.c.zone == Site.zone, Batch.started_on.between(span.c.first_day, span.c.last_day)))
                .where(here)
                .group_by(Site.id, span.c.quarter, of_batch)
            )
    together = union_all(*parts).subquery("counted")
    return select(together)


def _noughts() -> list[ColumnElement[int]]:
    return [literal(0) for _ in FIGURES]


def recounted(rows: Any) -> dict[tuple[UUID, int, Facet, str], Counts]:  # noqa: ANN401 - SQLAlchemy's result
    """Return what ``counted`` found; codes of teams alike on both databases, and no row of noughts."""
    found: dict[tuple[UUID, int, Facet, str], Counts] = {}
    for site, quarter, facet, code, *numbers in rows:
        named = str(UUID(code)) if facet == Facet.TEAM and code else code
        key = (site, quarter, Facet(facet), named)
        found[key] = found.get(key, NOTHING) + Counts(*map(int, numbers))
    return {key: counts for key, counts in found.items() if counts != NOTHING}


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


@dataclass(frozen=True, slots=True)
class Ask:
    """Some facets, what of their counts is not added up, and which of their figures are read: any other may be nought."""

    facets: tuple[Facet, ...]
    by_site: bool = False
    by_quarter: bool = False
    by_code: bool = True
    #: Fewer than all where many rows are added up.
    figures: tuple[str, ...] = NAMES

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
    if not zones or not quarters:
        return {}
    here = within(Site.id, reader, SEE)
    if site is not None:
        here = and_(here, Site.id == site)
    stale = {
        at: asked
        for at, among in changed.items()
        if (asked := [quarter for quarter in quarters if among is None or quarter in among]) and site in {None, at}
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
    whole = site is None and reader.sites_for(SEE) is None and None not in changed.values()
    parts: list[Select[Any]] = []
    for number, ask in enumerate(asks):
        read = partial(_of_kept, ask, number, quarters)
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
        order = (live.c.facet, live.c.code, live.c.site, live.c.quarter, *(live.c[name] for name in NAMES))
        parts.append(select(literal(_LIVE), *order))
    found = _gathered(db.session.execute(union_all(*parts)).all(), asks)
    # what was added up or taken away may leave noughts
    if whole and any(ask.of_all_sites for ask in asks):
        found = {key: counts for key, counts in found.items() if counts != NOTHING}
    return found


def _gathered(rows: Sequence[Any], asks: Sequence[Ask]) -> dict[Key, Counts]:
    """Return rows added up under their keys; a page of many sites reads some ten thousand, so each step here tells."""
    found: dict[Key, Counts] = {}
    facets = {str(facet): facet for facet in Facet}
    for number, name, code, at, quarter, *numbers in rows:
        counts, facet = Counts._make(numbers), facets[name]
        if number != _LIVE:
            keys = [Key(facet, code, at, quarter)]
        else:
            named = str(UUID(code)) if facet is Facet.TEAM and code else code
            keys = [ask.key(at, quarter, facet, named) for ask in asks if facet in ask.facets]
        for key in keys:
            before = found.setdefault(key, counts)
            if before is not counts:
                found[key] = before + counts
    return found


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
    table: type[BehaviorCount | BehaviorTotal],
    *where: ColumnElement[bool],
    sign: int = 1,
) -> Select[Any]:
    """Return the statement that reads what is kept, of sites or of all of them added up; `sign` -1 to take it away.

    `which` is the ask's number, by which its rows are told apart.
    """
    at = table.site_id if ask.by_site and table is BehaviorCount else None
    code, quarter = table.code if ask.by_code else None, table.quarter if ask.by_quarter else None
    absent = (cast(null(), String), cast(null(), BehaviorCount.site_id.type), cast(null(), Integer))
    columns = [one if one is not None else none for one, none in zip((code, at, quarter), absent, strict=True)]
    where = (
        *where,
        table.facet.in_([str(facet) for facet in ask.facets]),
        table.quarter.between(min(quarters), max(quarters)),
    )
    groups = [one for one in (code, at, quarter) if one is not None]
    is_key = len(groups) == len(columns)  # there is nothing to add up then
    numbers: list[Any] = [getattr(table, name) for name in NAMES]
    if not is_key:
        sums = zip(NAMES, numbers, strict=True)
        numbers = [sign * func.sum(number) if name in ask.figures else literal(0) for name, number in sums]
    wanted: list[Any] = [literal(which), table.facet, *columns, *numbers]
    statement: Select[Any] = select(*wanted).where(*where)
    return statement if is_key else statement.group_by(table.facet, *groups)


def newest_recount() -> BehaviorRecount | None:
    """Return the newest recount; None if none was ever asked for."""
    return db.session.scalar(select(BehaviorRecount).order_by(BehaviorRecount.asked_at.desc()).limit(1))
