"""Making the counts that are kept anew: after a change, and all of them each night. Killed, it goes on where it was.

What a network's sites are together changes by what a site's counts changed by, in the same transaction, and is added up
from all of them when a recount ends.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from uuid import UUID

from flask import current_app
from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from behavior_metrics.counting.queries import NAMES, NOTHING, Counts, counted, recounted
from behavior_metrics.counting.rules import Facet, quarter_of, quarters_around
from behavior_metrics.summaries.models import (
    BehaviorCount,
    BehaviorMark,
    BehaviorRecount,
    BehaviorTotal,
    RaisedCount,
)
from behavior_metrics.summaries.queries import ADDED_UP, kept
from lms.deviations.models import Deviation
from lms.exposure.models import Batch
from lms.ids import new_id
from lms.network.models import Site
from lms.scheduler.stopping import is_stopping
from lms.unit_of_work import transaction

#: Sites at most in one beat: the scheduler has other things to do.
MOST = 100
#: Both databases add to a row that is there alike, but SQLAlchemy has it in their dialects alone.
_INSERT: Mapping[str, Callable[[type[BehaviorTotal]], postgresql.Insert | sqlite.Insert]] = {
    "postgresql": postgresql.insert,
    "sqlite": sqlite.insert,
}
_KEY = ("network_id", "quarter", "facet", "code")
_RAISED = ("quarter", "team_id", "to_be_raised", "raised_first", "raised_in_time")
_Raised = tuple[int, UUID | None, int, int, int]
_Kept = Mapping[tuple[UUID, int, Facet, str], Counts]


def fold_summaries() -> int:
    """Count anew what is marked, one site in a transaction; return how many sites. A mark goes with the counts it led to."""
    done = 0
    while done < MOST and not is_stopping() and _fold_one():
        done += 1
    return done


def _fold_one() -> bool:
    """Count one site's marked quarters anew, those of a change before those of a recount; False when nothing is marked."""
    with transaction() as connection:
        mark = BehaviorMark
        site_id = connection.scalar(select(mark.site_id).order_by(mark.recount_id.is_not(None), mark.id).limit(1))
        if site_id is None:
            return False
        marks = connection.execute(select(mark.id, mark.quarter, mark.recount_id).where(mark.site_id == site_id)).all()
        quarters = None if any(row.quarter is None for row in marks) else {row.quarter for row in marks}
        changed = _replace(connection, site_id, quarters)
        for recount_id in {row.recount_id for row in marks if row.recount_id is not None}:
            # with a change beside it there is nothing to be said of what was kept
            drifted = changed and all(row.recount_id is not None for row in marks)
            if drifted:
                current_app.logger.warning("kept counts of site %s were not those of its records", site_id)
            step = {"done": BehaviorRecount.done + 1, "differed": BehaviorRecount.differed + int(drifted)}
            of_it = BehaviorRecount.id == recount_id
            connection.execute(update(BehaviorRecount).where(of_it).values(step))
            if connection.scalar(select(BehaviorRecount.done >= BehaviorRecount.sites).where(of_it)):
                _add_up(connection)
        connection.execute(delete(mark).where(mark.id.in_([row.id for row in marks])))
    return True


def _replace(connection: Connection, site_id: UUID, quarters: Collection[int] | None) -> bool:
    """Put what is counted now in the place of what was kept; return whether it was something else."""
    zone = connection.scalar(select(Site.zone).where(Site.id == site_id))
    before = kept(connection, site_id, quarters)
    spanned = _spanned(connection, site_id) if quarters is None else quarters
    statement = counted({str(zone)}, spanned, tuple(Facet), Site.id == site_id) if spanned else None
    now = {} if statement is None else recounted(connection.execute(statement))
    if now == before and _raised(now) == _kept_raised(connection, site_id, quarters):
        return False
    for table in (BehaviorCount, RaisedCount):
        gone = delete(table).where(table.site_id == site_id)
        connection.execute(gone if quarters is None else gone.where(table.quarter.in_(quarters)))
    rows = [
        {"site_id": site, "quarter": quarter, "facet": str(facet), "code": code, **counts._asdict()}
        for (site, quarter, facet, code), counts in now.items()
    ]
    if rows:
        connection.execute(insert(BehaviorCount), rows)
    raised = [dict(zip(_RAISED, row, strict=True), id=new_id(), site_id=site_id) for row in _raised(now)]
    if raised:
        connection.execute(insert(RaisedCount), raised)
    _change_totals(connection, site_id, before, now)
    return True


def _raised(now: _Kept) -> set[_Raised]:
    """Return what teams raised, of all that was counted at a site."""
    return {
        (quarter, UUID(code) if code else None, counts.to_be_raised, counts.raised_first, counts.raised_in_time)
        for (_site, quarter, facet, code), counts in now.items()
        if facet is Facet.TEAM and counts.to_be_raised
    }


def _kept_raised(connection: Connection, site_id: UUID, quarters: Collection[int] | None) -> set[_Raised]:
    statement = select(*(getattr(RaisedCount, name) for name in _RAISED)).where(RaisedCount.site_id == site_id)
    if quarters is not None:
        statement = statement.where(RaisedCount.quarter.in_(quarters))
    return {(row[0], row[1], row[2], row[3], row[4]) for row in connection.execute(statement)}


def _change_totals(connection: Connection, site_id: UUID, before: _Kept, now: _Kept) -> None:
    """Add to what the site's network is together what has come, and take away what has gone."""
    network_id = connection.scalar(select(Site.network_id).where(Site.id == site_id))
    keys = [key for key in sorted(before.keys() | now.keys()) if key[2] in ADDED_UP]
    changes = {key: now.get(key, NOTHING) - before.get(key, NOTHING) for key in keys}
    rows = [
        {"network_id": network_id, "quarter": quarter, "facet": str(facet), "code": code, **change._asdict()}
        for (_, quarter, facet, code), change in changes.items()
        if change != NOTHING
    ]
    if not rows:
        return
    adding = _INSERT[connection.dialect.name](BehaviorTotal)
    more = {name: getattr(BehaviorTotal, name) + getattr(adding.excluded, name) for name in NAMES}
    connection.execute(adding.on_conflict_do_update(index_elements=_KEY, set_=more), rows)


def _add_up(connection: Connection) -> None:
    """Add up the counts of all sites, whatever stood there."""
    of = BehaviorCount
    sums = (
        select(Site.network_id, of.quarter, of.facet, of.code, *(func.sum(getattr(of, name)) for name in NAMES))
        .join(Site, Site.id == of.site_id)
        .where(of.facet.in_([str(facet) for facet in ADDED_UP]))
        .group_by(Site.network_id, of.quarter, of.facet, of.code)
    )
    connection.execute(delete(BehaviorTotal))
    connection.execute(insert(BehaviorTotal).from_select([*_KEY, *NAMES], sums))


def _spanned(connection: Connection, site_id: UUID) -> range:
    """Return the quarters from the site's first record to its last."""
    first, last = connection.execute(
        select(func.min(Deviation.occurred_at), func.max(Deviation.occurred_at)).where(Deviation.site_id == site_id)
    ).one()
    begun, ended = connection.execute(
        select(func.min(Batch.started_on), func.max(Batch.started_on)).where(Batch.site_id == site_id)
    ).one()
    quarters = quarters_around(at for at in (first, last) if at) | {quarter_of(day) for day in (begun, ended) if day}
    return range(min(quarters), max(quarters) + 1) if quarters else range(0)
