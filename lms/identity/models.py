"""People, their accounts, the roles they hold from a day until a day, and their sessions."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base


class Person(Audited, Base):
    """A human being known to the network. Never deleted: their name stands on signed records."""

    __tablename__ = "person"

    #: Number from the employer's own register; the key of every import.
    employee_no: Mapped[str] = mapped_column(String(40), unique=True)
    given_name: Mapped[str] = mapped_column(String(80))
    family_name: Mapped[str] = mapped_column(String(80))
    email: Mapped[str] = mapped_column(String(200), default="")
    #: The site the person works at; decides the zone in which they read times.
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"), index=True)
    #: First day of work, and the first day no longer at work.
    joined_on: Mapped[date] = mapped_column()
    left_on: Mapped[date | None] = mapped_column()

    @property
    def name(self) -> str:
        """The name as printed."""
        return f"{self.given_name} {self.family_name}"


class Account(Audited, Base):
    """A person's way in. Deactivated, never deleted; a login is never given to somebody else (21 CFR 11.100)."""

    __tablename__ = "account"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), unique=True)
    login: Mapped[str] = mapped_column(String(80), unique=True)
    #: argon2id; empty until the person has chosen a password by a one-time link.
    password_hash: Mapped[str] = mapped_column(String(200), default="")
    is_active: Mapped[bool] = mapped_column(default=True)


class RoleAssignment(Audited, Base):
    """A role held by a person, at one site or in the whole network, from a day until a day, and who granted it."""

    __tablename__ = "role_assignment"
    __table_args__ = (Index("ix_role_assignment_person", "person_id", "valid_from"),)

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    role: Mapped[str] = mapped_column(String(30))
    #: None: the whole network.
    site_id: Mapped[UUID | None] = mapped_column(ForeignKey("site.id"))
    valid_from: Mapped[date] = mapped_column()
    #: First day on which the role no longer holds.
    valid_to: Mapped[date | None] = mapped_column()
    #: None: granted by the installer (``candor init``).
    granted_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    #: A role holds only once a second person, of QA, has approved it; None until then.
    approved_at: Mapped[datetime | None] = mapped_column()
    approved_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))


class LoginSession(Base):
    """A signed-in browser. The row lets it be ended from outside; the last click is kept in the cookie, so reading writes nothing."""

    __tablename__ = "login_session"

    #: SHA-256 of the token in the cookie.
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    started_at: Mapped[datetime] = mapped_column()
    ended_at: Mapped[datetime | None] = mapped_column()


class SignInFailure(Base):
    """Wrong passwords, counted by the name that was typed, so that every worker of every server waits alike."""

    __tablename__ = "sign_in_failure"

    #: The login as typed, lower case; also counts names that do not exist.
    login: Mapped[str] = mapped_column(String(80), primary_key=True)
    count: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime] = mapped_column()
    locked_until: Mapped[datetime | None] = mapped_column()


class OneTimeLink(Base):
    """A link that lets its holder choose a password, once and for a short time. Nobody else ever knows the password."""

    __tablename__ = "one_time_link"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    created_at: Mapped[datetime] = mapped_column()
    expires_at: Mapped[datetime] = mapped_column()
    used_at: Mapped[datetime | None] = mapped_column()
