"""Reading deviations within the reader's sites. Only the two questions about people answer with a name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import aliased

from lms.coding.models import SystemCausesExcluded
from lms.coding.queries import COLUMNS, CodingFacts, coding_facts
from lms.deviations import taxonomy
from lms.deviations.filters import Filters
from lms.deviations.models import Deviation, PersonInvolved
from lms.deviations.rules import OPEN, State
from lms.exposure.models import Batch
from lms.extensions import db
from lms.identity.models import Person
from lms.network.models import Network, Site, Team
from lms.permissions import Actor, Permission
from lms.recurrences.models import Recurrence
from lms.recurrences.rules import R1
from lms.refusals import NotAllowed, NotFound
from lms.scope import within
from lms.site_fields.queries import said_in_words
from lms.web.times import start_of_day

PAGE_SIZE = 50
#: When closing is due now, an extension included.
_due = func.coalesce(Deviation.extended_to, Deviation.due_at)
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
    #: When closing is due: as set at raising, and as extended; when it was closed last.
    due_at: datetime | None
    extended_to: datetime | None
    closed_at: datetime | None
    product: str | None
    process_version: str | None
    area: str | None
    subcategory: str | None
    detected_at: datetime | None
    detected_by_role: str | None
    patient_impact: str | None
    batch_disposition: str | None
    method: str | None
    contributing_factors: str | None
    #: What was said in the site's own fields, one ``label: value`` a line.
    own_fields: str | None

    def is_overdue(self, now: datetime) -> bool:
        """Whether triage or closing is due and not done."""
        due = self.extended_to or self.due_at
        late = self.state == State.REPORTED and self.triage_due_at is not None and self.triage_due_at < now
        return late or (self.state in OPEN and due is not None and due < now)


def narrowed(statement: AnySelect, reader: Actor, filters: Filters, now: datetime) -> AnySelect:
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
        late = {"triage": _triage_overdue(now), "closing": closing_overdue(now)}
        conditions.append(late.get(filters.overdue, or_(*late.values())))
    if filters.first_day or filters.last_day or filters.known_on:
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


def _triage_overdue(now: datetime) -> ColumnElement[bool]:
    return and_(Deviation.state == State.REPORTED, Deviation.triage_due_at < now)


def closing_overdue(now: datetime) -> ColumnElement[bool]:
    """Return the condition that closing is due and not done, extensions counted."""
    return and_(Deviation.state.in_(OPEN), _due < now)


def _between(filters: Filters) -> ColumnElement[bool]:
    """Days are the site's own days, so each zone has its own limits."""
    conditions: list[ColumnElement[bool]] = []
    for zone in db.session.scalars(select(Site.zone).distinct()):
        here: list[ColumnElement[bool]] = [Site.zone == zone]
        if filters.first_day:
            here.append(Deviation.occurred_at >= start_of_day(filters.first_day, zone))
        if filters.last_day:
            here.append(Deviation.occurred_at < start_of_day(filters.last_day + timedelta(days=1), zone))
        if filters.known_on:
            until = start_of_day(filters.known_on + timedelta(days=1), zone)
            here.append(Deviation.recorded_at < until)
            if filters.recurrence:
                here.append(func.coalesce(Recurrence.decided_at, Recurrence.found_at) < until)
        conditions.append(and_(*here))
    return or_(false(), *conditions)


def count(reader: Actor, filters: Filters, *, now: datetime) -> int:
    """Return how many deviations the list with these filters holds."""
    return db.session.scalar(narrowed(select(func.count(Deviation.id)), reader, filters, now)) or 0


def rows(reader: Actor, filters: Filters, *, now: datetime) -> list[DeviationRow]:
    """Return the whole list, newest occurrence first: for an export."""
    return [DeviationRow(*row) for row in db.session.execute(_listed(reader, filters, now).order_by(*_NEWEST_FIRST))]


def count_and_list(reader: Actor, filters: Filters, page: int, *, now: datetime) -> tuple[int, list[DeviationRow]]:
    """Return how many there are and one page of them (from 1), both by the same conditions.

    Whatever stands before a page is read too, so the pages behind the middle are read from the end.
    """
    total = count(reader, filters, now=now)
    start, end = (page - 1) * PAGE_SIZE, min(page * PAGE_SIZE, total)
    statement = _listed(reader, filters, now).limit(max(end - start, 0))
    if start <= total // 2:
        found = db.session.execute(statement.order_by(*_NEWEST_FIRST).offset(start)).all()
    else:
        found = db.session.execute(statement.order_by(*_OLDEST_FIRST).offset(max(total - end, 0))).all()[::-1]
    return total, [DeviationRow(*row) for row in found]


_NEWEST_FIRST = (Deviation.occurred_at.desc(), Deviation.number.desc())
_OLDEST_FIRST = (Deviation.occurred_at, Deviation.number)


def _listed(reader: Actor, filters: Filters, now: datetime) -> AnySelect:
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
        Deviation.due_at,
        Deviation.extended_to,
        Deviation.closed_at,
        Batch.product,
        Batch.process_version,
        Deviation.area,
        Deviation.subcategory,
        Deviation.detected_at,
        Deviation.detected_by_role,
        Deviation.patient_impact,
        Deviation.batch_disposition,
        Deviation.method,
        Deviation.contributing_factors,
        said_in_words(Deviation.id),
    )
    statement = narrowed(columns, reader, filters, now).outerjoin(Team, Team.id == Deviation.team_id)
    return statement.outerjoin(Batch, Batch.id == Deviation.batch_id)


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
    product: str | None
    process_version: str | None
    area: str | None
    subcategory: str | None
    detected_at: datetime | None
    detected_by_role: str | None
    patient_impact: str | None
    batch_disposition: str | None
    due_at: datetime | None
    extended_to: datetime | None
    escalated_at: datetime | None
    contained_at: datetime | None
    containment: str | None
    investigation_started_at: datetime | None
    method: str | None
    finding: str | None
    contributing_factors: str | None
    action_needed: bool | None
    why_no_action: str | None
    #: None while there is no result, or while it is looked for anew.
    investigated_by_id: UUID | None
    closing_reason: str | None
    lead_id: UUID | None
    lead_name: str | None
    own_fields: str | None
    coding: CodingFacts

    @property
    def due_now(self) -> datetime | None:
        """When closing is due, an extension or a reopening included."""
        return self.extended_to or self.due_at


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
            Batch.product,
            Batch.process_version,
            Deviation.area,
            Deviation.subcategory,
            Deviation.detected_at,
            Deviation.detected_by_role,
            Deviation.patient_impact,
            Deviation.batch_disposition,
            Deviation.due_at,
            Deviation.extended_to,
            Deviation.escalated_at,
            Deviation.contained_at,
            Deviation.containment,
            Deviation.investigation_started_at,
            Deviation.method,
            Deviation.finding,
            Deviation.contributing_factors,
            Deviation.action_needed,
            Deviation.why_no_action,
            Deviation.investigated_by_id,
            Deviation.closing_reason,
            Deviation.lead_id,
            Person.given_name + " " + Person.family_name,
            said_in_words(Deviation.id),
            *COLUMNS,
        )
        .join(Site, Site.id == Deviation.site_id)
        .join(Network, Network.id == Site.network_id)
        .outerjoin(Team, Team.id == Deviation.team_id)
        .outerjoin(Batch, Batch.id == Deviation.batch_id)
        .outerjoin(other, other.id == Deviation.duplicate_of_id)
        .outerjoin(Person, Person.id == Deviation.lead_id)
        .outerjoin(SystemCausesExcluded, SystemCausesExcluded.deviation_id == Deviation.id)
        .where(Deviation.id == deviation_id, within(Deviation.site_id, reader, permission))
    )
    row = db.session.execute(statement).first()
    if row is None:
        raise NotFound("There is no such deviation at your sites.")
    values = (*row[: -len(COLUMNS)], coding_facts(row[-len(COLUMNS) :]))
    return DeviationFacts(*values)


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


def found(reader: Actor, words: str) -> list[DeviationRow]:
    """Return the first few deviations that the words name, in the home network."""
    statement = _listed(reader, Filters(q=words), datetime.min.replace(tzinfo=UTC)).order_by(*_NEWEST_FIRST)
    return [DeviationRow(*row) for row in db.session.execute(statement.limit(10))]
