"""What happened at a site in a year, for the annex of the annual report: batches, deviations, actions, standings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Select, and_, cast, func, literal, null, select, union_all

from lms.capas.models import Capa
from lms.deviations.models import Deviation
from lms.exposure.models import Batch
from lms.extensions import UTCDateTime, db
from lms.permissions import Actor, Permission
from lms.recurrences.models import Recurrence
from lms.recurrences.rules import R1, Decision
from lms.scope import within
from lms.standings.queries import ChangeRow, Place, changes, place
from lms.web.times import start_of_day

_SEE = Permission.CONSOLE_SEE
#: A statement with whatever columns.
AnySelect = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Line:
    """A batch, deviation or action of the year. Nobody is named."""

    #: ``batch``, ``deviation`` or ``capa``.
    what: str
    number: str
    title: str
    #: Severity of a deviation, kind of an action, what became of a batch.
    word: str
    state: str
    #: Decision on its R1 match, or the verdict of an action; empty without one.
    outcome: str
    on: date | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Annex:
    """Everything the annex says about a site and a year."""

    place: Place
    year: int
    first: datetime
    end: datetime
    batches: Sequence[Line]
    deviations: Sequence[Line]
    capas: Sequence[Line]
    standings: Sequence[ChangeRow]

    @property
    def by_severity(self) -> Counter[str]:
        """How many deviations have which severity; not yet triaged ones under the empty one."""
        return Counter(line.word for line in self.deviations)

    @property
    def recurrences(self) -> int:
        """How many of the deviations were confirmed as having happened at the site before."""
        return sum(line.outcome == Decision.CONFIRMED for line in self.deviations)


def annex(reader: Actor, site_id: UUID, year: int) -> Annex:
    """Return the annex of a site and a calendar year there. Raises ``NotFound`` for a site that is none of the reader's."""
    where = place(reader, site_id, _SEE)
    first, end = start_of_day(date(year, 1, 1), where.zone), start_of_day(date(year + 1, 1, 1), where.zone)
    lines = [Line(*row) for row in db.session.execute(_happened(reader, site_id, year, first, end))]
    return Annex(
        where,
        year,
        first,
        end,
        [line for line in lines if line.what == "batch"],
        [line for line in lines if line.what == "deviation"],
        [line for line in lines if line.what == "capa"],
        changes(reader, site_id, _SEE, first=first, before=end),
    )


def _happened(reader: Actor, site_id: UUID, year: int, first: datetime, end: datetime) -> AnySelect:
    b, d, c = Batch, Deviation, Capa
    no_day, no_moment = cast(null(), Date()), cast(null(), UTCDateTime())
    again = and_(Recurrence.deviation_id == d.id, Recurrence.rule == R1, Recurrence.decision == Decision.CONFIRMED)
    inside = date(year, 1, 1), date(year, 12, 31)
    # every column is named: a union tells two nameless ones apart by their words only
    batches: AnySelect = select(
        literal("batch").label("what"), b.number.label("number"), b.product.label("title"), b.disposition.label("word"),
        literal("").label("state"), literal("").label("outcome"), b.started_on.label("day"), no_moment.label("moment"),
    ).where(b.site_id == site_id, within(b.site_id, reader, _SEE), b.started_on.between(*inside))  # fmt: skip
    deviations: AnySelect = select(
        literal("deviation"), d.number, d.title, d.severity, d.state, func.coalesce(Recurrence.decision, ""), no_day,
        d.occurred_at,
    ).outerjoin(Recurrence, again).where(
        d.site_id == site_id, within(d.site_id, reader, _SEE), d.occurred_at >= first, d.occurred_at < end
    )  # fmt: skip
    capas: AnySelect = select(
        literal("capa"), c.number, c.title, c.kind, c.state, c.verdict, c.opened_on, no_moment
    ).where(c.site_id == site_id, within(c.site_id, reader, _SEE), c.opened_on.between(*inside))
    every = union_all(batches, deviations, capas).subquery()
    return select(every).order_by(every.c.what, every.c.number)
