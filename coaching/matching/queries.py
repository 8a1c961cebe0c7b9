"""Reading what matching needs: coaches with their hours and what they have named, and one person's own page of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import aliased

from coaching.matching.models import CoachingProfile
from coaching.matching.rules import USUAL_WEEK, Candidate, Share, Week
from coaching.scheduling.models import MeetingLimits, WorkingHours
from lms.extensions import db
from lms.identity.models import Person, RoleAssignment
from lms.network.models import Site
from lms.permissions import Actor, Permission, Role
from lms.refusals import NotFound


@dataclass(frozen=True, slots=True)
class Known:
    """What matching knows of a person."""

    name: str
    site_id: UUID
    zone: str
    week: Week
    share: Share
    languages: frozenset[str]
    subjects: frozenset[str]
    line_manager_id: UUID | None
    #: How many reviews a week they said they take.
    a_week: int | None


def _known(*further: Any) -> Select[*tuple[Any, ...]]:  # noqa: ANN401 - columns of any type
    return (
        select(
            Person.id,
            Person.given_name + " " + Person.family_name,
            Person.site_id,
            Site.zone,
            CoachingProfile.share,
            CoachingProfile.languages,
            CoachingProfile.subjects,
            CoachingProfile.line_manager_id,
            WorkingHours.weekday,
            WorkingHours.from_minute,
            WorkingHours.to_minute,
            MeetingLimits.a_week,
            *further,
        )
        .join(Site, Site.id == Person.site_id)
        .outerjoin(CoachingProfile, CoachingProfile.person_id == Person.id)
        .outerjoin(MeetingLimits, MeetingLimits.person_id == Person.id)
        .outerjoin(WorkingHours, and_(WorkingHours.person_id == Person.id, WorkingHours.replaced_at.is_(None)))
    )


def _gathered(rows: Collection[Any]) -> dict[UUID, Known]:
    weeks: dict[UUID, set[tuple[int, int, int]]] = {}
    for row in rows:
        spans = weeks.setdefault(row[0], set())
        if row[8] is not None:
            spans.add((row[8], row[9], row[10]))
    return {
        row[0]: Known(
            name=row[1],
            site_id=row[2],
            zone=row[3],
            week=tuple(sorted(weeks[row[0]])) or USUAL_WEEK,
            share=Share(row[4]) if row[4] else Share.FULL,
            languages=frozenset((row[5] or "").split()),
            subjects=frozenset((row[6] or "").split()),
            line_manager_id=row[7],
            a_week=row[11],
        )
        for row in rows
    }


def known_of(person_ids: Collection[UUID]) -> dict[UUID, Known]:
    """Return what matching knows of some people, in one statement."""
    return _gathered(db.session.execute(_known().where(Person.id.in_(person_ids))).all()) if person_ids else {}


def known_at(site_ids: Collection[UUID]) -> dict[UUID, Known]:
    """Return what matching knows of everybody at some sites, in one statement."""
    return _gathered(db.session.execute(_known().where(Person.site_id.in_(site_ids))).all())


def coaches_of(site_ids: Collection[UUID], on: date) -> dict[UUID, list[Candidate]]:
    """Return for each site its coaches on a day, those of the whole network among them, without what they have to do."""
    holds = and_(
        RoleAssignment.person_id == Person.id,
        RoleAssignment.role == Role.COACH,
        RoleAssignment.approved_at.is_not(None),
        or_(RoleAssignment.site_id.is_(None), RoleAssignment.site_id.in_(site_ids)),
        RoleAssignment.valid_from <= on,
        or_(RoleAssignment.valid_to.is_(None), RoleAssignment.valid_to > on),
    )
    statement = _known(RoleAssignment.site_id).join(RoleAssignment, holds)
    at_work = or_(Person.left_on.is_(None), Person.left_on > on)
    rows = db.session.execute(statement.where(at_work).order_by(Person.family_name, Person.given_name, Person.id)).all()
    known = _gathered(rows)
    found: dict[UUID, dict[UUID, Candidate]] = {site_id: {} for site_id in site_ids}
    for row in rows:
        one = known[row[0]]
        candidate = Candidate(
            person_id=row[0],
            name=one.name,
            zone=one.zone,
            site_id=one.site_id,
            week=one.week,
            share=one.share,
            languages=one.languages,
            subjects=one.subjects,
            a_week=one.a_week,
        )
        for site_id in site_ids if row[12] is None else (row[12],):
            found[site_id][row[0]] = candidate
    return {site_id: list(coaches.values()) for site_id, coaches in found.items()}


@dataclass(frozen=True, slots=True)
class ProfilePage:
    """A person's page of what matching asks."""

    person_id: UUID
    name: str
    site_name: str
    share: str
    languages: tuple[str, ...]
    subjects: tuple[str, ...]
    line_manager_id: UUID | None
    line_manager: str | None


def profile_page(reader: Actor, person_id: UUID) -> ProfilePage:
    """Return what matching knows of a person: to the coach themself and to whoever keeps the people of their site."""
    manager = aliased(Person)
    row = db.session.execute(
        select(
            Person.id,
            Person.given_name + " " + Person.family_name,
            Site.name,
            CoachingProfile.share,
            CoachingProfile.languages,
            CoachingProfile.subjects,
            CoachingProfile.line_manager_id,
            manager.given_name + " " + manager.family_name,
            Person.site_id,
        )
        .join(Site, Site.id == Person.site_id)
        .outerjoin(CoachingProfile, CoachingProfile.person_id == Person.id)
        .outerjoin(manager, manager.id == CoachingProfile.line_manager_id)
        .where(Person.id == person_id)
    ).first()
    own = row is not None and row[0] == reader.person_id and reader.may(Permission.REVIEW_COACH)
    if row is None or not (own or reader.may(Permission.PEOPLE_MANAGE, row[8])):
        raise NotFound("There is no such person at your sites.")
    return ProfilePage(
        person_id=row[0],
        name=row[1],
        site_name=row[2],
        share=row[3] or Share.FULL,
        languages=tuple((row[4] or "").split()),
        subjects=tuple((row[5] or "").split()),
        line_manager_id=row[6],
        line_manager=row[7],
    )


def colleagues(person_id: UUID) -> list[tuple[UUID, str]]:
    """Return who else works at a person's site, by name: one of them may be the line manager."""
    own_site = select(Person.site_id).where(Person.id == person_id).scalar_subquery()
    statement = (
        select(Person.id, Person.given_name, Person.family_name)
        .where(Person.site_id == own_site, Person.id != person_id, Person.left_on.is_(None))
        .order_by(Person.family_name, Person.given_name, Person.id)
    )
    return [(row[0], f"{row[2]}, {row[1]}") for row in db.session.execute(statement)]
