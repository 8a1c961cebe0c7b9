"""Reading batches within the reader's sites."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, or_, select

from lms.exposure.models import Batch
from lms.extensions import db
from lms.network.models import Network, Site, Team
from lms.permissions import Actor, Permission
from lms.refusals import NotAllowed, NotFound
from lms.scope import within

PAGE_SIZE = 50
_SEE = Permission.DEVIATION_SEE
#: A statement with whatever columns.
AnySelect = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class BatchFilters:
    """Conditions on the list of batches, named as in the address of ``/batches``; None takes all."""

    #: Id of a site.
    site: UUID | None = None
    #: Id of the team that made it.
    team: UUID | None = None
    #: ``1``: not finished yet.
    open: bool = False
    #: ``from=YYYY-MM-DD``: started on this day or later.
    first_day: date | None = None
    #: ``to=YYYY-MM-DD``: started on this day or earlier.
    last_day: date | None = None
    #: Words looked for in number and product.
    q: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> BatchFilters:
        """Return the filters of an address. Raises ``NotAllowed`` for an id or a day that is none."""
        given = {name: value.strip() for name, value in query.items() if value.strip()}
        try:
            return cls(
                site=UUID(given["site"]) if "site" in given else None,
                team=UUID(given["team"]) if "team" in given else None,
                open=given.get("open") == "1",
                first_day=date.fromisoformat(given["from"]) if "from" in given else None,
                last_day=date.fromisoformat(given["to"]) if "to" in given else None,
                q=given.get("q", "")[:100],
            )
        except ValueError:
            raise NotAllowed("A filter in the address is not understood. Open the list and choose it there.") from None

    def as_query(self) -> dict[str, str]:
        """Return the address's query for these filters."""
        named = {"site": self.site, "team": self.team, "from": self.first_day, "to": self.last_day, "q": self.q}
        found = {name: str(value) for name, value in named.items() if value}
        return {**found, "open": "1"} if self.open else found


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A batch as listed and exported."""

    id: UUID
    version: int
    number: str
    site_id: UUID
    site_code: str
    site_name: str
    team_name: str | None
    product: str
    process_version: str
    started_on: date
    finished_on: date | None
    disposition: str


_COLUMNS = (
    Batch.id,
    Batch.version,
    Batch.number,
    Site.id,
    Site.code,
    Site.name,
    Team.name,
    Batch.product,
    Batch.process_version,
    Batch.started_on,
    Batch.finished_on,
    Batch.disposition,
)


def _narrowed(statement: AnySelect, reader: Actor, filters: BatchFilters) -> AnySelect:
    statement = (
        statement.select_from(Batch)
        .join(Site, Site.id == Batch.site_id)
        .join(Network, Network.id == Site.network_id)
        .where(within(Batch.site_id, reader, _SEE), Network.taxonomy == "core")
    )
    if filters.site:
        statement = statement.where(Batch.site_id == filters.site)
    if filters.team:
        statement = statement.where(Batch.team_id == filters.team)
    if filters.open:
        statement = statement.where(Batch.finished_on.is_(None))
    if filters.first_day:
        statement = statement.where(Batch.started_on >= filters.first_day)
    if filters.last_day:
        statement = statement.where(Batch.started_on <= filters.last_day)
    if filters.q:
        wanted = (Batch.number, Batch.product)
        statement = statement.where(or_(*(column.icontains(filters.q, autoescape=True) for column in wanted)))
    return statement


def count(reader: Actor, filters: BatchFilters) -> int:
    """Return how many batches the list with these filters holds: the denominator of a rate."""
    return db.session.scalar(_narrowed(select(func.count(Batch.id)), reader, filters)) or 0


def rows(reader: Actor, filters: BatchFilters, *, page: int | None = None) -> list[BatchRow]:
    """Return the batches, latest start first: one page, or all for an export."""
    columns: AnySelect = select(*_COLUMNS)
    statement = _narrowed(columns, reader, filters).outerjoin(Team, Team.id == Batch.team_id)
    statement = statement.order_by(Batch.started_on.desc(), Batch.number.desc())
    if page is not None:
        statement = statement.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    return [BatchRow(*row) for row in db.session.execute(statement)]


def count_and_list(reader: Actor, filters: BatchFilters, page: int) -> tuple[int, list[BatchRow]]:
    """Return how many batches there are and one page of them (from 1), both by the same conditions."""
    return count(reader, filters), rows(reader, filters, page=page)


def batch(reader: Actor, batch_id: UUID) -> BatchRow:
    """Return one batch. Raises ``NotFound`` for a missing one and for one of another site alike."""
    statement: AnySelect = (
        select(*_COLUMNS)
        .select_from(Batch)
        .join(Site, Site.id == Batch.site_id)
        .outerjoin(Team, Team.id == Batch.team_id)
        .where(Batch.id == batch_id, within(Batch.site_id, reader, _SEE))
    )
    row = db.session.execute(statement).first()
    if row is None:
        raise NotFound("There is no such batch at your sites.")
    return BatchRow(*row)
