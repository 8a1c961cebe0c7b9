"""Changes of site calendars: note holidays, one or a file of them, and strike one out.

A clock that was set keeps its moment: what is noted here counts for what is recorded from then on.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import select

from lms.calendars import rules
from lms.calendars.models import SiteHoliday
from lms.extensions import db
from lms.network.models import Site
from lms.permissions import Permission
from lms.refusals import NotAllowed, NotFound, StaleForm
from lms.scope import get_scoped
from lms.unit_of_work import Work, command
from lms.web.times import local_day


@command(needs=Permission.CALENDAR_MANAGE)
def note_holidays(work: Work, site_id: UUID, *, holidays: Mapping[date, str]) -> int:
    """Note holidays of a site; return how many days are new, renamed or kept again after being struck out.

    Raises ``NotAllowed`` for a day far away or without a name, ``NotFound`` for a site out of reach.
    """
    site = db.session.get(Site, site_id)
    if site is None or not work.actor.may(Permission.CALENDAR_MANAGE, site_id):
        raise NotFound("There is no such site among yours.")
    for day, name in holidays.items():
        rules.check_holiday(day, name, local_day(work.at, site.zone))
    known = select(SiteHoliday).where(SiteHoliday.site_id == site_id, SiteHoliday.day.in_(holidays))
    rows = {row.day: row for row in db.session.scalars(known)}
    changed = 0
    for day, name in holidays.items():
        row = rows.get(day)
        if row is None:
            work.add(SiteHoliday(site_id=site_id, day=day, name=name.strip(), is_kept=True))
        elif row.is_kept and row.name == name.strip():
            continue
        else:
            row.name, row.is_kept = name.strip(), True
        changed += 1
    return changed


@command(needs=Permission.CALENDAR_MANAGE)
def strike_out_holiday(work: Work, holiday_id: UUID, *, version: int) -> SiteHoliday:
    """Strike out a holiday: the site works on this day. It stays on record."""
    holiday = get_scoped(SiteHoliday, holiday_id, work.actor, Permission.CALENDAR_MANAGE)
    if holiday.version != version:
        raise StaleForm("Somebody changed this holiday meanwhile. Look again.")
    if not holiday.is_kept:
        raise NotAllowed("This day is struck out already.")
    holiday.is_kept = False
    return holiday
