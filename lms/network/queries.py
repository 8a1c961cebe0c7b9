"""Reading the network: sites and teams within the reader's scope, and a person's team on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from uuid import UUID

from sqlalchemy import Date, Select, and_, bindparam, func, or_, select

from lms.asking import ask
from lms.extensions import db
from lms.network.models import Network, Site, Team, TeamMembership
from lms.permissions import Actor, Permission
from lms.scope import within


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A site as shown in lists and select fields."""

    id: UUID
    code: str
    name: str
    zone: str
    state: str
    is_control_site: bool


@dataclass(frozen=True, slots=True)
class TeamRow:
    """A team with its site."""

    id: UUID
    name: str
    site_id: UUID
    site_name: str


def sites(reader: Actor, permission: Permission) -> list[SiteRow]:
    """Return the sites of the home network at which the reader has the permission, by name."""
    statement = (
        select(Site.id, Site.code, Site.name, Site.zone, Site.state, Site.is_control_site)
        .join(Network, Network.id == Site.network_id)
        .where(Network.taxonomy == "core", within(Site.id, reader, permission))
        .order_by(Site.name)
    )
    return [SiteRow(*row) for row in db.session.execute(statement)]


def teams(reader: Actor, permission: Permission, site_id: UUID | None = None) -> list[TeamRow]:
    """Return the teams at the reader's sites, by site and name."""
    statement = (
        select(Team.id, Team.name, Site.id, Site.name)
        .join(Site, Site.id == Team.site_id)
        .where(within(Site.id, reader, permission))
        .order_by(Site.name, Team.name)
    )
    if site_id is not None:
        statement = statement.where(Site.id == site_id)
    return [TeamRow(*row) for row in db.session.execute(statement)]


def team_of(person_id: UUID, on: date) -> UUID | None:
    """Return the person's team on a day, or None."""
    return ask(_team_of(), person=person_id, on=on).scalar()


@cache
def _team_of() -> Select[UUID]:
    on = bindparam("on", type_=Date)
    return (
        select(TeamMembership.team_id)
        .where(
            TeamMembership.person_id == bindparam("person"),
            TeamMembership.valid_from <= on,
            or_(TeamMembership.valid_to.is_(None), TeamMembership.valid_to > on),
        )
        .order_by(TeamMembership.valid_from.desc())
        .limit(1)
    )


def zone_of(site_id: UUID) -> str:
    """Return the IANA zone of a site."""
    return db.session.get_one(Site, site_id).zone


@dataclass(frozen=True, slots=True)
class TeamSize:
    """A team with how many people are in it today."""

    id: UUID
    name: str
    site_id: UUID
    people: int


def teams_with_sizes(reader: Actor, permission: Permission, on: date) -> dict[UUID, list[TeamSize]]:
    """Return the teams at the reader's sites with their size on a day, by site."""
    member = and_(
        TeamMembership.team_id == Team.id,
        TeamMembership.valid_from <= on,
        or_(TeamMembership.valid_to.is_(None), TeamMembership.valid_to > on),
    )
    statement = (
        select(Team.id, Team.name, Team.site_id, func.count(TeamMembership.id))
        .outerjoin(TeamMembership, member)
        .where(within(Team.site_id, reader, permission))
        .group_by(Team.id, Team.name, Team.site_id)
        .order_by(Team.name)
    )
    found: dict[UUID, list[TeamSize]] = {}
    for team_id, name, site_id, people in db.session.execute(statement):
        found.setdefault(site_id, []).append(TeamSize(team_id, name, site_id, people))
    return found


def home_network_id() -> UUID:
    """Return the network of this installation."""
    return db.session.execute(
        select(Network.id).where(Network.taxonomy == "core").order_by(Network.id).limit(1)
    ).scalar_one()
