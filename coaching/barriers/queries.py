"""Reading system actions: one's own, those of the reader's sites, and how many come of how many reviews."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from coaching.barriers.models import SystemAction
from coaching.barriers.rules import Kind, State
from lms.deviations.models import Deviation
from lms.extensions import db
from lms.identity.models import Person, RoleAssignment
from lms.network.models import Site
from lms.permissions import Actor, Permission, Role
from lms.refusals import NotAllowed, NotFound
from lms.scope import within

PAGE_SIZE = 50
SEE = Permission.SYSTEM_ACTION_SEE
AnySelect = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Filters:
    """Conditions on the list, named as in the address of ``/system-actions``; None takes all."""

    #: Id of a site.
    site: UUID | None = None
    #: ``open``, ``done``, ``declined``.
    state: str | None = None
    #: ``barrier`` or ``support``.
    kind: str | None = None
    #: ``1``: open and past its due day.
    overdue: bool = False

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Filters:
        """Return the filters of an address. Raises ``NotAllowed`` for what is not understood."""
        given = {name: value.strip() for name, value in query.items() if value.strip()}
        try:
            return cls(
                site=UUID(given["site"]) if "site" in given else None,
                state=State(given["state"]) if "state" in given else None,
                kind=Kind(given["kind"]) if "kind" in given else None,
                overdue=given.get("overdue") == "1",
            )
        except ValueError:
            raise NotAllowed("A filter in the address is not understood. Open the list and choose it there.") from None

    def as_query(self) -> dict[str, str]:
        """Return the address's query for these filters."""
        named = {"site": self.site, "state": self.state, "kind": self.kind}
        found = {name: str(value) for name, value in named.items() if value}
        return {**found, "overdue": "1"} if self.overdue else found


@dataclass(frozen=True, slots=True)
class ActionRow:
    """A system action as listed, exported and shown: nothing of the conversation, and nobody of it by name."""

    id: UUID
    version: int
    number: str
    kind: str
    what: str
    site_id: UUID
    site_code: str
    site_name: str
    zone: str
    deviation_id: UUID | None
    deviation_number: str | None
    owner_id: UUID
    owner_name: str
    opened_on: date
    due_on: date
    state: str
    answered_on: date | None
    answer: str | None
    review_id: UUID

    def is_overdue(self, today: date) -> bool:
        """Whether it is open and its due day is over."""
        return self.state == State.OPEN and self.due_on < today


_COLUMNS = (
    SystemAction.id,
    SystemAction.version,
    SystemAction.number,
    SystemAction.kind,
    SystemAction.what,
    Site.id,
    Site.code,
    Site.name,
    Site.zone,
    Deviation.id,
    Deviation.number,
    Person.id,
    Person.given_name + " " + Person.family_name,
    SystemAction.opened_on,
    SystemAction.due_on,
    SystemAction.state,
    SystemAction.answered_on,
    SystemAction.answer,
    SystemAction.review_id,
)


def _joined(statement: AnySelect) -> AnySelect:
    return (
        statement.select_from(SystemAction)
        .join(Site, Site.id == SystemAction.site_id)
        .join(Person, Person.id == SystemAction.owner_id)
        .outerjoin(Deviation, Deviation.id == SystemAction.deviation_id)
    )


def _conditions(reader: Actor, filters: Filters, today: date) -> list[ColumnElement[bool]]:
    conditions = [within(SystemAction.site_id, reader, SEE)]
    if filters.site:
        conditions.append(SystemAction.site_id == filters.site)
    if filters.state:
        conditions.append(SystemAction.state == filters.state)
    if filters.kind:
        conditions.append(SystemAction.kind == filters.kind)
    if filters.overdue:
        conditions += [SystemAction.state == State.OPEN, SystemAction.due_on < today]
    return conditions


_ORDER = (SystemAction.state != State.OPEN, SystemAction.due_on, SystemAction.number)


def rows(reader: Actor, filters: Filters, *, today: date, page: int | None = None) -> list[ActionRow]:
    """Return the list, what is open first and by due day: one page of it, or all of it for an export."""
    statement = _joined(select(*_COLUMNS)).where(*_conditions(reader, filters, today)).order_by(*_ORDER)
    if page is not None:
        statement = statement.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    return [ActionRow(*row) for row in db.session.execute(statement)]


def count_and_list(reader: Actor, filters: Filters, page: int, *, today: date) -> tuple[int, list[ActionRow]]:
    """Return how many there are and one page of them (from 1), both by the same conditions."""
    total = db.session.scalar(_joined(select(func.count())).where(*_conditions(reader, filters, today))) or 0
    return total, rows(reader, filters, today=today, page=page)


def owned(reader: Actor) -> list[ActionRow]:
    """Return the reader's own system actions, what is open first."""
    statement = _joined(select(*_COLUMNS)).where(SystemAction.owner_id == reader.person_id).order_by(*_ORDER)
    return [ActionRow(*row) for row in db.session.execute(statement.limit(100))]


def action(reader: Actor, action_id: UUID) -> ActionRow:
    """Return one system action: for its owner, and for whoever sees those of its site. Raises ``NotFound`` for others."""
    readable = or_(SystemAction.owner_id == reader.person_id, within(SystemAction.site_id, reader, SEE))
    row = db.session.execute(_joined(select(*_COLUMNS)).where(SystemAction.id == action_id, readable)).first()
    if row is None:
        raise NotFound("There is no such system action at your sites.")
    return ActionRow(*row)


def of_review(review_id: UUID) -> list[ActionRow]:
    """Return what a closed review opened, in the order agreed. The caller has checked who reads the review."""
    statement = _joined(select(*_COLUMNS)).where(SystemAction.review_id == review_id)
    return [ActionRow(*row) for row in db.session.execute(statement.order_by(SystemAction.position))]


def _works_there(site_id: UUID, today: date) -> ColumnElement[bool]:
    control = select(Site.id).where(Site.is_control_site)
    there = or_(Person.site_id == site_id, Person.site_id.in_(control))
    return and_(there, or_(Person.left_on.is_(None), Person.left_on > today))


def owners(site_id: UUID, today: date, *, coachee_id: UUID | None = None) -> list[tuple[UUID, str, bool]]:
    """Return who can own a system action of a site, with whether they lead the site: leads first, then by name.

    Those are the people who work there or at the control site, but not the operator whose review it is.
    """
    leads = (
        select(RoleAssignment.person_id)
        .where(
            RoleAssignment.role == Role.SITE_LEAD,
            RoleAssignment.approved_at.is_not(None),
            or_(RoleAssignment.site_id.is_(None), RoleAssignment.site_id == site_id),
            RoleAssignment.valid_from <= today,
            or_(RoleAssignment.valid_to.is_(None), RoleAssignment.valid_to > today),
        )
        .subquery()
    )
    is_lead = Person.id.in_(select(leads.c.person_id))
    statement = (
        select(Person.id, Person.given_name, Person.family_name, is_lead)
        .where(_works_there(site_id, today), Person.id != coachee_id if coachee_id else Person.id.is_not(None))
        .order_by(case((is_lead, 0), else_=1), Person.family_name, Person.given_name, Person.id)
    )
    return [(row[0], f"{row[2]}, {row[1]}", bool(row[3])) for row in db.session.execute(statement)]


def owner_name(person_id: UUID, site_id: UUID, today: date) -> str | None:
    """Return the name of somebody who can own a system action of a site, or None if they cannot."""
    statement = select(Person).where(Person.id == person_id, _works_there(site_id, today))
    person = db.session.scalar(statement)
    return person.name if person is not None else None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits because of system actions: for the reader as an owner."""

    own: int
    first_due: date | None


def waiting(reader: Actor) -> Waiting:
    """Return how many open system actions the reader owns, and when the first is due."""
    statement = select(func.count(), func.min(SystemAction.due_on)).where(
        SystemAction.owner_id == reader.person_id, SystemAction.state == State.OPEN
    )
    return Waiting(*db.session.execute(statement).one())


def reminded(on: date) -> list[tuple[UUID, UUID, str, str, date]]:
    """Return owner, action, number, text and due day of what is due within a week or late."""
    statement: AnySelect = select(
        SystemAction.owner_id, SystemAction.id, SystemAction.number, SystemAction.what, SystemAction.due_on
    ).where(SystemAction.state == State.OPEN, SystemAction.due_on <= on + timedelta(days=7))
    return [(r[0], r[1], r[2], r[3], r[4]) for r in db.session.execute(statement.order_by(SystemAction.due_on))]
