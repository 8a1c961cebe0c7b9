"""Of the published figures what is computed with: a large network has ten thousand, so nothing more is read or made of them."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, or_, select, tuple_

from coaching.surveys.instrument import Series, shipped
from coaching.surveys.models import SurveyRelease
from coaching.surveys.published import measured
from lms.extensions import db
from lms.permissions import Actor, Permission


class ReleasedScore(NamedTuple):
    """A published figure as it is stored: months as ``2026-10``, bands and score as text."""

    team_id: UUID | None
    #: The team's site, or the site of the small teams; None for the network's small teams.
    site_id: UUID | None
    instrument: int
    instrument_version: str
    first_month: str
    last_month: str
    n_band: str
    score: str
    response: str | None

    @property
    def grain(self) -> Decimal:
        """What its score was rounded to a multiple of."""
        return measured(self.n_band, self.instrument).grain


_COLUMNS = [getattr(SurveyRelease, name) for name in ReleasedScore._fields]


def released_scores(reader: Actor | None = None) -> list[ReleasedScore]:
    """Return the figures of ``api.released_cells`` of full sets, in no order."""
    sites = None if reader is None else reader.sites_for(Permission.CLIMATE_SEE)
    return [
        score
        for score in map(ReleasedScore._make, db.session.execute(_of_full_sets()))
        if sites is None or score.site_id is None or score.site_id in sites
    ]


def scores_of(team_id: UUID, sites: Collection[UUID] | None, *, of_network: bool) -> list[ReleasedScore]:
    """Return a team's figures of full sets and, where it is none of them, the newest of these sites (None: of all).

    The newest tells by which instrument all are read: of one month, that whose name comes last. What the network's small
    teams gave together counts too ``of_network``. The team is one of the sites.
    """
    table = SurveyRelease
    anywhere = _of_full_sets()
    if sites is not None:
        network = [table.site_id.is_(None)] if of_network else []
        anywhere = anywhere.where(or_(table.site_id.in_(sites), *network))
    key = (table.cell, table.instrument_version, table.first_month)
    newest = (
        anywhere.with_only_columns(*key).order_by(table.last_month.desc(), table.instrument_version.desc()).limit(1)
    )
    both = or_(table.team_id == team_id, tuple_(*key).in_(newest))
    return [ReleasedScore._make(row) for row in db.session.execute(_of_full_sets().where(both))]


def _of_full_sets() -> Select[Any]:
    return select(*_COLUMNS).where(SurveyRelease.instrument.in_(_full_sets()))


def _full_sets() -> list[int]:
    return [code for code, instrument in shipped().items() if instrument.series is Series.FULL]
