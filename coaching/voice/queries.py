"""Reading waves, notes and switches within the reader's sites, and what a sheet says of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from coaching.voice.models import SurveySite, VoiceWave
from coaching.voice.rules import Wave, owed
from lms import clock
from lms.extensions import db
from lms.identity.models import Person, RoleAssignment
from lms.network.models import Network, Site, TeamMembership
from lms.permissions import ROLE_PERMISSIONS, Actor, Permission, Role
from lms.refusals import NotFound
from lms.scope import within


@dataclass(frozen=True, slots=True)
class WaveRow:
    """A published wave of a site and the note about it."""

    id: UUID
    version: int
    site_id: UUID
    site_name: str
    quarter: str
    released_on: date
    said: str
    did: str
    owner_name: str | None
    due_on: date | None
    answered_by: str | None
    answered_at: datetime | None

    @property
    def answered(self) -> bool:
        """Whether there is a note."""
        return self.answered_at is not None


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A site and whether the survey runs there."""

    id: UUID
    name: str
    is_on: bool
    reason: str
    changed_at: datetime | None
    changed_by: str | None


@dataclass(frozen=True, slots=True)
class Heard:
    """What a sheet tells its reader of their site: the newest note, what is owed, whether the survey is off and why."""

    note: WaveRow | None
    #: The wave that must be answered before this one opens; None if nothing is owed.
    owed: str | None
    off: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """The respondent's team on the day their review was closed, its size then, and who holds the keys today."""

    team_id: UUID
    people: int
    #: Empty where nobody holds the role.
    custodian: str


def place_of(person_id: UUID, on: date, today: date) -> Place | None:
    """Return the person's team on a day with its size on that day, and today's custodian, in one statement."""
    other = aliased(TeamMembership)
    people = (
        select(func.count(other.person_id.distinct()))
        .where(other.team_id == TeamMembership.team_id, *_belongs(other, on))
        .scalar_subquery()
    )
    row = db.session.execute(
        select(TeamMembership.team_id, people, _custodian(today).scalar_subquery())
        .where(TeamMembership.person_id == person_id, *_belongs(TeamMembership, on))
        .order_by(TeamMembership.valid_from.desc())
        .limit(1)
    ).first()
    return None if row is None else Place(row[0], row[1], row[2] or "")


def custodian_today() -> str:
    """Return who holds the survey's keys today; empty where nobody holds the role."""
    return str(db.session.scalar(_custodian(clock.now().date())) or "")


def _custodian(today: date) -> Select[*tuple[Any, ...]]:
    return (
        select(func.min(Person.given_name + " " + Person.family_name))
        .join(RoleAssignment, RoleAssignment.person_id == Person.id)
        .where(
            RoleAssignment.role == Role.CUSTODIAN,
            RoleAssignment.approved_at.is_not(None),
            RoleAssignment.valid_from <= today,
            or_(RoleAssignment.valid_to.is_(None), RoleAssignment.valid_to > today),
        )
    )


def _belongs(membership: type[TeamMembership], on: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return membership.valid_from <= on, or_(membership.valid_to.is_(None), membership.valid_to > on)


def heard(site_id: UUID, *, opens: date) -> Heard:
    """Return what a sheet of a wave that opens on a day tells of its site, in one statement."""
    statement = _waves(SurveySite.is_on, SurveySite.reason, every_site=True)
    statement = statement.outerjoin(SurveySite, SurveySite.site_id == Site.id).where(Site.id == site_id)
    found = db.session.execute(statement.order_by(VoiceWave.quarter)).all()
    rows = [WaveRow(*row[:-2]) for row in found if row[0] is not None]
    waves = [Wave(row.quarter, row.released_on, row.answered) for row in rows]
    notes = [row for row in rows if row.answered and row.released_on < opens]
    is_on, reason = (found[0][-2], found[0][-1]) if found else (None, None)
    return Heard(notes[-1] if notes else None, owed(waves, opens=opens), reason if is_on is False else None)


def waves(reader: Actor, permission: Permission = Permission.VOICE_SEE) -> list[WaveRow]:
    """Return the published waves of the reader's sites, newest first."""
    statement = _waves().where(within(VoiceWave.site_id, reader, permission))
    return [WaveRow(*row) for row in db.session.execute(statement.order_by(VoiceWave.quarter.desc(), Site.name))]


def wave(reader: Actor, wave_id: UUID) -> WaveRow:
    """Return one wave that the reader may answer. Raises ``NotFound`` for another site's."""
    answerable = within(VoiceWave.site_id, reader, Permission.VOICE_ANSWER)
    statement = _waves().where(VoiceWave.id == wave_id, answerable)
    row = db.session.execute(statement).first()
    if row is None:
        raise NotFound("There is no such wave at your sites.")
    return WaveRow(*row)


def site_switches(reader: Actor) -> list[SiteRow]:
    """Return the reader's sites with the survey's switch, by name."""
    statement = (
        select(
            Site.id,
            Site.name,
            SurveySite.is_on,
            SurveySite.reason,
            SurveySite.changed_at,
            Person.given_name + " " + Person.family_name,
        )
        .join(Network, Network.id == Site.network_id)
        .outerjoin(SurveySite, SurveySite.site_id == Site.id)
        .outerjoin(Person, Person.id == SurveySite.changed_by_id)
        .where(Network.taxonomy == "core", within(Site.id, reader, Permission.SURVEY_GOVERN))
        .order_by(Site.name)
    )
    return [
        SiteRow(site_id, name, is_on is not False, reason or "", at, by)
        for site_id, name, is_on, reason, at, by in db.session.execute(statement)
    ]


def is_switched_off(site_id: ColumnElement[UUID] | InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    """Return whether the survey of a site is off, for a statement that reads sites: its figures then take no part."""
    return exists().where(SurveySite.site_id == site_id, SurveySite.is_on.is_(False))


def owners(site_id: UUID, on: date) -> list[tuple[UUID, str]]:
    """Return who may own what a site does: people who work there or at the control site, by name."""
    statement = (
        select(Person.id, Person.given_name, Person.family_name)
        .join(Site, Site.id == Person.site_id)
        .where(or_(Site.id == site_id, Site.is_control_site), or_(Person.left_on.is_(None), Person.left_on > on))
        .order_by(Person.family_name, Person.given_name)
    )
    return [(row[0], f"{row[1]} {row[2]}") for row in db.session.execute(statement)]


def answerers(site_ids: frozenset[UUID], on: date) -> list[tuple[UUID, UUID | None]]:
    """Return who may answer for the sites, as ``(person, site or None for all)``."""
    roles = [role for role, may in ROLE_PERMISSIONS.items() if Permission.VOICE_ANSWER in may]
    statement = select(RoleAssignment.person_id, RoleAssignment.site_id).where(
        RoleAssignment.role.in_(roles),
        or_(RoleAssignment.site_id.is_(None), RoleAssignment.site_id.in_(site_ids)),
        RoleAssignment.approved_at.is_not(None),
        RoleAssignment.valid_from <= on,
        or_(RoleAssignment.valid_to.is_(None), RoleAssignment.valid_to > on),
    )
    return [(row[0], row[1]) for row in db.session.execute(statement.distinct())]


_owner, _answerer = aliased(Person), aliased(Person)


def _waves(*more: Any, every_site: bool = False) -> Select[*tuple[Any, ...]]:  # noqa: ANN401 - columns of any kind
    """Return the statement of waves with their names; ``every_site`` keeps sites without a wave."""
    return (
        select(
            VoiceWave.id,
            VoiceWave.version,
            VoiceWave.site_id,
            Site.name,
            VoiceWave.quarter,
            VoiceWave.released_on,
            VoiceWave.said,
            VoiceWave.did,
            _owner.given_name + " " + _owner.family_name,
            VoiceWave.due_on,
            _answerer.given_name + " " + _answerer.family_name,
            VoiceWave.answered_at,
            *more,
        )
        .select_from(Site)
        .join(VoiceWave, VoiceWave.site_id == Site.id, isouter=every_site)
        .outerjoin(_owner, _owner.id == VoiceWave.owner_id)
        .outerjoin(_answerer, _answerer.id == VoiceWave.answered_by_id)
    )
