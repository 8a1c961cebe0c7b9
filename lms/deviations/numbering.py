"""Record numbers: one series per site, kind of record and year, without gaps, however many people record at once."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from lms.deviations import rules
from lms.deviations.models import NumberSeries
from lms.extensions import db
from lms.network.models import Site
from lms.unit_of_work import Work

DEVIATIONS, CAPAS = "DEV", "CAPA"


class NumberGiver:
    """Gives out the next numbers at some sites; holds those sites' rows until the command ends."""

    def __init__(self, work: Work, site_ids: Collection[UUID], name: str = DEVIATIONS) -> None:
        self._work, self._name = work, name
        # the site's row is the lock, because a series that does not exist yet cannot be locked
        locked = select(Site.id, Site.code).where(Site.id.in_(site_ids)).order_by(Site.id).with_for_update()
        self._codes: dict[UUID, str] = {row.id: row.code for row in db.session.execute(locked)}
        given = select(NumberSeries).where(NumberSeries.site_id.in_(site_ids), NumberSeries.series == name)
        self._series = {(row.site_id, row.year): row for row in db.session.scalars(given)}

    def next(self, site_id: UUID, year: int) -> str:
        """Return the next number at the site in the year in which it is recorded."""
        row = self._series.get((site_id, year))
        if row is None:
            row = self._series[site_id, year] = NumberSeries(site_id=site_id, series=self._name, year=year, last=0)
            self._work.add(row)
        row.last += 1
        return rules.number_of(self._codes[site_id], self._name, year, row.last)
