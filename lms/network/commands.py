"""Changes of the network: sites, teams, and who belongs to which."""

from __future__ import annotations

import re
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select

from lms.extensions import db
from lms.identity.models import Person
from lms.identity.rules import check_team_day
from lms.network.models import Network, Site, SiteState, Team, TeamMembership
from lms.permissions import Permission
from lms.refusals import NotAllowed, NotFound
from lms.scope import get_scoped
from lms.unit_of_work import Work, command

#: Letters, digits and hyphens, 20 at most: it starts the numbers of records, which stand in addresses and file names.
_CODE = re.compile(r"[^\W_](?:[^\W_]|-){0,19}")


def can_be_site_code(code: str) -> bool:
    """Whether a site could be opened under that code."""
    return _CODE.fullmatch(code.strip().upper()) is not None


@command(needs=Permission.NETWORK_MANAGE)
def found_network(work: Work, *, name: str, is_demonstration: bool = False, taxonomy: str = "core") -> Network:
    """Found a network. Raises ``NotAllowed`` without a name, or if one of that name exists."""
    name = _name(name, 120, "network")
    if db.session.scalar(select(Network.id).where(Network.name == name)) is not None:
        message = f"There is already a network called {name}."
        raise NotAllowed(message, field="name")
    network = Network(name=name, is_demonstration=is_demonstration, taxonomy=taxonomy)
    work.add(network)
    return network


@command(needs=Permission.NETWORK_MANAGE)
def open_site(
    work: Work,
    network_id: UUID,
    *,
    code: str,
    name: str,
    zone: str,
    is_control_site: bool = False,
    state: str = SiteState.ACTIVE,
) -> Site:
    """Open a site; its code is kept in capitals.

    Raises ``NotAllowed`` for a code that is taken or cannot start a number, without a name, or for an unknown zone.
    """
    code, name = code.strip().upper(), _name(name, 160, "site")
    if not can_be_site_code(code):
        message = f"“{code}” cannot be a site's code: use letters, digits and hyphens, 20 at most, such as LYO."
        raise NotAllowed(message, field="code")
    if db.session.scalar(select(Site.id).where(Site.code == code)) is not None:
        message = f"The site code {code} is taken."
        raise NotAllowed(message, field="code")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder of zones, such as Europe
        message = f"“{zone}” is not a time zone. Use a name such as Europe/Lisbon."
        raise NotAllowed(message, field="zone") from None
    site = Site(network_id=network_id, code=code, name=name, zone=zone, is_control_site=is_control_site, state=state)
    work.add(site)
    return site


def _name(name: str, longest: int, what: str) -> str:
    if not 0 < len(name.strip()) <= longest:
        message = f"Give the {what} a name of at most {longest} characters."
        raise NotAllowed(message, field="name")
    return name.strip()


@command(needs=Permission.NETWORK_MANAGE)
def form_team(work: Work, site_id: UUID, *, name: str) -> Team:
    """Form a team at a site. Raises ``NotFound`` for a site out of reach, ``NotAllowed`` for a name that tells it from no other."""
    site = db.session.get(Site, site_id)
    if site is None or not work.actor.may(Permission.NETWORK_MANAGE, site_id):
        raise NotFound("There is no such site within your reach.")
    team = Team(site_id=site_id, name=_team_name(site, name))
    work.add(team)
    return team


@command(needs=Permission.NETWORK_MANAGE)
def rename_team(work: Work, team_id: UUID, *, name: str) -> Team:
    """Give a team another name, on past days too: the trail keeps the old one. Raises ``NotAllowed`` as ``form_team`` does."""
    team = get_scoped(Team, team_id, work.actor, Permission.NETWORK_MANAGE)
    team.name = _team_name(db.session.get_one(Site, team.site_id), name, but=team_id)
    return team


def _team_name(site: Site, name: str, *, but: UUID | None = None) -> str:
    name = " ".join(name.split())
    if not name:
        raise NotAllowed("Give the team a name: blanks are none.", field="name")
    # a file names teams without regard to case, so two names that differ in case only are one
    others = db.session.execute(select(Team.id, Team.name).where(Team.site_id == site.id))
    if name.casefold() in {other.name.casefold() for other in others if other.id != but}:
        message = f"{site.name} has a team {name} already. Choose another name."
        raise NotAllowed(message, field="name")
    return name


@command(needs=Permission.PEOPLE_MANAGE)
def join_team(work: Work, person_id: UUID, team_id: UUID, *, on: date) -> TeamMembership:
    """Put a person into a team from a day; ends the membership they have.

    Raises ``NotAllowed`` for another site's team, and for a day before the first of work or of the present membership.
    """
    person = get_scoped(Person, person_id, work.actor, Permission.PEOPLE_MANAGE)
    team = get_scoped(Team, team_id, work.actor, Permission.PEOPLE_MANAGE)
    if person.site_id != team.site_id:
        message = f"{person.name} works at another site than team {team.name}."
        raise NotAllowed(message, field="team")
    present = db.session.scalar(
        select(TeamMembership).where(TeamMembership.person_id == person_id, TeamMembership.valid_to.is_(None))
    )
    check_team_day(person.name, person.joined_on, present.valid_from if present else None, on)
    if present is not None:
        present.valid_to = on
    membership = TeamMembership(team_id=team_id, person_id=person_id, valid_from=on)
    work.add(membership)
    return membership
