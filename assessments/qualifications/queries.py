"""Reading qualifications as commands need them: what somebody holds at a moment, and who works where."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, exists, or_, select

from assessments.qualifications.models import Qualification, Suspension
from lms.extensions import db
from lms.identity.models import Person, RoleAssignment
from lms.network.queries import zone_of
from lms.permissions import Role
from lms.web.times import local_day, start_of_day


def held_until(person_id: UUID, task_id: UUID, site_id: UUID, at: datetime) -> datetime | None:
    """Return until when a person is qualified for a task at a site at a moment; None if they are not, or are paused."""
    paused = exists().where(
        Suspension.person_id == person_id,
        Suspension.site_id == site_id,
        or_(Suspension.task_id.is_(None), Suspension.task_id == task_id),
        Suspension.valid_from <= at,
        or_(Suspension.valid_to.is_(None), Suspension.valid_to > at),
    )
    return db.session.scalar(
        select(Qualification.valid_to)
        .where(
            Qualification.person_id == person_id,
            Qualification.task_id == task_id,
            Qualification.site_id == site_id,
            Qualification.valid_from <= at,
            Qualification.valid_to > at,
            or_(Qualification.ended_at.is_(None), Qualification.ended_at > at),
            ~paused,
        )
        .order_by(Qualification.valid_to.desc())
        .limit(1)
    )


def qualified_people(task_id: UUID, at: datetime) -> Select[UUID]:
    """Return the statement of who holds a qualification for a task at a moment, wherever, to be asked inside another.

    For lists to choose from; whether one of them may do it now is for ``may``.
    """
    return select(Qualification.person_id).where(
        Qualification.task_id == task_id,
        Qualification.valid_from <= at,
        Qualification.valid_to > at,
        or_(Qualification.ended_at.is_(None), Qualification.ended_at > at),
    )


def role_at(person_id: UUID, role: Role, site_id: UUID, at: datetime) -> tuple[bool, datetime | None]:
    """Return whether a person holds a role at a site on the day of a moment, and the end of it if one is set."""
    day = local_day(at, zone_of(site_id))
    ends = db.session.scalars(
        select(RoleAssignment.valid_to).where(
            RoleAssignment.person_id == person_id,
            RoleAssignment.role == role,
            RoleAssignment.approved_at.is_not(None),
            or_(RoleAssignment.site_id.is_(None), RoleAssignment.site_id == site_id),
            RoleAssignment.valid_from <= day,
            or_(RoleAssignment.valid_to.is_(None), RoleAssignment.valid_to > day),
        )
    ).all()
    return bool(ends), None if None in ends or not ends else start_of_day(
        max(end for end in ends if end), zone_of(site_id)
    )


def works_at(person_id: UUID, site_id: UUID) -> bool:
    """Whether a person belongs to a site: by their register, or by a role they hold or held there."""
    role_there = exists().where(RoleAssignment.person_id == Person.id, RoleAssignment.site_id == site_id)
    return (
        db.session.scalar(select(Person.id).where(Person.id == person_id, or_(Person.site_id == site_id, role_there)))
        is not None
    )
