"""Confirmed recurrences and batches by site and month, counted from the records: what a drift or a start is read from.

A month begins at midnight of the site. The counts kept ready know quarters alone; months of one site are few records.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, Date, Integer, String, and_, case, func, literal, select, union_all
from sqlalchemy.types import TypeEngine

from behavior_metrics.counting.queries import FIGURES, SEE
from behavior_metrics.months.rules import Month
from lms.asking import written_rows
from lms.deviations.models import Deviation
from lms.deviations.taxonomy import CORE
from lms.exposure.models import Batch
from lms.extensions import UTCDateTime, db
from lms.network.models import Network, Site
from lms.permissions import Actor
from lms.recurrences.models import Recurrence
from lms.recurrences.rules import R1
from lms.scope import within
from lms.web.times import start_of_day


@dataclass(frozen=True, slots=True)
class Counted:
    """A site's month: batches started, and confirmed recurrences by the two outcomes, which are never added up."""

    batches: int = 0
    independent: int = 0
    self_reported: int = 0


def monthly(
    reader: Actor, zones: Collection[str], months: Sequence[Month], *, site: UUID | None = None
) -> Mapping[UUID, Mapping[Month, Counted]]:
    """Return the counts of months within the reader's sites (or of one), in one statement; a month of noughts is left out."""
    if not months or not zones:
        return {}
    span = _spans(zones, months)
    here = and_(Network.taxonomy == CORE, within(Site.id, reader, SEE))
    if site is not None:
        here = and_(here, Site.id == site)
    made = (
        select(Site.id, span.c.month, func.count(), literal(0), literal(0))
        .select_from(Batch)
        .join(Site, Site.id == Batch.site_id)
        .join(Network, Network.id == Site.network_id)
        .join(span, and_(span.c.zone == Site.zone, Batch.started_on.between(span.c.first_day, span.c.last_day)))
        .where(here)
        .group_by(Site.id, span.c.month)
    )
    sums = [func.sum(case((FIGURES[name], 1), else_=0)) for name in ("independent", "self_reported")]
    again = (
        select(Site.id, span.c.month, literal(0), *sums)
        .select_from(Recurrence)
        .join(Deviation, Deviation.id == Recurrence.deviation_id)
        .join(Site, Site.id == Deviation.site_id)
        .join(Network, Network.id == Site.network_id)
        .join(
            span,
            and_(span.c.zone == Site.zone, Deviation.occurred_at >= span.c.begins, Deviation.occurred_at < span.c.ends),
        )
        .where(here, Recurrence.rule == R1)
        .group_by(Site.id, span.c.month)
    )
    found: dict[UUID, dict[Month, Counted]] = {}
    for at, index, *numbers in db.session.execute(union_all(made, again)):
        months_of = found.setdefault(at, {})
        before = months_of.get(month := Month(index), Counted())
        batches, independent, self_reported = map(int, numbers)
        months_of[month] = Counted(
            before.batches + batches, before.independent + independent, before.self_reported + self_reported
        )
    return found


_SPAN: Mapping[str, TypeEngine[Any]] = {
    "zone": String(), "month": Integer(), "begins": UTCDateTime(), "ends": UTCDateTime(), "first_day": Date(),
    "last_day": Date(),
}  # fmt: skip


def _spans(zones: Collection[str], months: Sequence[Month]) -> CTE:
    """Return when each month begins and ends in each zone, as a table to join with."""
    rows = (
        (
            zone, month.index, start_of_day(month.first_day, zone),
            start_of_day(month.last_day + timedelta(days=1), zone), month.first_day, month.last_day,
        )
        for zone in sorted(zones)
        for month in months
    )  # fmt: skip
    return written_rows("month_span", _SPAN, tuple(rows))
