"""Changes of people, accounts and roles. Nobody is deleted; nobody sets another's password."""

from __future__ import annotations

import secrets
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import func, select

from lms.extensions import db
from lms.identity import passwords, queries, rules
from lms.identity.models import Account, OneTimeLink, Person, RoleAssignment
from lms.identity.queries import holders, holders_in_network, names_of
from lms.network.models import Site
from lms.notifications.commands import notify
from lms.permissions import Permission, Role, apart_from
from lms.refusals import NotAllowed, NotFound
from lms.scope import get_scoped
from lms.unit_of_work import Work, command

LINK_LASTS = timedelta(days=3)


@command(needs=Permission.PEOPLE_MANAGE)
def register_person(
    work: Work,
    *,
    employee_no: str,
    given_name: str,
    family_name: str,
    site_id: UUID,
    joined_on: date,
    email: str = "",
    login: str = "",
) -> Person:
    """Register a person at a site, with an account if a login is given.

    Raises ``NotAllowed`` for an employee number or a login that is taken, a site out of scope, and what no person can be.
    """
    rules.check_person(employee_no=employee_no, given_name=given_name, family_name=family_name, joined_on=joined_on)
    rules.check_mail(email)
    if db.session.get(Site, site_id) is None or not work.actor.may(Permission.PEOPLE_MANAGE, site_id):
        raise NotAllowed("There is no such site within your reach.", field="site")
    # a file tells numbers apart without regard to case, so two that differ in case only are one
    if db.session.scalar(select(Person.id).where(func.lower(Person.employee_no) == employee_no.lower())) is not None:
        message = f"The employee number {employee_no} is taken."
        raise NotAllowed(message, field="employee_no")
    person = Person(
        employee_no=employee_no,
        given_name=given_name,
        family_name=family_name,
        site_id=site_id,
        joined_on=joined_on,
        email=email,
    )
    work.add(person)
    if login:
        db.session.flush()
        open_account(work, person.id, login=login)
    return person


@command(needs=Permission.PEOPLE_MANAGE)
def correct_person(work: Work, person_id: UUID, *, given_name: str, family_name: str, email: str) -> Person:
    """Correct a person's name or address. Signed records keep the name as it was printed."""
    person = get_scoped(Person, person_id, work.actor, Permission.PEOPLE_MANAGE)
    rules.check_mail(email)
    person.given_name, person.family_name, person.email = given_name, family_name, email
    return person


@command(needs=Permission.PEOPLE_MANAGE)
def open_account(work: Work, person_id: UUID, *, login: str) -> Account:
    """Open an account without a password. Raises ``NotAllowed`` if the name was ever used: it is never given away again."""
    get_scoped(Person, person_id, work.actor, Permission.PEOPLE_MANAGE)
    name = login.strip().lower()
    rules.check_login(name)
    if db.session.scalar(select(Account.id).where(Account.login == name)) is not None:
        message = f"The user name {name} is or was somebody's. Choose another."
        raise NotAllowed(message, field="login")
    account = Account(person_id=person_id, login=name)
    work.add(account)
    return account


@command(needs=Permission.PEOPLE_MANAGE)
def send_one_time_link(work: Work, account_id: UUID) -> str:
    """Return the token of a link by which the account's person chooses a password, once, within three days."""
    _check_reach(work, db.session.get_one(Account, account_id))
    token = secrets.token_urlsafe(32)
    work.add(
        OneTimeLink(
            token_hash=queries.link_hash(token),
            account_id=account_id,
            created_at=work.at,
            expires_at=work.at + LINK_LASTS,
        )
    )
    return token


def _check_reach(work: Work, account: Account) -> None:
    person = db.session.get_one(Person, account.person_id)
    if not work.actor.may(Permission.PEOPLE_MANAGE, person.site_id):
        raise NotFound("There is no such account at your sites.")


@command(needs=Permission.SYSTEM_RUN)
def choose_password(work: Work, token: str, *, password: str) -> Account:
    """Set the password of the account that a one-time link belongs to. Raises ``NotAllowed`` for a used or old link."""
    link = queries.open_link(token, work.at)
    check_password_quality(password)
    link.used_at = work.at
    account = db.session.get_one(Account, link.account_id)
    account.password_hash = passwords.hash_password(password)
    return account


def check_password_quality(password: str) -> None:
    """Raise ``NotAllowed`` for a password that is too short or made of one character repeated."""
    if len(password) < passwords.SHORTEST:
        message = f"Use at least {passwords.SHORTEST} characters; a short sentence is good."
        raise NotAllowed(message, field="password")
    if len(set(password)) < 5:
        raise NotAllowed("Use more than a few different characters.", field="password")


@command(needs=Permission.PEOPLE_MANAGE)
def close_account(work: Work, account_id: UUID) -> Account:
    """Close an account. The person and everything they signed stay."""
    account = db.session.get_one(Account, account_id)
    _check_reach(work, account)
    account.is_active = False
    return account


@command(needs=Permission.ROLE_GRANT)
def grant_role(
    work: Work, person_id: UUID, *, role: Role, site_id: UUID | None, valid_from: date, valid_to: date | None = None
) -> RoleAssignment:
    """Grant a role at a site, or in the whole network, from a day until a day.

    Raises ``NotAllowed`` to whoever would grant it to themself, and for days on which the role cannot hold. A first day in
    the past is granted: the trail keeps the moment of granting, which the person's page shows beside it.
    """
    rules.check_grantee(work.actor.person_id, person_id)
    if site_id is None and not work.actor.is_system and work.actor.sites_for(Permission.ROLE_GRANT) is not None:
        raise NotAllowed("Only an administrator of the whole network grants a role in the whole network.", field="site")
    person = db.session.get(Person, person_id)
    if person is None:
        raise NotFound("There is no such person at your sites.")
    rules.check_role_days(person.name, person.joined_on, valid_from, valid_to)
    held = _roles_held(person_id)
    rules.check_not_held(role, site_id, held, valid_from)
    rules.check_apart(apart_from(role), held, valid_from, valid_to)
    grant = RoleAssignment(
        person_id=person_id,
        role=role,
        site_id=site_id,
        valid_from=valid_from,
        valid_to=valid_to,
        granted_by_id=work.actor.person_id,
        approved_at=work.at if work.actor.is_system else None,
    )
    work.add(grant)
    if grant.approved_at is None:
        _tell_approvers(work, grant)
    return grant


def _tell_approvers(work: Work, grant: RoleAssignment) -> None:
    """Tell quality assurance, who alone can let the role hold, that somebody waits."""
    today = work.at.date()
    qa = holders_in_network([Role.QA], today)
    if grant.site_id is not None:
        qa = sorted({*qa, *(person_id for person_id, _name in holders(Role.QA, grant.site_id, today))})
    name = names_of({grant.person_id})[grant.person_id]
    for person_id in qa:
        if person_id not in {grant.person_id, grant.granted_by_id}:
            notify(work, person_id, "role_waits", "/people", name=name)


def _roles_held(person_id: UUID) -> list[rules.HeldRole]:
    columns = (RoleAssignment.role, RoleAssignment.site_id, RoleAssignment.valid_from, RoleAssignment.valid_to)
    rows = db.session.execute(select(*columns).where(RoleAssignment.person_id == person_id))
    return [rules.HeldRole(*row) for row in rows]


@command(needs=Permission.ROLE_APPROVE)
def approve_role(work: Work, assignment_id: UUID) -> RoleAssignment:
    """Approve a role that somebody else granted; it holds from then on. Raises ``NotAllowed`` to whoever granted or receives it."""
    grant = db.session.get(RoleAssignment, assignment_id)
    if grant is None or (grant.site_id is not None and not work.actor.may(Permission.ROLE_APPROVE, grant.site_id)):
        raise NotFound("There is no such role waiting at your sites.")
    if work.actor.person_id in {grant.granted_by_id, grant.person_id}:
        raise NotAllowed("A role is approved by somebody who neither granted nor receives it.")
    rules.check_apart(apart_from(Role(grant.role)), _roles_held(grant.person_id), grant.valid_from, grant.valid_to)
    grant.approved_at, grant.approved_by_id = work.at, work.actor.person_id
    return grant


@command(needs=Permission.ROLE_GRANT)
def end_role(work: Work, assignment_id: UUID, *, person_id: UUID, on: date) -> RoleAssignment:
    """End a role on a day. The row stays, so that any past day can be asked about."""
    grant = db.session.get(RoleAssignment, assignment_id)
    if grant is None or grant.person_id != person_id or not work.actor.may(Permission.ROLE_GRANT, grant.site_id):
        raise NotFound("There is no such role of this person at your sites.")
    grant.valid_to = on
    return grant
