"""Signing in and out, and the reader of each request. Reading a page writes nothing: the last click lives in the cookie."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from flask import Flask, current_app, g, session
from flask_login import UserMixin, current_user, login_user, logout_user
from sqlalchemy import BindParameter, Select, and_, bindparam, delete, insert, or_, select, update

from lms import clock
from lms.asking import ask
from lms.extensions import db, login
from lms.identity import passwords
from lms.identity.models import Account, LoginSession, Person, RoleAssignment, SignInFailure
from lms.network.models import Site, SiteState
from lms.notifications.queries import unread_of
from lms.permissions import Actor, Grant, Home, Proof, Role
from lms.refusals import NotAllowed
from lms.unit_of_work import transaction


@dataclass
class Reader(UserMixin):
    """The signed-in person as Flask-Login knows them; pages use ``actor``."""

    token: str
    actor: Actor
    site_id: UUID
    site_name: str
    session_started_at: datetime
    #: State of the reader's site, shown on every page while it is not active.
    site_state: str = SiteState.ACTIVE
    #: Lines told and not opened yet, counted up to ``MOST_COUNTED``.
    unread: int = 0

    def get_id(self) -> str:
        """Return the session's token, which is what the cookie keeps."""
        return self.token


def init_app(app: Flask) -> None:
    """Load the reader at each request."""
    login.user_loader(_load_reader)
    app.before_request(end_idle_session)


def _token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@cache
def _reader_of_token() -> Select[*tuple[Any, ...]]:
    today: BindParameter[Any] = bindparam("today")
    holds = and_(
        RoleAssignment.person_id == Person.id,
        RoleAssignment.approved_at.is_not(None),
        RoleAssignment.valid_from <= today,
        or_(RoleAssignment.valid_to.is_(None), RoleAssignment.valid_to > today),
    )
    return (
        select(
            LoginSession.started_at,
            Account.id,
            Person.id,
            Person.given_name,
            Person.family_name,
            Site.id,
            Site.name,
            Site.zone,
            Site.state,
            RoleAssignment.role,
            RoleAssignment.site_id,
            unread_of(Person.id),
        )
        .join(Account, Account.id == LoginSession.account_id)
        .join(Person, Person.id == Account.person_id)
        .join(Site, Site.id == Person.site_id)
        .outerjoin(RoleAssignment, holds)
        .where(LoginSession.token_hash == bindparam("token"), LoginSession.ended_at.is_(None), Account.is_active)
    )


def _load_reader(token: str) -> Reader | None:
    rows = ask(_reader_of_token(), token=_token_hash(token), today=clock.now().date()).all()
    if not rows:
        return None
    started_at, account_id, person_id, given, family, site_id, site_name, zone, site_state, _, _, unread = rows[0]
    actor = Actor(
        id=f"u:{account_id}",
        name=f"{given} {family}",
        person_id=person_id,
        account_id=account_id,
        grants=tuple(Grant(Role(row[9]), row[10]) for row in rows if row[9] is not None),
        zone=zone,
        home=Home(site_id, site_name),
    )
    return Reader(token, actor, site_id, site_name, started_at, site_state, unread)


def end_idle_session() -> None:
    """End the session in which nobody has clicked for a while."""
    seen = session.get("seen")
    if seen is None:
        return
    now = clock.now().timestamp()
    idle = current_app.config["SETTINGS"].idle_minutes * 60
    if now - seen > idle:
        if current_user.is_authenticated:
            session["typed_by"] = str(current_user.actor.account_id)
        logout_user()
        session.pop("seen", None)
        session["idled_out"] = True
    elif now - seen > 30:
        session["seen"] = now


def sign_in(login_name: str, password: str) -> None:
    """Start a session, or raise ``NotAllowed`` with the same sentence for a wrong name and a wrong password."""
    account = check_password(login_name, password)
    token = secrets.token_urlsafe(32)
    now = clock.now()
    with transaction() as connection:
        connection.execute(
            insert(LoginSession).values(
                token_hash=_token_hash(token), account_id=account, started_at=now, ended_at=None
            )
        )
    session.clear()  # a new session id at each sign-in, so that a planted cookie is worth nothing
    g.pop("csrf_token", None)  # made for the session that has just been cleared: a form with it would be refused
    session["seen"] = now.timestamp()
    reader = _load_reader(token)
    if reader is None:
        raise NotAllowed("This account has no access. Ask an administrator of your site.")
    login_user(reader)


def sign_out(token: str) -> None:
    """End this session, here and on the server."""
    with transaction() as connection:
        connection.execute(
            update(LoginSession).where(LoginSession.token_hash == _token_hash(token)).values(ended_at=clock.now())
        )
    logout_user()
    session.clear()


def end_sessions_of(account_id: UUID) -> None:
    """End every session of an account: a leaver, a changed password, a lost tablet."""
    with transaction() as connection:
        statement = update(LoginSession).where(LoginSession.account_id == account_id, LoginSession.ended_at.is_(None))
        connection.execute(statement.values(ended_at=clock.now()))


def prove(actor: Actor, password: str, session_started_at: datetime | None = None) -> Proof:
    """Return fresh proof of identity for one signature. Wrong passwords count and lock as at sign-in."""
    login_name = db.session.scalar(select(Account.login).where(Account.id == actor.account_id))
    if login_name is None:
        raise NotAllowed("Only a signed-in person can sign.", field="password")
    account_id = check_password(login_name, password)
    return Proof(account_id, clock.now(), "password", session_started_at)


def check_password(login_name: str, password: str) -> UUID:
    """Return the account whose password this is. Counts failures by the typed name; raises ``NotAllowed``."""
    settings = current_app.config["SETTINGS"]
    name = login_name.strip().lower()[:80]
    now = clock.now()
    failure = db.session.execute(
        select(SignInFailure.count, SignInFailure.last_at, SignInFailure.locked_until).where(
            SignInFailure.login == name
        )
    ).first()
    if failure and failure.locked_until and failure.locked_until > now:
        wait = max(1, round((failure.locked_until - now).total_seconds() / 60))
        message = f"Too many wrong passwords for this name. Wait {wait} min, then try again."
        raise NotAllowed(message, field="password")
    found = db.session.execute(
        select(Account.id, Account.password_hash, Account.is_active).where(Account.login == name)
    ).first()
    right = passwords.matches(found.password_hash if found else "", password)
    if found is None or not right or not found.is_active:
        _count_failure(name, now, settings.lockout_after, timedelta(minutes=settings.lockout_minutes))
        raise NotAllowed("The name or the password is not right.", field="password")
    if failure:
        with transaction() as connection:
            connection.execute(delete(SignInFailure).where(SignInFailure.login == name))
    account_id: UUID = found.id
    return account_id


def _count_failure(name: str, now: datetime, lockout_after: int, lockout: timedelta) -> None:
    db.session.rollback()
    with transaction() as connection:
        counted = connection.scalar(select(SignInFailure.count).where(SignInFailure.login == name))
        count = (counted or 0) + 1
        locked = now + lockout if count % lockout_after == 0 else None
        if counted is None:
            connection.execute(insert(SignInFailure).values(login=name, count=count, last_at=now, locked_until=locked))
        else:
            change = update(SignInFailure).where(SignInFailure.login == name)
            connection.execute(change.values(count=count, last_at=now, locked_until=locked))
