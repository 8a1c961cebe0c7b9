"""A small network for tests, made by the application's own commands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import select

from lms import clock
from lms.extensions import db
from lms.identity import commands as identity
from lms.identity.models import Person
from lms.network import commands as network
from lms.network.models import Network, Site, Team
from lms.permissions import Actor, Grant, Proof, Role
from lms.unit_of_work import Command, Replay, replay, run
from lms.web.times import local_day

P = ParamSpec("P")
R = TypeVar("R")
#: What the fixture ``beginning`` gives: called with who tells a long beginning and what they take, it returns its people.
Beginning = Callable[..., Any]
INSTALLER = Actor.system("installer")
PASSWORD = "correct horse battery"
#: Where the sites of the tests are, if a test does not say otherwise.
ZONE = "Europe/Berlin"


_numbers = count(1)
LONG_AGO = date(2020, 1, 1)


@dataclass(frozen=True)
class Someone:
    """A person with an account, and the actor they are when signed in."""

    person: Person
    login: str
    actor: Actor

    @property
    def signing(self) -> Actor:
        """The actor with fresh proof of identity."""
        assert self.actor.account_id is not None
        return self.actor.proven(Proof(self.actor.account_id, clock.now(), "password", None))

    def signing_at(self, at: datetime) -> Actor:
        """The actor with proof of identity made at a simulated moment."""
        assert self.actor.account_id is not None
        return self.actor.proven(Proof(self.actor.account_id, at, "password", None))


def a_network(name: str = "Test network") -> Network:
    """Return the test network, founding it if needed."""
    found = db.session.scalar(select(Network).where(Network.name == name))
    return found or run(network.found_network, INSTALLER, "test", name=name)


def today() -> date:
    """Return today at the sites of the tests, whose day begins before that of UTC."""
    return local_day(clock.now(), ZONE)


def a_site(code: str = "AAA", zone: str = ZONE, *, is_control_site: bool = False) -> Site:
    """Return the site with that code, opening it if needed."""
    found = db.session.scalar(select(Site).where(Site.code == code))
    if found is not None:
        return found
    return run(
        network.open_site,
        INSTALLER,
        "test",
        a_network().id,
        code=code,
        name=f"Site {code}",
        zone=zone,
        is_control_site=is_control_site,
    )


def a_team(site: Site, name: str = "Team 1") -> Team:
    """Return the site's team of that name, forming it if needed."""
    found = db.session.scalar(select(Team).where(Team.site_id == site.id, Team.name == name))
    return found or run(network.form_team, INSTALLER, "test", site.id, name=name)


def someone(
    role: Role | None = Role.OPERATOR,
    site: Site | None = None,
    *,
    team: Team | None = None,
    everywhere: bool = False,
    name: str = "",
) -> Someone:
    """Register a person with an account and, if given, a role at the site (or everywhere) and a team: one unit of work."""
    site = site or a_site()
    number = next(_numbers)
    given, _, family = (name or f"Given{number} Family{number}").partition(" ")
    login = f"user{number}"
    grants: tuple[Grant, ...] = ()
    with replay() as unit:
        person = _install(
            unit,
            identity.register_person,
            employee_no=f"E{number:05d}",
            given_name=given,
            family_name=family,
            site_id=site.id,
            joined_on=LONG_AGO,
            email=f"p{number}@example.org",
        )
        account = _install(unit, identity.open_account, person.id, login=login)
        token = _install(unit, identity.send_one_time_link, account.id)
        _install(unit, identity.choose_password, token, password=PASSWORD)
        if role is not None:
            where = None if everywhere else site.id
            _install(unit, identity.grant_role, person.id, role=role, site_id=where, valid_from=LONG_AGO)
            grants = (Grant(role, where),)
        if team is not None:
            _install(unit, network.join_team, person.id, team.id, on=LONG_AGO)
    actor = Actor(
        id=f"u:{account.id}",
        name=person.name,
        person_id=person.id,
        account_id=account.id,
        grants=grants,
        zone=site.zone,
    )
    return Someone(person, login, actor)


def _install(unit: Replay, what: Command[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    return unit.run(what, INSTALLER, clock.now(), "test", *args, **kwargs)


def also(someone_: Someone, role: Role, site: Site | None) -> Someone:
    """Grant a further role, at a site or (None) everywhere."""
    where = site.id if site else None
    run(identity.grant_role, INSTALLER, "test", someone_.person.id, role=role, site_id=where, valid_from=LONG_AGO)
    return replace(someone_, actor=replace(someone_.actor, grants=(*someone_.actor.grants, Grant(role, where))))


def days_ago(days: int) -> datetime:
    """Return a moment that many days before now."""
    return clock.now() - timedelta(days=days)


def utc(*parts: int) -> datetime:
    """Return a moment in UTC."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]
