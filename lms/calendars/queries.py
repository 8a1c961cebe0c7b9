"""Reading site calendars."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from lms.calendars.models import SiteHoliday
from lms.extensions import db
from lms.permissions import Actor, Permission
from lms.scope import within


@dataclass(frozen=True, slots=True)
class HolidayRow:
    """A holiday as listed and exported."""

    id: UUID
    version: int
    day: date
    name: str


def free_days(site_id: UUID, since: date) -> frozenset[date]:
    """Return the holidays of a site from a day on, for its clocks of working days."""
    statement = select(SiteHoliday.day).where(
        SiteHoliday.site_id == site_id, SiteHoliday.is_kept, SiteHoliday.day >= since
    )
    return frozenset(db.session.scalars(statement))


def free_days_of(site_ids: Collection[UUID], since: date) -> dict[UUID, frozenset[date]]:
    """Return the holidays of several sites from a day on, in one statement."""
    statement = select(SiteHoliday.site_id, SiteHoliday.day).where(
        SiteHoliday.site_id.in_(site_ids), SiteHoliday.is_kept, SiteHoliday.day >= since
    )
    found: dict[UUID, set[date]] = {site_id: set() for site_id in site_ids}
    for site_id, day in db.session.execute(statement):
        found[site_id].add(day)
    return {site_id: frozenset(days) for site_id, days in found.items()}


def holidays(reader: Actor, site_id: UUID, since: date) -> list[HolidayRow]:
    """Return the holidays of a site from a day on, soonest first."""
    statement = (
        select(SiteHoliday.id, SiteHoliday.version, SiteHoliday.day, SiteHoliday.name)
        .where(
            SiteHoliday.site_id == site_id,
            SiteHoliday.is_kept,
            SiteHoliday.day >= since,
            within(SiteHoliday.site_id, reader, Permission.NETWORK_SEE),
        )
        .order_by(SiteHoliday.day)
    )
    return [HolidayRow(*row) for row in db.session.execute(statement)]
