"""Reading actions within the reader's sites, and one's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Select, and_, bindparam, false, func, or_, select
from sqlalchemy.orm import aliased

from lms.asking import ask, one_of, reach, reached, sites_of, written
from lms.capas import rules
from lms.capas.models import Capa, CapaExtension, EffectivenessCheck, EffectivenessLook
from lms.capas.rules import State
from lms.deviations.models import Deviation
from lms.extensions import db
from lms.identity.models import Person
from lms.network.models import Site
from lms.permissions import Actor, Permission
from lms.recurrences.models import Recurrence
from lms.recurrences.rules import R3, Decision
from lms.refusals import NotAllowed, NotFound
from lms.scope import within
from lms.signatures.queries import SignatureRow, signatures_on_many

PAGE_SIZE = 50
_SEE = Permission.DEVIATION_SEE
_due = func.coalesce(Capa.extended_to, Capa.due_on)
#: A statement with whatever columns.
AnySelect = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class CapaFilters:
    """Conditions on the list of actions, named as in the address of ``/capas``; None takes all."""

    #: Id of a site.
    site: UUID | None = None
    #: ``open``, ``implemented``, ``returned``, ``closed``, ``cancelled``.
    state: str | None = None
    #: ``effective``, ``not_effective``, ``not_demonstrable``.
    verdict: str | None = None
    #: ``1``: open and past its due day, extensions counted.
    overdue: bool = False
    #: Words looked for in number and title.
    q: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> CapaFilters:
        """Return the filters of an address. Raises ``NotAllowed`` for what is not understood."""
        given = {name: value.strip() for name, value in query.items() if value.strip()}
        try:
            return cls(
                site=UUID(given["site"]) if "site" in given else None,
                state=State(given["state"]) if "state" in given else None,
                verdict=rules.Verdict(given["verdict"]) if "verdict" in given else None,
                overdue=given.get("overdue") == "1",
                q=given.get("q", "")[:100],
            )
        except ValueError:
            raise NotAllowed("A filter in the address is not understood. Open the list and choose it there.") from None

    def as_query(self) -> dict[str, str]:
        """Return the address's query for these filters."""
        named = {"site": self.site, "state": self.state, "verdict": self.verdict, "q": self.q}
        found = {name: str(value) for name, value in named.items() if value}
        return {**found, "overdue": "1"} if self.overdue else found


@dataclass(frozen=True, slots=True)
class CapaRow:
    """An action as listed and exported."""

    id: UUID
    version: int
    number: str
    title: str
    site_id: UUID
    site_code: str
    site_name: str
    zone: str
    deviation_id: UUID
    deviation_number: str
    owner_id: UUID
    owner_name: str
    kind: str
    state: str
    verdict: str
    opened_on: date
    due_on: date
    extended_to: date | None
    implemented_on: date | None
    grace_days: int

    @property
    def due(self) -> date:
        """The day that counts now, an extension included."""
        return self.extended_to or self.due_on


_COLUMNS = (
    Capa.id,
    Capa.version,
    Capa.number,
    Capa.title,
    Site.id,
    Site.code,
    Site.name,
    Site.zone,
    Deviation.id,
    Deviation.number,
    Person.id,
    Person.given_name + " " + Person.family_name,
    Capa.kind,
    Capa.state,
    Capa.verdict,
    Capa.opened_on,
    Capa.due_on,
    Capa.extended_to,
    Capa.implemented_on,
    Capa.grace_days,
)


def _joined(statement: AnySelect) -> AnySelect:
    return (
        statement.select_from(Capa)
        .join(Site, Site.id == Capa.site_id)
        .join(Deviation, Deviation.id == Capa.deviation_id)
        .join(Person, Person.id == Capa.owner_id)
    )


def _conditions(reader: Actor, filters: CapaFilters, today: date) -> list[ColumnElement[bool]]:
    conditions = [within(Capa.site_id, reader, _SEE)]
    if filters.site:
        conditions.append(Capa.site_id == filters.site)
    if filters.state:
        conditions.append(Capa.state == filters.state)
    if filters.verdict:
        conditions.append(Capa.verdict == filters.verdict)
    if filters.overdue:
        conditions += [Capa.state == State.OPEN, _due < today]
    if filters.q:
        conditions.append(or_(*(c.icontains(filters.q, autoescape=True) for c in (Capa.number, Capa.title))))
    return conditions


def rows(reader: Actor, filters: CapaFilters, *, today: date, page: int | None = None) -> list[CapaRow]:
    """Return the list, what is open first and by due day: one page of it, or all of it for an export."""
    statement = _joined(select(*_COLUMNS)).where(*_conditions(reader, filters, today))
    statement = statement.order_by(Capa.state.not_in([State.OPEN, State.RETURNED]), _due, Capa.number)
    if page is not None:
        statement = statement.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    return [CapaRow(*row) for row in db.session.execute(statement)]


def count_and_list(reader: Actor, filters: CapaFilters, page: int, *, today: date) -> tuple[int, list[CapaRow]]:
    """Return how many there are and one page of them (from 1), both by the same conditions."""
    total = db.session.scalar(_joined(select(func.count(Capa.id))).where(*_conditions(reader, filters, today))) or 0
    return total, rows(reader, filters, today=today, page=page)


def owned(reader: Actor) -> list[CapaRow]:
    """Return the reader's own actions, what needs them first."""
    statement = _joined(select(*_COLUMNS)).where(Capa.owner_id == reader.person_id)
    statement = statement.order_by(Capa.state.not_in([State.OPEN, State.RETURNED]), _due, Capa.number)
    return [CapaRow(*row) for row in db.session.execute(statement.limit(100))]


def of_deviation(reader: Actor, deviation_id: UUID) -> list[CapaRow]:
    """Return the actions opened from a deviation, oldest first."""
    statement = _joined(select(*_COLUMNS)).where(Capa.deviation_id == deviation_id, within(Capa.site_id, reader, _SEE))
    return [CapaRow(*row) for row in db.session.execute(statement.order_by(Capa.number))]


def count_standing(deviation_id: UUID, *, failed_too: bool = False) -> int:
    """Return how many actions opened from a deviation stand: neither cancelled nor shown not to work. For commands."""
    standing = select(func.count(Capa.id)).where(Capa.deviation_id == deviation_id, Capa.state != State.CANCELLED)
    if not failed_too:
        standing = standing.where(Capa.verdict != rules.Verdict.NOT_EFFECTIVE)
    return db.session.scalar(standing) or 0


@dataclass(frozen=True, slots=True)
class CapaFacts:
    """Everything one action says."""

    row: CapaRow
    description: str
    evidence: str
    deviation_title: str
    deviation_severity: str
    follows_id: UUID | None
    follows_number: str | None
    followed_by_id: UUID | None
    followed_by_number: str | None
    extensions: Sequence[tuple[CapaExtension, Sequence[SignatureRow]]]
    check: EffectivenessCheck | None
    looks: Sequence[tuple[EffectivenessLook, Sequence[SignatureRow]]]
    #: Deviations confirmed as having come back after it: id, number, moment.
    came_back: Sequence[tuple[UUID, str, datetime]]


def capa(reader: Actor, capa_id: UUID) -> CapaFacts:
    """Return one action: for whoever reads deviations at its site, and for its owner. Raises ``NotFound`` for others."""
    earlier, later = aliased(Capa), aliased(Capa)
    mine = Capa.owner_id == reader.person_id if reader.person_id is not None else false()
    statement: AnySelect = (
        _joined(
            select(
                *_COLUMNS,
                Capa.description,
                Capa.evidence,
                Deviation.title,
                Deviation.severity,
                Capa.follows_id,
                earlier.number,
                later.id,
                later.number,
                EffectivenessCheck,
            )
        )
        .outerjoin(earlier, earlier.id == Capa.follows_id)
        .outerjoin(later, later.follows_id == Capa.id)
        .outerjoin(EffectivenessCheck, EffectivenessCheck.capa_id == Capa.id)
        .where(Capa.id == capa_id, or_(within(Capa.site_id, reader, _SEE), mine))
    )
    row = db.session.execute(statement).first()
    if row is None:
        raise NotFound("There is no such action at your sites.")
    extended = select(CapaExtension).where(CapaExtension.capa_id == capa_id).order_by(CapaExtension.to_day)
    looked = select(EffectivenessLook).where(EffectivenessLook.capa_id == capa_id)
    width = len(_COLUMNS)
    shown = CapaRow(*row[:width])
    # nothing to ask for where there can be none
    extensions = db.session.scalars(extended).all() if shown.extended_to else []
    looks = db.session.scalars(looked.order_by(EffectivenessLook.looked_at)).all() if shown.implemented_on else []
    signed = signatures_on_many([*extensions, *looks])
    back = (
        select(Deviation.id, Deviation.number, Deviation.occurred_at)
        .join(Recurrence, Recurrence.deviation_id == Deviation.id)
        .where(Recurrence.capa_id == capa_id, Recurrence.rule == R3, Recurrence.decision == Decision.CONFIRMED)
        .order_by(Deviation.occurred_at)
    )
    returned = shown.verdict == rules.Verdict.NOT_EFFECTIVE
    description, evidence, title, severity, follows_id, follows, followed_by_id, followed_by, check = row[width:]
    return CapaFacts(
        row=shown,
        description=description,
        evidence=evidence,
        deviation_title=title,
        deviation_severity=severity,
        follows_id=follows_id,
        follows_number=follows,
        followed_by_id=followed_by_id,
        followed_by_number=followed_by,
        extensions=[(extension, signed[extension.id]) for extension in extensions],
        check=check,
        looks=[(look, signed[look.id]) for look in looks],
        came_back=[(found[0], found[1], found[2]) for found in (db.session.execute(back) if returned else ())],
    )


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits because of actions: for QA at their sites, and for the reader as an owner."""

    overdue: int
    returned: int
    own: int
    own_first_due: date | None


@cache
def _waiting(how_far: str) -> AnySelect:
    at_sites = reached(Capa.site_id, how_far)
    needs_owner = one_of(Capa.state, State.OPEN, State.RETURNED)
    mine = Capa.owner_id == bindparam("person")
    return select(
        func.count(Capa.id).filter(at_sites, Capa.state == written(State.OPEN), _due < bindparam("today", type_=Date)),
        func.count(Capa.id).filter(at_sites, Capa.state == written(State.RETURNED)),
        func.count(Capa.id).filter(mine),
        func.min(_due).filter(mine),
    ).where(needs_owner, or_(mine, at_sites))


def waiting(reader: Actor, *, today: date) -> Waiting:
    """Return what waits, in one statement."""
    manages = Permission.CAPA_MANAGE
    statement = _waiting(reach(reader, manages))
    return Waiting(*ask(statement, person=reader.person_id, today=today, sites=sites_of(reader, manages)).one())


def owners(reader: Actor, site_id: UUID) -> list[tuple[UUID, str]]:
    """Return the people who can own an action of a site: those who work there, and those who answer for the network."""
    control = select(Site.id).where(Site.is_control_site)
    statement = (
        select(Person.id, Person.given_name, Person.family_name)
        .where(
            or_(Person.site_id == site_id, Person.site_id.in_(control)),
            Person.left_on.is_(None),
            within(Person.site_id, reader, Permission.PEOPLE_SEE) | (Person.site_id == site_id),
        )
        .order_by(Person.family_name, Person.given_name)
    )
    return [(row[0], f"{row[2]}, {row[1]}") for row in db.session.execute(statement)]


def reminded(on: date) -> list[tuple[UUID, UUID, str, str, date]]:
    """Return owner, action, number, title and due day of what is due within a week, late, or back with its owner."""
    soon = and_(Capa.state == State.OPEN, _due <= on + timedelta(days=7))
    columns: AnySelect = select(Capa.owner_id, Capa.id, Capa.number, Capa.title, _due)
    statement = columns.where(or_(soon, Capa.state == State.RETURNED)).order_by(_due, Capa.number)
    return [(row[0], row[1], row[2], row[3], row[4]) for row in db.session.execute(statement)]
