"""Reading planned batches and counted work within the reader's sites."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from lms.extensions import db
from lms.network.models import Site, Team
from lms.permissions import Actor, Permission
from lms.planning.models import ExposurePeriod, PlannedBatch
from lms.planning.rules import State
from lms.refusals import NotAllowed, NotFound
from lms.scope import within
from lms.standings.models import StandingChange
from lms.standings.rules import State as Standing

#: Most rows of a list; the oldest of more are reached by its filters.
MOST = 500
_SEE = Permission.DEVIATION_SEE
#: A statement with whatever columns.
AnySelect = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class PlannedFilters:
    """Conditions on the list of planned batches, named as in its address; without a state those still planned."""

    site: UUID | None = None
    state: str = State.PLANNED

    @classmethod
    def of(cls, query: Mapping[str, str]) -> PlannedFilters:
        """Return the filters of an address. Raises ``NotAllowed`` for what is not understood."""
        try:
            site = UUID(query["site"]) if query.get("site") else None
            return cls(site, State(query["state"]) if query.get("state") else State.PLANNED)
        except ValueError:
            raise NotAllowed("A filter in the address is not understood. Open the list and choose it there.") from None

    def as_query(self) -> dict[str, str]:
        """Return the address's query for these filters."""
        return {"state": str(self.state), **({"site": str(self.site)} if self.site else {})}


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A planned batch as listed."""

    id: UUID
    version: int
    number: str
    site_id: UUID
    site_code: str
    site_name: str
    site_state: str
    zone: str
    team_id: UUID | None
    team_name: str | None
    #: State of the team; None if it was never held back.
    team_state: str | None
    product: str
    process: str
    process_version: str
    starts_at: datetime
    ends_at: datetime
    state: str
    batch_id: UUID | None

    @property
    def held_by(self) -> str | None:
        """The state of the site, or else of the team, that keeps it from starting; None if both work."""
        states = (self.site_state, self.team_state or Standing.ACTIVE)
        return next((state for state in states if state != Standing.ACTIVE), None)


def _rows() -> AnySelect:
    newest = StandingChange.begins_at.desc(), StandingChange.id.desc()
    of_team = select(StandingChange.state).where(StandingChange.team_id == PlannedBatch.team_id)
    p = PlannedBatch
    columns = (
        *(p.id, p.version, p.number, Site.id, Site.code, Site.name, Site.state, Site.zone, Team.id, Team.name),
        of_team.order_by(*newest).limit(1).scalar_subquery(),
        *(p.product, p.process, p.process_version, p.starts_at, p.ends_at, p.state, p.batch_id),
    )
    statement: AnySelect = select(*columns).select_from(p)
    return statement.join(Site, Site.id == p.site_id).outerjoin(Team, Team.id == p.team_id)


def rows(reader: Actor, filters: PlannedFilters) -> list[PlannedRow]:
    """Return planned batches, the next first."""
    statement = _rows().where(within(PlannedBatch.site_id, reader, _SEE), PlannedBatch.state == filters.state)
    if filters.site:
        statement = statement.where(PlannedBatch.site_id == filters.site)
    statement = statement.order_by(PlannedBatch.starts_at, PlannedBatch.number).limit(MOST)
    return [PlannedRow(*row) for row in db.session.execute(statement)]


def planned(reader: Actor, planned_id: UUID, permission: Permission = _SEE) -> PlannedRow:
    """Return one planned batch. Raises ``NotFound`` for a missing one and for one of another site alike."""
    statement = _rows().where(PlannedBatch.id == planned_id, within(PlannedBatch.site_id, reader, permission))
    row = db.session.execute(statement).first()
    if row is None:
        raise NotFound("There is no such planned batch at your sites.")
    return PlannedRow(*row)


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """Counted work of a month."""

    id: UUID
    site_code: str
    site_name: str
    team_name: str | None
    month: date
    unit: str
    count: int


def periods(reader: Actor, site_id: UUID | None = None) -> list[PeriodRow]:
    """Return the counted work at the reader's sites, the latest month first."""
    e = ExposurePeriod
    statement: AnySelect = (
        select(e.id, Site.code, Site.name, Team.name, e.month, e.unit, e.count)
        .join(Site, Site.id == e.site_id)
        .outerjoin(Team, Team.id == e.team_id)
        .where(within(e.site_id, reader, _SEE))
        .order_by(e.month.desc(), Site.name, Team.name, e.unit)
    )
    if site_id is not None:
        statement = statement.where(e.site_id == site_id)
    return [PeriodRow(*row) for row in db.session.execute(statement.limit(MOST))]
