"""Diaries of people, and the slots two of them have in common."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select

from coaching.reviews.models import CoachingReview
from coaching.scheduling.models import Appointment, BusyTime, WorkingHours
from coaching.scheduling.rules import USUAL_HOURS, Diary, Span, common_free_slots, widened
from lms.extensions import db
from lms.identity.models import Person
from lms.network.models import Site
from lms.permissions import Actor
from lms.refusals import NotFound


def diary(person_id: UUID, starts_at: datetime, ends_at: datetime) -> Diary:
    """Return when a person works and what takes their time between two moments."""
    zone = db.session.execute(
        select(Site.zone).join(Person, Person.site_id == Site.id).where(Person.id == person_id)
    ).scalar_one()
    hours = {
        weekday: (first, last)
        for weekday, first, last in db.session.execute(
            select(WorkingHours.weekday, WorkingHours.from_minute, WorkingHours.to_minute).where(
                WorkingHours.person_id == person_id
            )
        )
    }
    busy = db.session.execute(
        select(BusyTime.starts_at, BusyTime.ends_at, BusyTime.kind)
        .outerjoin(Appointment, Appointment.id == BusyTime.appointment_id)
        .where(
            BusyTime.person_id == person_id,
            BusyTime.starts_at < ends_at,
            BusyTime.ends_at > starts_at,
            Appointment.cancelled_at.is_(None),
        )
    )
    spans = [widened(Span(begin, end)) if kind == "review" else Span(begin, end) for begin, end, kind in busy]
    return Diary(zone, hours or USUAL_HOURS, spans)


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
    return common_free_slots(
        diary(coach_id, starts_at, ends_at), diary(coachee_id, starts_at, ends_at), starts_at=starts_at, ends_at=ends_at
    )


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
    return [Span(*row) for row in db.session.execute(statement)]
