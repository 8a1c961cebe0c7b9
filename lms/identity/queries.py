"""Reading people: lists within the reader's sites, one person with their roles over time, roles that wait for approval."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from lms.audit.models import AuditEvent
from lms.extensions import db
from lms.identity.models import Account, OneTimeLink, Person, RoleAssignment
from lms.network.models import Site, Team, TeamMembership
from lms.permissions import Actor, Permission, Role
from lms.refusals import NotAllowed, NotFound
from lms.scope import within

PAGE = 50


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person in a list."""

    id: UUID
    employee_no: str
    name: str
    site_name: str
    team_name: str | None
    left_on: date | None


@dataclass(frozen=True, slots=True)
class RoleRow:
    """A role over time, with who granted and who approved it."""

    id: UUID
    person_id: UUID
    person_name: str
    role: str
    site_name: str | None
    valid_from: date
    valid_to: date | None
    granted_by: str | None
    approved_at: datetime | None
    approved_by: str | None
    #: When it was granted, as the trail has it; None where the list does not show it.
    granted_at: datetime | None = None

    @property
    def entered_late(self) -> bool:
        """It was granted after the day from which it holds."""
        return self.granted_at is not None and self.granted_at.date() > self.valid_from


@dataclass(frozen=True, slots=True)
class PersonPage:
    """One person as their page shows them."""

    id: UUID
    version: int
    employee_no: str
    given_name: str
    family_name: str
    email: str
    site_id: UUID
    site_name: str
    joined_on: date
    left_on: date | None
    account_id: UUID | None
    login: str | None
    account_active: bool
    has_password: bool

    @property
    def name(self) -> str:
        """The name as printed."""
        return f"{self.given_name} {self.family_name}"


def people(
    reader: Actor, *, words: str = "", site_id: UUID | None = None, page: int = 1
) -> tuple[list[PersonRow], int]:
    """Return one page of the people at the reader's sites, by family name, and how many there are in all."""
    condition = within(Person.site_id, reader, Permission.PEOPLE_SEE)
    if words:
        pattern = f"%{words.lower()}%"
        name = func.lower(Person.given_name + " " + Person.family_name)
        condition = and_(condition, or_(name.like(pattern), func.lower(Person.employee_no).like(pattern)))
    if site_id is not None:
        condition = and_(condition, Person.site_id == site_id)
    total = db.session.scalar(select(func.count()).select_from(Person).where(condition)) or 0
    statement = (
        select(
            Person.id, Person.employee_no, Person.given_name, Person.family_name, Site.name, Team.name, Person.left_on
        )
        .join(Site, Site.id == Person.site_id)
        .outerjoin(TeamMembership, and_(TeamMembership.person_id == Person.id, TeamMembership.valid_to.is_(None)))
        .outerjoin(Team, Team.id == TeamMembership.team_id)
        .where(condition)
        .order_by(Person.family_name, Person.given_name, Person.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    rows = [PersonRow(r[0], r[1], f"{r[2]} {r[3]}", r[4], r[5], r[6]) for r in db.session.execute(statement)]
    return rows, total


def person_page(reader: Actor, person_id: UUID) -> PersonPage:
    """Return one person. Raises ``NotFound`` outside the reader's sites."""
    statement = (
        select(
            Person.id,
            Person.version,
            Person.employee_no,
            Person.given_name,
            Person.family_name,
            Person.email,
            Site.id,
            Site.name,
            Person.joined_on,
            Person.left_on,
            Account.id,
            Account.login,
            Account.is_active,
            Account.password_hash,
        )
        .join(Site, Site.id == Person.site_id)
        .outerjoin(Account, Account.person_id == Person.id)
        .where(Person.id == person_id, within(Person.site_id, reader, Permission.PEOPLE_SEE))
    )
    row = db.session.execute(statement).first()
    if row is None:
        raise NotFound("There is no such person at your sites.")
    fields: list[Any] = [*row[:12], bool(row[12]), bool(row[13])]
    return PersonPage(*fields)


def roles_of(person_id: UUID) -> list[RoleRow]:
    """Return every role the person holds or held, newest first, with the moment at which it was granted."""
    roles = _roles(RoleAssignment.person_id == person_id)
    statement = (
        select(AuditEvent.rid, func.min(AuditEvent.at))
        .where(AuditEvent.rtype == RoleAssignment.__tablename__, AuditEvent.rid.in_([str(role.id) for role in roles]))
        .group_by(AuditEvent.rid)
    )
    granted = {UUID(row[0]): row[1] for row in db.session.execute(statement)} if roles else {}
    return [replace(role, granted_at=granted.get(role.id)) for role in roles]


def roles_waiting(reader: Actor) -> list[RoleRow]:
    """Return the roles that wait for this reader's approval: at their sites, not granted by or to themselves."""
    sites = reader.sites_for(Permission.ROLE_APPROVE)
    if sites is not None and not sites:
        return []
    condition = and_(
        RoleAssignment.approved_at.is_(None),
        RoleAssignment.person_id != reader.person_id,
        or_(RoleAssignment.granted_by_id.is_(None), RoleAssignment.granted_by_id != reader.person_id),
    )
    if sites is not None:
        condition = and_(condition, RoleAssignment.site_id.in_(sites))
    return _roles(condition)


def _roles(condition: object) -> list[RoleRow]:
    granter, approver = aliased(Person), aliased(Person)
    statement = (
        select(
            RoleAssignment.id,
            Person.id,
            Person.given_name,
            Person.family_name,
            RoleAssignment.role,
            Site.name,
            RoleAssignment.valid_from,
            RoleAssignment.valid_to,
            granter.given_name,
            granter.family_name,
            RoleAssignment.approved_at,
            approver.given_name,
            approver.family_name,
        )
        .join(Person, Person.id == RoleAssignment.person_id)
        .outerjoin(Site, Site.id == RoleAssignment.site_id)
        .outerjoin(granter, granter.id == RoleAssignment.granted_by_id)
        .outerjoin(approver, approver.id == RoleAssignment.approved_by_id)
        .where(condition)  # type: ignore[arg-type]
        .order_by(RoleAssignment.valid_from.desc(), RoleAssignment.id)
    )
    return [
        RoleRow(
            r[0],
            r[1],
            f"{r[2]} {r[3]}",
            r[4],
            r[5],
            r[6],
            r[7],
            f"{r[8]} {r[9]}" if r[8] else None,
            r[10],
            f"{r[11]} {r[12]}" if r[11] else None,
        )
        for r in db.session.execute(statement)
    ]


def holders(role: Role, site_id: UUID, on: date) -> list[tuple[UUID, str]]:
    """Return who holds a role at a site on a day (or in the whole network), by name. For commands that choose somebody."""
    statement = (
        select(Person.id, Person.given_name, Person.family_name)
        .where(
            exists().where(
                RoleAssignment.person_id == Person.id,
                RoleAssignment.role == role,
                RoleAssignment.approved_at.is_not(None),
                or_(RoleAssignment.site_id.is_(None), RoleAssignment.site_id == site_id),
                RoleAssignment.valid_from <= on,
                or_(RoleAssignment.valid_to.is_(None), RoleAssignment.valid_to > on),
            )
        )
        .order_by(Person.family_name, Person.given_name, Person.id)
    )
    return [(r[0], f"{r[1]} {r[2]}") for r in db.session.execute(statement)]


def holders_in_network(roles: Iterable[Role], on: date) -> list[UUID]:
    """Return who holds one of the roles in the whole network on a day. For commands that tell somebody."""
    statement = select(RoleAssignment.person_id).where(
        RoleAssignment.role.in_(tuple(roles)),
        RoleAssignment.approved_at.is_not(None),
        RoleAssignment.site_id.is_(None),
        RoleAssignment.valid_from <= on,
        or_(RoleAssignment.valid_to.is_(None), RoleAssignment.valid_to > on),
    )
    return sorted(set(db.session.scalars(statement)))


def names_of(person_ids: set[UUID]) -> dict[UUID, str]:
    """Return the printed names of people, by id, in one query."""
    if not person_ids:
        return {}
    rows = db.session.execute(select(Person.id, Person.given_name, Person.family_name).where(Person.id.in_(person_ids)))
    return {row[0]: f"{row[1]} {row[2]}" for row in rows}


def mail_address(reader: Actor) -> str:
    """Return the reader's own mail address."""
    return db.session.scalar(select(Person.email).where(Person.id == reader.person_id)) or ""


def link_hash(token: str) -> str:
    """Return what is kept of a one-time link: nobody who reads the database can open it."""
    return hashlib.sha256(token.encode()).hexdigest()


def open_link(token: str, now: datetime) -> OneTimeLink:
    """Return the one-time link of a token. Raises ``NotAllowed`` for one that is unknown, used or too old."""
    link = db.session.get(OneTimeLink, link_hash(token))
    if link is None:
        raise NotAllowed(
            "This link is not known here. Open it whole, or ask the administrator of your site for a new one."
        )
    if link.used_at is not None:
        raise NotAllowed(
            "This link was used already, and works once. Sign in with the password that was chosen by it, or ask the "
            "administrator of your site for a new link."
        )
    if link.expires_at <= now:
        raise NotAllowed("This link is too old. Ask the administrator of your site for a new one.")
    return link


def login_of_link(token: str, now: datetime) -> str:
    """Return the user name of the account that a one-time link opens. Raises ``NotAllowed`` as ``open_link`` does."""
    return db.session.get_one(Account, open_link(token, now).account_id).login
