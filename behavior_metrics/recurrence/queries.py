"""When one category came back, and what was made between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import Date, and_, func, literal, null, select, type_coerce, union_all

from behavior_metrics.counting.queries import SEE, confirmed
from behavior_metrics.frames.quarters import Window
from lms.deviations.models import Deviation
from lms.deviations.taxonomy import CORE
from lms.exposure.models import Batch
from lms.extensions import UTCDateTime, db
from lms.network.models import Network, Site
from lms.permissions import Actor
from lms.recurrences.models import Recurrence
from lms.recurrences.rules import R1
from lms.scope import within
from lms.web.times import local_day, start_of_day


def events_and_batches(
    reader: Actor, window: Window, category: str, site: UUID | None
) -> tuple[list[date], Mapping[date, int]]:
    """Return the days on which a category came back (confirmed) and the batches by the day they began, in one statement."""
    first, last = window.quarters[0].first_day, window.quarters[-1].last_day
    scope = and_(Network.taxonomy == CORE, within(Site.id, reader, SEE))
    if site is not None:
        scope = and_(scope, Site.id == site)
    no_moment, no_day = type_coerce(null(), UTCDateTime), type_coerce(null(), Date)
    # a day to spare, since a site's quarter may begin up to 14 hours before UTC's
    since = start_of_day(first, "UTC") - timedelta(days=1)
    again = (
        select(Site.zone, no_day.label("day"), Deviation.occurred_at.label("moment"), literal(1).label("number"))
        .select_from(Recurrence)
        .join(Deviation, Deviation.id == Recurrence.deviation_id)
        .join(Site, Site.id == Deviation.site_id)
        .join(Network, Network.id == Site.network_id)
        .where(scope, Recurrence.rule == R1, confirmed, Deviation.category == category, Deviation.occurred_at >= since)
    )
    made = (
        select(literal(""), Batch.started_on, no_moment, func.count())
        .select_from(Batch)
        .join(Site, Site.id == Batch.site_id)
        .join(Network, Network.id == Site.network_id)
        .where(scope, Batch.started_on.between(first, last))
        .group_by(Batch.started_on)
    )
    events, batches = [], Counter[date]()
    for zone, day, moment, number in db.session.execute(union_all(again, made)):
        if moment is None:
            batches[day] += number
        elif first <= (happened := local_day(moment, zone)) <= last:
            events.append(happened)
    return sorted(events), batches
