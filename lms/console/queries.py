"""The control site's view: each site with its state, what is open and late there, and what comes next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, false, func, literal, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute

from lms.capas.models import Capa
from lms.capas.rules import State as CapaState
from lms.deviations.models import Deviation
from lms.deviations.rules import OPEN
from lms.deviations.rules import State as DeviationState
from lms.exposure.models import Batch
from lms.extensions import db
from lms.gates.models import GateConfirmation
from lms.gates.queries import computed, is_newest
from lms.gates.rules import GATES
from lms.network.models import Network, Site
from lms.permissions import Actor, Permission
from lms.planning.models import PlannedBatch
from lms.planning.rules import State as PlannedState
from lms.recurrences.models import Recurrence
from lms.recurrences.rules import R1, Decision
from lms.scope import within
from lms.standings.rules import HELD, State
from lms.web.slots import filled
from lms.web.times import start_of_day

_SEE = Permission.CONSOLE_SEE
#: Days back over which recurrences and batches are counted.
DAYS = 365
#: A statement with whatever columns.
AnySelect = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Rate:
    """Confirmed recurrences per 100 batches, with the limits of its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class SiteLine:
    """A site as the console shows it. There is no rank: what needs somebody stands first, then the name."""

    id: UUID
    code: str
    name: str
    zone: str
    state: str
    next_id: UUID | None
    next_number: str | None
    next_starts_at: datetime | None
    open: int
    #: Not triaged in time, and actions past their due day.
    overdue: int
    overdue_actions: int
    recurrences: int
    batches: int
    #: Gates done; None once the site is not onboarding any more.
    gates: int | None
    #: None without batches: nobody can tell yet.
    rate: Rate | None


def first_day(today: date) -> date:
    """Return the first of the days over which recurrences and batches are counted."""
    return today - timedelta(days=DAYS)


def lines(reader: Actor, now: datetime, today: date) -> list[SiteLine]:
    """Return the sites at which the reader may open the console. Six statements at most, whatever their number."""
    places = _places(reader, now)
    counts = _counts(reader, now, today, {place[3] for place in places})
    onboarding = [place[0] for place in places if place[4] == State.ONBOARDING]
    known = computed(onboarding, now)
    exposed = {
        place[0]: (counts["recurrences", place[0]], counts["batches", place[0]])
        for place in places
        if counts["batches", place[0]]
    }
    rates = {site_id: Rate(*limits) for site_id, limits in filled("rates.per_100_batches", counts=exposed)}
    found = []
    for place in places:
        own = place[0]
        figures = (counts[what, own] for what in ("open", "overdue", "actions", "recurrences", "batches"))
        gates = counts["gates", own] + sum(one.is_done for one in known[own]) if own in known else None
        values: list[Any] = [*place, *figures, gates, rates.get(own)]
        found.append(SiteLine(*values))
    return sorted(found, key=_urgency)


def _urgency(line: SiteLine) -> tuple[bool, bool, bool, str]:
    """What is held back first, then what is onboarding, then what is late, then the name. Never a rate."""
    is_late = bool(line.overdue or line.overdue_actions)
    return (
        line.state not in HELD or line.state == State.CEASED,
        line.state != State.ONBOARDING,
        not is_late or line.state == State.CEASED,
        line.name,
    )


def _places(reader: Actor, now: datetime) -> Sequence[Any]:
    coming = (
        select(PlannedBatch.id)
        .where(
            PlannedBatch.site_id == Site.id,
            PlannedBatch.state == PlannedState.PLANNED,
            PlannedBatch.starts_at >= now,
        )
        .order_by(PlannedBatch.starts_at, PlannedBatch.id)
        .limit(1)
        .correlate(Site)
        .scalar_subquery()
    )
    statement: AnySelect = (
        select(Site.id, Site.code, Site.name, Site.zone, Site.state, PlannedBatch.id, PlannedBatch.number,
               PlannedBatch.starts_at)
        .select_from(Site)
        .join(Network, Network.id == Site.network_id)
        .outerjoin(PlannedBatch, PlannedBatch.id == coming)
        .where(Network.taxonomy == "core", within(Site.id, reader, _SEE))
    )  # fmt: skip
    return db.session.execute(statement).all()


def _counts(reader: Actor, now: datetime, today: date, zones: Collection[str]) -> Counter[tuple[str, UUID]]:
    """Return every count of every site in one statement, each by the conditions of the list that it opens."""
    first = first_day(today)
    since = or_(
        false(), *(and_(Site.zone == zone, Deviation.occurred_at >= start_of_day(first, zone)) for zone in zones)
    )
    d, r = Deviation, Recurrence
    again = and_(r.deviation_id == d.id, r.rule == R1, r.decision == Decision.CONFIRMED)
    late = func.coalesce(Capa.extended_to, Capa.due_on) < today
    by_hand = [gate.code for gate in GATES if not gate.is_computed]
    parts: list[AnySelect] = [
        _count("open", d.site_id, reader).where(d.state.in_(OPEN)),
        _count("overdue", d.site_id, reader).where(d.state == DeviationState.REPORTED, d.triage_due_at < now),
        _count("actions", Capa.site_id, reader).where(Capa.state == CapaState.OPEN, late),
        _count("recurrences", d.site_id, reader).join(r, again).join(Site, Site.id == d.site_id).where(since),
        _count("batches", Batch.site_id, reader).where(Batch.started_on >= first),
        _count("gates", GateConfirmation.site_id, reader).where(
            is_newest(), GateConfirmation.is_done, GateConfirmation.gate.in_(by_hand)
        ),
    ]
    return Counter({(row[0], row[1]): row[2] for row in db.session.execute(union_all(*parts))})


def _count(what: str, column: InstrumentedAttribute[UUID], reader: Actor) -> AnySelect:
    statement: AnySelect = select(literal(what), column, func.count())
    return statement.select_from(column.class_).where(within(column, reader, _SEE)).group_by(column)
