"""Reading deviations within the reader's sites. Only the two questions about people answer with a name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import aliased

from lms.deviations import taxonomy
from lms.deviations.filters import Filters
from lms.deviations.models import Deviation, PersonInvolved
from lms.deviations.rules import State
from lms.exposure.models import Batch
from lms.extensions import db
from lms.identity.models import Person
from lms.network.models import Network, Site, Team
from lms.permissions import Actor, Permission
from lms.recurrences.models import Recurrence
from lms.recurrences.rules import R1, Decision
from lms.refusals import NotAllowed, NotFound
from lms.scope import within
from lms.web.times import start_of_day

PAGE_SIZE = 50
OPEN = (State.REPORTED, State.TRIAGED)
_SEE = Permission.DEVIATION_SEE
#: A statement with whatever columns.
AnySelect = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class DeviationRow:
    """A line of the list and of its exports."""

    id: UUID
    number: str
    title: str
    site_code: str
    site_name: str
    zone: str
    team_name: str | None
    batch_number: str | None
    kind: str
    process_step: str
    category: str
    root_cause_class: str
    severity: str
    detection_channel: str
    self_reported: bool
    state: str
    occurred_at: datetime
    recorded_at: datetime
    triage_due_at: datetime | None
    external_id: str | None
    #: Decision on its R1 match, None without one.
    recurrence: str | None


def _narrowed(statement: AnySelect, reader: Actor, filters: Filters, now: datetime) -> AnySelect:
    """Join what the filters speak of and apply them: the one place that decides what a list holds."""
    network = Network.id == filters.network if filters.network else Network.taxonomy == taxonomy.CORE
    columns: dict[Any, object] = {
        Deviation.site_id: filters.site,
        Deviation.team_id: filters.team,
        Deviation.batch_id: filters.batch,
        Deviation.kind: filters.kind,
        Deviation.severity: filters.severity,
        Deviation.process_step: filters.process_step,
        Deviation.category: filters.category,
        Deviation.root_cause_class: filters.root_cause_class,
        Deviation.detection_channel: filters.detection_channel,
        Deviation.self_reported: filters.self_reported,
        Recurrence.decision: filters.recurrence,
    }
    conditions: list[ColumnElement[bool]] = [
        within(Deviation.site_id, reader, _SEE),
        network,
        *(c == v for c, v in columns.items() if v is not None),
    ]
    if filters.no_team:
        conditions.append(Deviation.team_id.is_(None))
    if filters.state == "open":
        conditions.append(Deviation.state.in_(OPEN))
    elif filters.state:
        conditions.append(Deviation.state == filters.state)
    if filters.overdue:
        conditions += [Deviation.state == State.REPORTED, Deviation.triage_due_at < now]
    if filters.first_day or filters.last_day:
        conditions.append(_between(filters))
    if filters.q:
        wanted = (Deviation.number, Deviation.title, Deviation.external_id)
        conditions.append(or_(*(column.icontains(filters.q, autoescape=True) for column in wanted)))
    joined = (
        statement.select_from(Deviation)
        .join(Site, Site.id == Deviation.site_id)
        .join(Network, Network.id == Site.network_id)
        .outerjoin(Recurrence, and_(Recurrence.deviation_id == Deviation.id, Recurrence.rule == R1))
    )
    return joined.where(*conditions)


def _between(filters: Filters) -> ColumnElement[bool]:
    """Days are the site's own days, so each zone has its own limits."""
    conditions: list[ColumnElement[bool]] = []
    for zone in db.session.scalars(select(Site.zone).distinct()):
        here: list[ColumnElement[bool]] = [Site.zone == zone]
        if filters.first_day:
            here.append(Deviation.occurred_at >= start_of_day(filters.first_day, zone))
        if filters.last_day:
            here.append(Deviation.occurred_at < start_of_day(filters.last_day + timedelta(days=1), zone))
        conditions.append(and_(*here))
    return or_(false(), *conditions)


def count(reader: Actor, filters: Filters, *, now: datetime) -> int:
    """Return how many deviations the list with these filters holds."""
    return db.session.scalar(_narrowed(select(func.count(Deviation.id)), reader, filters, now)) or 0


def rows(reader: Actor, filters: Filters, *, now: datetime, page: int | None = None) -> list[DeviationRow]:
    """Return the list, newest occurrence first: one page of it, or all of it for an export."""
    columns: AnySelect = select(
        Deviation.id,
        Deviation.number,
        Deviation.title,
        Site.code,
        Site.name,
        Site.zone,
        Team.name,
        Batch.number,
        Deviation.kind,
        Deviation.process_step,
        Deviation.category,
        Deviation.root_cause_class,
        Deviation.severity,
        Deviation.detection_channel,
        Deviation.self_reported,
        Deviation.state,
        Deviation.occurred_at,
        Deviation.recorded_at,
        Deviation.triage_due_at,
        Deviation.external_id,
        Recurrence.decision,
    )
    narrowed = _narrowed(columns, reader, filters, now)
    statement = narrowed.outerjoin(Team, Team.id == Deviation.team_id).outerjoin(Batch, Batch.id == Deviation.batch_id)
    statement = statement.order_by(Deviation.occurred_at.desc(), Deviation.number.desc())
    if page is not None:
        statement = statement.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    return [DeviationRow(*row) for row in db.session.execute(statement)]


def count_and_list(reader: Actor, filters: Filters, page: int, *, now: datetime) -> tuple[int, list[DeviationRow]]:
    """Return how many there are and one page of them (from 1), both by the same conditions."""
    return count(reader, filters, now=now), rows(reader, filters, now=now, page=page)


@dataclass(frozen=True, slots=True)
class Places:
    """What a list can be narrowed to: study networks, sites and teams, each as (id, name)."""

    studies: list[tuple[UUID, str]]
    sites: list[tuple[UUID, str]]
    teams: list[tuple[UUID, str]]


def places(reader: Actor, network: UUID | None = None) -> Places:
    """Return the sites and teams the reader may look at, in the home network or in one study, in one statement."""
    statement = (
        select(Network.id, Network.name, Network.taxonomy, Site.id, Site.name, Team.id, Team.name)
        .join(Site, Site.network_id == Network.id)
        .outerjoin(Team, Team.site_id == Site.id)
        .where(within(Site.id, reader, _SEE))
        .order_by(Site.name, Team.name)
    )
    studies: dict[UUID, str] = {}
    sites: dict[UUID, str] = {}
    teams: dict[UUID, str] = {}
    for network_id, network_name, used, site_id, site_name, team_id, team_name in db.session.execute(statement):
        if used != taxonomy.CORE:
            studies[network_id] = network_name
        if (network_id == network) if network else used == taxonomy.CORE:
            sites[site_id] = site_name
            if team_id is not None:
                teams[team_id] = f"{site_name}: {team_name}"
    return Places(list(studies.items()), list(sites.items()), list(teams.items()))


@dataclass(frozen=True, slots=True)
class DeviationFacts:
    """Everything one record says, but for who was at the bench."""

    id: UUID
    version: int
    number: str
    title: str
    description: str
    immediate_action: str
    late_reason: str
    answer: str
    site_id: UUID
    site_name: str
    zone: str
    taxonomy: str
    team_id: UUID | None
    team_name: str | None
    batch_number: str | None
    kind: str
    process_step: str
    category: str
    root_cause_class: str
    severity: str
    severity_rationale: str
    detection_channel: str
    self_reported: bool
    state: str
    occurred_at: datetime
    recorded_at: datetime
    triaged_at: datetime | None
    triage_due_at: datetime | None
    closed_at: datetime | None
    external_id: str | None
    duplicate_of: str | None
    people_involved: int


def deviation(reader: Actor, deviation_id: UUID, permission: Permission = _SEE) -> DeviationFacts:
    """Return one record. Raises ``NotFound`` for a missing one and for one of another site alike."""
    other = aliased(Deviation)
    involved = select(func.count()).where(PersonInvolved.deviation_id == Deviation.id).scalar_subquery()
    statement: AnySelect = (
        select(
            Deviation.id,
            Deviation.version,
            Deviation.number,
            Deviation.title,
            Deviation.description,
            Deviation.immediate_action,
            Deviation.late_reason,
            Deviation.answer,
            Site.id,
            Site.name,
            Site.zone,
            Network.taxonomy,
            Team.id,
            Team.name,
            Batch.number,
            Deviation.kind,
            Deviation.process_step,
            Deviation.category,
            Deviation.root_cause_class,
            Deviation.severity,
            Deviation.severity_rationale,
            Deviation.detection_channel,
            Deviation.self_reported,
            Deviation.state,
            Deviation.occurred_at,
            Deviation.recorded_at,
            Deviation.triaged_at,
            Deviation.triage_due_at,
            Deviation.closed_at,
            Deviation.external_id,
            other.number,
            involved,
        )
        .join(Site, Site.id == Deviation.site_id)
        .join(Network, Network.id == Site.network_id)
        .outerjoin(Team, Team.id == Deviation.team_id)
        .outerjoin(Batch, Batch.id == Deviation.batch_id)
        .outerjoin(other, other.id == Deviation.duplicate_of_id)
        .where(Deviation.id == deviation_id, within(Deviation.site_id, reader, permission))
    )
    row = db.session.execute(statement).first()
    if row is None:
        raise NotFound("There is no such deviation at your sites.")
    return DeviationFacts(*row)


@dataclass(frozen=True, slots=True)
class OwnReport:
    """What became of something the reader raised."""

    id: UUID
    number: str
    title: str
    kind: str
    state: str
    zone: str
    occurred_at: datetime
    recorded_at: datetime
    answer: str


def _own(reader: Actor) -> AnySelect:
    columns = (
        Deviation.id,
        Deviation.number,
        Deviation.title,
        Deviation.kind,
        Deviation.state,
        Site.zone,
        Deviation.occurred_at,
        Deviation.recorded_at,
        Deviation.answer,
    )
    statement: AnySelect = select(*columns).join(Site, Site.id == Deviation.site_id)
    return statement.where(Deviation.reported_by_id == reader.person_id, Deviation.reported_by_id.is_not(None))


def own_reports(reader: Actor) -> list[OwnReport]:
    """Return what the reader raised, newest first, with QA's answer."""
    statement = _own(reader).order_by(Deviation.recorded_at.desc(), Deviation.id.desc()).limit(100)
    return [OwnReport(*row) for row in db.session.execute(statement)]


def own_report(reader: Actor, deviation_id: UUID) -> OwnReport:
    """Return one thing the reader raised. Raises ``NotFound`` for what somebody else raised."""
    row = db.session.execute(_own(reader).where(Deviation.id == deviation_id)).first()
    if row is None:
        raise NotFound("You raised no such report. Your own are under “My reports”.")
    return OwnReport(*row)


def batch_of_number(number: str, site_id: UUID) -> UUID:
    """Return the batch of that number at a site. Raises ``NotAllowed`` if it is not recorded there."""
    batch_id = db.session.scalar(select(Batch.id).where(Batch.number == number.strip(), Batch.site_id == site_id))
    if batch_id is None:
        sentence = "There is no batch of this number at the site. Record it under Batches first, or leave it empty."
        raise NotAllowed(sentence, field="batch")
    return batch_id


def people_involved(reader: Actor, deviation_id: UUID) -> list[tuple[UUID, str]]:
    """Return who was at the bench, for QA of the site alone."""
    statement = (
        select(Person.id, Person.given_name, Person.family_name)
        .join(PersonInvolved, PersonInvolved.person_id == Person.id)
        .where(
            PersonInvolved.deviation_id == deviation_id,
            within(PersonInvolved.site_id, reader, Permission.DEVIATION_TRIAGE),
        )
        .order_by(Person.family_name, Person.given_name)
    )
    return [(row[0], f"{row[1]} {row[2]}") for row in db.session.execute(statement)]


def people_at(reader: Actor, site_id: UUID) -> list[tuple[UUID, str]]:
    """Return the people who work at a site, for naming one of them."""
    statement = (
        select(Person.id, Person.given_name, Person.family_name)
        .where(Person.site_id == site_id, within(Person.site_id, reader, Permission.DEVIATION_TRIAGE))
        .order_by(Person.family_name, Person.given_name)
    )
    return [(row[0], f"{row[2]}, {row[1]}") for row in db.session.execute(statement)]


@dataclass(frozen=True, slots=True)
class Workload:
    """How much waits at the reader's sites."""

    open: int
    waiting: int
    overdue: int
    due_first: datetime | None
    undecided: int


def workload(reader: Actor, *, now: datetime) -> Workload:
    """Return what waits for QA in the home network, in one statement."""
    reported = Deviation.state == State.REPORTED
    # the open ones and the undecided ones are few among all, and each has its index
    undecided = _narrowed(select(func.count(Recurrence.id)), reader, Filters(recurrence=Decision.PROPOSED), now)
    columns: AnySelect = select(
        func.count(Deviation.id),
        func.count(Deviation.id).filter(reported),
        func.count(Deviation.id).filter(reported, Deviation.triage_due_at < now),
        func.min(Deviation.triage_due_at).filter(reported),
        undecided.correlate(None).scalar_subquery(),
    )
    return Workload(*db.session.execute(_narrowed(columns, reader, Filters(state="open"), now)).one())


def found(reader: Actor, words: str) -> list[DeviationRow]:
    """Return the first few deviations that the words name, in the home network."""
    return rows(reader, Filters(q=words), now=datetime.min.replace(tzinfo=UTC), page=1)[:10]
