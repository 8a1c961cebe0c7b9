"""The network that is measured: the demonstration, or a small one made here, with readers whose password is known.

``python -m bench.network demonstration|made`` prepares the empty database that the environment names and prints what is there.
"""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import func, or_, select

from bench.hosting import PASSWORD, installed
from bench.lines import LINES
from bench.made_network import make_network
from bench.sittings import checks_for
from bench.walk import signed_in, walk
from lms import clock, schema
from lms.app import create_app
from lms.audit.models import AuditEvent
from lms.demonstration.loading import ACCOUNTS, is_loaded, load_demonstration
from lms.deviations.models import Deviation
from lms.extensions import db
from lms.identity import commands as identity
from lms.identity.models import Account, Person, RoleAssignment
from lms.network.models import Site
from lms.permissions import Actor, Role
from lms.unit_of_work import run
from modules.assignments.models import Assignment

#: Sessions that take turns, as different people do. One reader of each other role is enough.
OPERATORS = 32
#: So many at once is the most that pages are measured with.
CLIENTS = 8
INSTALLER = Actor.system("installer")


@dataclass(frozen=True)
class Reader:
    """An account that can sign in, and addresses it can open, by endpoint."""

    role: str
    login: str
    pages: dict[str, list[str]] = field(default_factory=dict)
    #: Assignment and part of each knowledge check to sit.
    checks: list[list[str]] = field(default_factory=list)


@dataclass(frozen=True)
class Network:
    """What was prepared."""

    origin: str
    counts: dict[str, int]
    readers: list[Reader]
    #: Endpoints that a line names and the application does not have.
    missing: list[str]

    @classmethod
    def read(cls, text: str) -> Network:
        """Return a network from what a preparing process printed."""
        values: dict[str, Any] = json.loads(text)
        return cls(**{**values, "readers": [Reader(**reader) for reader in values["readers"]]})

    def of(self, role: str) -> list[Reader]:
        """Return the readers who hold a role."""
        return [reader for reader in self.readers if reader.role == role]


def prepare(app: Flask, wanted: str) -> Network:
    """Fill the empty database, and give people of each role an account with a known password."""
    with app.app_context():
        schema.create_everything()
        origin = "made"
        if wanted == "demonstration":
            load_demonstration(app)
            origin = "demonstration" if is_loaded() else "made, because the demonstration network loads nothing yet"
        if not is_loaded():
            make_network(OPERATORS)
        holders = {role: _holders(role, OPERATORS if role is Role.OPERATOR else 1) for role in Role}
        sitting = holders[Role.OPERATOR][CLIENTS : 3 * CLIENTS]
        checks = checks_for([person_id for person_id, _ in sitting])
        logins = {person_id: _opened(person_id, number) for found in holders.values() for person_id, number in found}
        tables = {
            "sites": Site,
            "people": Person,
            "deviations": Deviation,
            "assignments": Assignment,
            "events": AuditEvent,
        }
        counts = {
            name: db.session.scalar(select(func.count()).select_from(table)) or 0 for name, table in tables.items()
        }
        db.session.remove()
    readers = [
        Reader(
            role,
            logins[person_id],
            # those who only save need no pages
            _pages(app, logins[person_id]) if number < CLIENTS else {},
            [list(check) for check in checks.get(person_id, [])] if role is Role.OPERATOR else [],
        )
        for role, found in holders.items()
        for number, (person_id, _) in enumerate(found)
    ]
    return Network(origin, counts, readers, sorted(_missing(app)))


def _holders(role: Role, wanted: int) -> list[tuple[UUID, str]]:
    """Return id and employee number of people at work who hold a role.

    First come the demonstration's own accounts, who have most to see; then who holds no other role, which would show other
    pages.
    """
    today = clock.now().date()
    holds = (
        RoleAssignment.approved_at.is_not(None),
        RoleAssignment.valid_from <= today,
        or_(RoleAssignment.valid_to.is_(None), RoleAssignment.valid_to > today),
    )
    held = select(RoleAssignment.person_id, func.count().label("roles")).where(*holds)
    roles = held.group_by(RoleAssignment.person_id).subquery()
    statement = (
        select(Person.id, Person.employee_no)
        .join(RoleAssignment, RoleAssignment.person_id == Person.id)
        .join(roles, roles.c.person_id == Person.id)
        .outerjoin(Account, Account.person_id == Person.id)
        .where(RoleAssignment.role == role, or_(Person.left_on.is_(None), Person.left_on > today), *holds)
        .order_by(Account.login.in_(ACCOUNTS.values()).is_(True).desc(), roles.c.roles, Person.employee_no)
        .limit(wanted)
    )
    return [(row.id, row.employee_no) for row in db.session.execute(statement)]


def _opened(person_id: UUID, employee_no: str) -> str:
    why = "measuring"
    row = db.session.execute(select(Account.id, Account.login).where(Account.person_id == person_id)).first()
    if row is None:
        account = run(identity.open_account, INSTALLER, why, person_id, login=f"bench-{employee_no}".lower())
        row = db.session.execute(select(Account.id, Account.login).where(Account.id == account.id)).one()
    account_id, login = row
    token = run(identity.send_one_time_link, INSTALLER, why, account_id)
    run(identity.choose_password, INSTALLER, why, token, password=PASSWORD)
    return str(login)


def _pages(app: Flask, login: str) -> dict[str, list[str]]:
    """Return by endpoint the addresses that this reader can open, in the order in which they were found."""
    pages: dict[str, list[str]] = {}
    for visit in walk(app, signed_in(app, login, PASSWORD), login):
        if visit.status == 200:
            pages.setdefault(visit.endpoint, []).append(visit.url)
    return pages


def _missing(app: Flask) -> set[str]:
    there = {rule.endpoint for rule in app.url_map.iter_rules()}
    return {endpoint for line in LINES for endpoint in line.endpoints if endpoint not in there}


def main() -> None:
    """Prepare the database of this environment and print the network as JSON."""
    with redirect_stdout(sys.stderr):  # the loader tells how far it is
        network = prepare(create_app(installed()), sys.argv[1])
    sys.stdout.write(json.dumps(asdict(network)))


if __name__ == "__main__":
    main()
