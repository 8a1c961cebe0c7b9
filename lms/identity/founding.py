"""Founding an installation: its network, its control site and the first two people, in one transaction or not at all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from lms.extensions import db
from lms.identity import commands
from lms.network.commands import found_network, open_site
from lms.permissions import Permission, Role
from lms.refusals import NotAllowed
from lms.reportable.commands import take_over_standard_rules
from lms.unit_of_work import Work, command

_PERSON = re.compile(r"(\S+)\s+([^<>]+?)\s*<([^@\s<>]+@[^@\s<>]+)>")


@dataclass(frozen=True, slots=True)
class FirstPerson:
    """Somebody who gets a role before anybody could give it to them."""

    given_name: str
    family_name: str
    email: str

    @property
    def login(self) -> str:
        """The name they sign in with."""
        return f"{self.given_name}.{self.family_name}".replace(" ", "").lower()


@dataclass(frozen=True, slots=True)
class Founded:
    """What was founded: the code of the control site, and the token of each person's one-time link."""

    site_code: str
    tokens: Mapping[Role, str]


def first_person(text: str) -> FirstPerson:
    """Return the person that was typed as ``Given Family <mail>``. Raises ``NotAllowed`` for anything else."""
    found = _PERSON.fullmatch(text.strip())
    if found is None:
        message = f"“{text}” is not understood: write Given Family <mail@example.org>."
        raise NotAllowed(message)
    person = FirstPerson(*found.groups())
    if max(len(person.given_name), len(person.family_name), len(person.login)) > 80 or len(person.email) > 200:
        message = f"“{text}” is too long: both names together take 80 characters at most, the address 200."
        raise NotAllowed(message)
    return person


def check_two_people(one: FirstPerson, other: FirstPerson) -> None:
    """Raise ``NotAllowed`` if the two could be one, or would sign in with the same name."""
    if one.email.lower() == other.email.lower():
        message = (
            f"The first administrator and the first QA must be two people, and both have the address {one.email}: "
            "neither may approve alone."
        )
        raise NotAllowed(message)
    if one.login == other.login:
        message = f"Both people would sign in as {one.login}: write one of the names differently."
        raise NotAllowed(message)


@command(needs=Permission.NETWORK_MANAGE)
def found_installation(
    work: Work,
    *,
    network_name: str,
    site_code: str,
    site_name: str,
    zone: str,
    people: Mapping[Role, FirstPerson],
    on: date,
) -> Founded:
    """Found an empty network with its control site, the standard duties to report, and its first people by one-time links."""
    network = found_network(work, name=network_name)
    db.session.flush()
    site = open_site(work, network.id, code=site_code, name=site_name, zone=zone, is_control_site=True)
    db.session.flush()
    take_over_standard_rules(work)
    tokens = {}
    for number, (role, who) in enumerate(people.items(), 1):
        person = commands.register_person(
            work,
            employee_no=f"FIRST-{number}",
            given_name=who.given_name,
            family_name=who.family_name,
            site_id=site.id,
            joined_on=on,
            email=who.email,
        )
        db.session.flush()
        account = commands.open_account(work, person.id, login=who.login)
        db.session.flush()
        commands.grant_role(work, person.id, role=role, site_id=None, valid_from=on)
        tokens[role] = commands.send_one_time_link(work, account.id)
    return Founded(site.code, tokens)
