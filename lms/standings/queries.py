"""Reading standings: what a site, a team or a person is at a moment, since when, by whose signature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Subquery, and_, func, or_, select
from sqlalchemy.orm import aliased

from lms.asking import one_of
from lms.audit.canonical import content_hash
from lms.extensions import UTCDateTime, db
from lms.identity.models import Person
from lms.network.models import Site, Team
from lms.permissions import Actor, Permission
from lms.refusals import NotFound
from lms.scope import within
from lms.signatures.models import Signature
from lms.signatures.queries import SignatureRow, signature_row
from lms.standings.models import StandingChange
from lms.standings.rules import HELD, State

#: A statement with whatever columns.
AnySelect = Select[*tuple[Any, ...]]


def spans() -> Subquery:
    """Return each change with ``ends_at``, the moment of the next one of the same subject; None while it lasts."""
    change = aliased(StandingChange, name="c")
    subject = (change.site_id, change.team_id, change.person_id)
    order = (change.begins_at, change.id)
    ends_at = func.lead(change.begins_at, type_=UTCDateTime()).over(partition_by=subject, order_by=order)
    columns = (change.id, *subject, change.state, change.begins_at, ends_at.label("ends_at"), change.reason)
    return select(*columns).subquery("span")


def held(span: Subquery) -> ColumnElement[bool]:
    """Return the condition that a change of ``spans`` held its subject back: a site, a team or a person."""
    return one_of(span.c.state, *HELD)


@dataclass(frozen=True, slots=True)
class Place:
    """A site with the state that it is in."""

    id: UUID
    code: str
    name: str
    zone: str
    state: str
    is_control_site: bool
    version: int


def place(reader: Actor, site_id: UUID, permission: Permission) -> Place:
    """Return a site of the reader's. Raises ``NotFound`` for any other."""
    columns = (Site.id, Site.code, Site.name, Site.zone, Site.state, Site.is_control_site, Site.version)
    row = db.session.execute(select(*columns).where(Site.id == site_id, within(Site.id, reader, permission))).first()
    if row is None:
        raise NotFound("There is no such site among yours.")
    return Place(*row)


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One step as shown, with its signatures."""

    id: UUID
    site_name: str
    zone: str
    #: ``site``, ``team`` or ``person``, and whom.
    subject: str
    subject_id: UUID
    name: str
    act: str
    state: str
    begins_at: datetime
    ends_at: datetime | None
    reason: str
    signatures: Sequence[SignatureRow]

    @property
    def holds_back(self) -> bool:
        """Whether it is in force and keeps somebody from working."""
        return self.ends_at is None and self.state in HELD


def changes(
    reader: Actor,
    site_id: UUID,
    permission: Permission,
    *,
    first: datetime | None = None,
    before: datetime | None = None,
) -> list[ChangeRow]:
    """Return the steps at a site, the latest first: of the site itself, of its teams and of its people.

    With ``first`` and ``before`` those that began, or still lasted, within these moments.
    """
    span = spans()
    of_record = and_(Signature.record_type == StandingChange.__tablename__, Signature.record_id == StandingChange.id)
    names = (Site.name, Site.zone, Team.name, Person.given_name, Person.family_name)
    statement: AnySelect = (
        select(StandingChange, span.c.ends_at, *names, Signature)
        .select_from(StandingChange)
        .join(span, span.c.id == StandingChange.id)
        .join(Site, Site.id == StandingChange.site_id)
        .outerjoin(Team, Team.id == StandingChange.team_id)
        .outerjoin(Person, Person.id == StandingChange.person_id)
        .outerjoin(Signature, of_record)
        .where(StandingChange.site_id == site_id, within(StandingChange.site_id, reader, permission))
        .order_by(StandingChange.begins_at.desc(), StandingChange.id.desc())
    )
    if first is not None:
        still = span.c.ends_at.is_(None) & StandingChange.state.in_(HELD)
        statement = statement.where(or_(StandingChange.begins_at >= first, span.c.ends_at >= first, still))
    if before is not None:
        statement = statement.where(StandingChange.begins_at < before)
    found: dict[UUID, tuple[Sequence[Any], list[SignatureRow]]] = {}
    for *row, signature in db.session.execute(statement):
        signed = found.setdefault(row[0].id, (row, []))[1]
        if signature is not None:
            signed.append(signature_row(signature, content_hash(row[0].signed_content())))
    return [_row(row, signed) for row, signed in found.values()]


def _row(row: Sequence[Any], signatures: Sequence[SignatureRow]) -> ChangeRow:
    change, ends_at, site_name, zone, team_name, given, family = row
    if change.team_id is not None:
        subject, subject_id, name = "team", change.team_id, team_name
    elif change.person_id is not None:
        subject, subject_id, name = "person", change.person_id, f"{given} {family}"
    else:
        subject, subject_id, name = "site", change.site_id, site_name
    return ChangeRow(
        change.id,
        site_name,
        zone,
        subject,
        subject_id,
        name,
        change.act,
        change.state,
        change.begins_at,
        ends_at,
        change.reason,
        signatures,
    )


def state_of(site_id: UUID, *, team_id: UUID | None = None, person_id: UUID | None = None) -> str:
    """Return the present state of a site, or of a team or a person there; who was never held back is active."""
    if team_id is None and person_id is None:
        return db.session.execute(select(Site.state).where(Site.id == site_id)).scalar_one()
    change = aliased(StandingChange, name="c")
    of_subject = change.team_id == team_id if team_id is not None else change.person_id == person_id
    latest = select(change.state).where(change.site_id == site_id, of_subject)
    return db.session.scalar(latest.order_by(change.begins_at.desc(), change.id.desc()).limit(1)) or State.ACTIVE


def subjects(reader: Actor, site_id: UUID, permission: Permission) -> list[tuple[UUID, str, str]]:
    """Return whom a step at a site can be about beside the site itself: id, kind and name of its teams and people."""
    of_teams: AnySelect = select(Team.id, Team.name).where(
        Team.site_id == site_id, within(Team.site_id, reader, permission)
    )
    of_people: AnySelect = select(Person.id, Person.family_name + ", " + Person.given_name).where(
        Person.site_id == site_id, Person.left_on.is_(None), within(Person.site_id, reader, permission)
    )
    teams = [(row[0], "team", row[1]) for row in db.session.execute(of_teams.order_by(Team.name))]
    by_name = of_people.order_by(Person.family_name, Person.given_name)
    return teams + [(row[0], "person", row[1]) for row in db.session.execute(by_name)]
