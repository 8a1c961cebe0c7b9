"""Diaries of people, and the slots two of them have in common."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select

from coaching.calendar_exchange.queries import own_busy_times
from coaching.reviews.models import CoachingReview
from coaching.scheduling.models import Appointment, BusyTime, WorkingHours
from coaching.scheduling.rules import USUAL_HOURS, Diary, Span, common_free_slots, widened
from lms.extensions import db
from lms.identity.models import Person
from lms.network.models import Site
from lms.permissions import Actor
from lms.refusals import NotFound


def diaries(people: tuple[UUID, UUID], starts_at: datetime, ends_at: datetime) -> tuple[Diary, Diary]:
    """Return when two people work and what takes their time between two moments."""
    zones = dict(
        db.session.execute(
            select(Person.id, Site.zone).join(Site, Person.site_id == Site.id).where(Person.id.in_(people))
        ).all()
    )
    hours: dict[UUID, dict[int, tuple[int, int]]] = {person_id: {} for person_id in people}
    for person_id, weekday, first, last in db.session.execute(
        select(WorkingHours.person_id, WorkingHours.weekday, WorkingHours.from_minute, WorkingHours.to_minute).where(
            WorkingHours.person_id.in_(people)
        )
    ):
        hours[person_id][weekday] = (first, last)
    busy: dict[UUID, list[Span]] = {person_id: [] for person_id in people}
    for person_id, begin, end, kind in db.session.execute(
        select(BusyTime.person_id, BusyTime.starts_at, BusyTime.ends_at, BusyTime.kind)
        .outerjoin(Appointment, Appointment.id == BusyTime.appointment_id)
        .where(
            BusyTime.person_id.in_(people),
            BusyTime.starts_at < ends_at,
            BusyTime.ends_at > starts_at,
            Appointment.cancelled_at.is_(None),
        )
    ):
        span = Span(begin, end)
        busy[person_id].append(widened(span) if kind == "review" else span)
    for person_id, begin, end in own_busy_times(people, starts_at, ends_at):
        busy[person_id].append(Span(begin, end))
    first_person, second_person = (
        Diary(zones[person_id], hours[person_id] or USUAL_HOURS, busy[person_id]) for person_id in people
    )
    return first_person, second_person


@dataclass(frozen=True, slots=True)
class Meeting:
    """The two people of a review that is to be put into calendars."""

    id: UUID
    coach_id: UUID
    coachee_id: UUID
    coachee_name: str


def meeting(coach: Actor, review_id: UUID) -> Meeting:
    """Return whom the coach is to meet. Raises ``NotFound`` to anybody but the review's coach."""
    row = db.session.execute(
        select(CoachingReview.coach_id, CoachingReview.coachee_id, Person.given_name, Person.family_name)
        .join(Person, Person.id == CoachingReview.coachee_id)
        .where(CoachingReview.id == review_id, CoachingReview.coach_id == coach.person_id)
    ).first()
    if row is None:
        raise NotFound("There is no such review of yours.")
    return Meeting(review_id, row[0], row[1], f"{row[2]} {row[3]}")


def free_slots(coach_id: UUID, coachee_id: UUID, *, starts_at: datetime, ends_at: datetime) -> list[Span]:
    """Return the slots that coach and coachee have in common, earliest first."""
    coach, coachee = diaries((coach_id, coachee_id), starts_at, ends_at)
    return common_free_slots(coach, coachee, starts_at=starts_at, ends_at=ends_at)


def busy_spans(person_id: UUID, slot: Span, *, except_for: UUID | None) -> list[Span]:
    """Return what takes a person's time during a slot, leaving out one appointment that is being moved."""
    statement = (
        select(BusyTime.starts_at, BusyTime.ends_at)
        .outerjoin(Appointment, Appointment.id == BusyTime.appointment_id)
        .where(
            BusyTime.person_id == person_id,
            BusyTime.starts_at < slot.ends_at,
            BusyTime.ends_at > slot.starts_at,
            Appointment.cancelled_at.is_(None),
        )
    )
    if except_for is not None:
        statement = statement.where(or_(BusyTime.appointment_id.is_(None), BusyTime.appointment_id != except_for))
    own = own_busy_times((person_id,), slot.starts_at, slot.ends_at)
    return [*(Span(*row) for row in db.session.execute(statement)), *(Span(begin, end) for _, begin, end in own)]
