"""Reading what was answered by mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import false, or_, select
from sqlalchemy.orm import aliased

from coaching.replies.models import AppointmentAnswer, ReadMail
from coaching.replies.rules import Answer
from coaching.reviews.models import CoachingReview, ReviewState
from coaching.scheduling.models import Appointment
from lms.extensions import db
from lms.identity.models import Person
from lms.permissions import Actor

SHOWN = 200


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """The newest answer of somebody to an invitation that stands."""

    review_id: UUID
    starts_at: datetime
    person_id: UUID
    person_name: str
    answer: str
    proposed_starts_at: datetime | None


@dataclass(frozen=True, slots=True)
class NextRow:
    """An appointment of the reader's that is to come, with what was answered."""

    review_id: UUID
    starts_at: datetime
    mode: str
    other_name: str
    is_coach: bool
    answers: Sequence[AnswerRow]


@dataclass(frozen=True, slots=True)
class MailRow:
    """A mail that was read: when, and what became of it."""

    read_at: datetime
    outcome: str
    sentence: str


def answers(reader: Actor, now: datetime, *, as_coach: bool = False) -> list[AnswerRow]:
    """Return the newest answer of each person to the appointments of the reader that are to come.

    ``as_coach`` takes those only that the reader coaches. An answer to an earlier invitation of an appointment that was
    moved since says nothing, and is left out.
    """
    statement = (
        select(
            CoachingReview.id,
            Appointment.starts_at,
            Person.id,
            Person.given_name + " " + Person.family_name,
            AppointmentAnswer.answer,
            AppointmentAnswer.proposed_starts_at,
        )
        .join(Appointment, Appointment.id == AppointmentAnswer.appointment_id)
        .join(CoachingReview, CoachingReview.id == Appointment.review_id)
        .join(Person, Person.id == AppointmentAnswer.person_id)
        .where(
            or_(
                CoachingReview.coach_id == reader.person_id,
                false() if as_coach else CoachingReview.coachee_id == reader.person_id,
            ),
            CoachingReview.state == ReviewState.SCHEDULED,
            Appointment.ends_at > now,
            AppointmentAnswer.sequence == Appointment.sequence,
        )
        .order_by(Appointment.starts_at, AppointmentAnswer.said_at, AppointmentAnswer.id)
    )
    newest = {(row[0], row[2]): AnswerRow(*row) for row in db.session.execute(statement)}
    return list(newest.values())


def asking(coach: Actor, now: datetime) -> list[AnswerRow]:
    """Return the answers that ask the coach for another time: refusals, and times that were proposed instead."""
    return [row for row in answers(coach, now, as_coach=True) if row.answer in {Answer.DECLINED, Answer.PROPOSED}]


def next_appointments(reader: Actor, now: datetime) -> list[NextRow]:
    """Return the reader's appointments that are to come, soonest first, with what was answered by mail."""
    coach, coachee = aliased(Person), aliased(Person)
    statement = (
        select(
            CoachingReview.id,
            Appointment.starts_at,
            Appointment.mode,
            coach.given_name + " " + coach.family_name,
            coachee.given_name + " " + coachee.family_name,
            CoachingReview.coach_id == reader.person_id,
        )
        .join(CoachingReview, CoachingReview.id == Appointment.review_id)
        .join(coach, coach.id == CoachingReview.coach_id)
        .join(coachee, coachee.id == CoachingReview.coachee_id)
        .where(
            or_(CoachingReview.coach_id == reader.person_id, CoachingReview.coachee_id == reader.person_id),
            CoachingReview.state == ReviewState.SCHEDULED,
            Appointment.cancelled_at.is_(None),
            Appointment.ends_at > now,
        )
        .order_by(Appointment.starts_at)
        .limit(SHOWN)
    )
    found = answers(reader, now)
    return [
        NextRow(
            review_id,
            starts_at,
            mode,
            coachee_name if is_coach else coach_name,
            bool(is_coach),
            [row for row in found if row.review_id == review_id],
        )
        for review_id, starts_at, mode, coach_name, coachee_name, is_coach in db.session.execute(statement)
    ]


def read_mails(limit: int = SHOWN) -> list[MailRow]:
    """Return the newest mails that were read and what became of them, for an administrator."""
    statement = select(ReadMail.read_at, ReadMail.outcome, ReadMail.sentence).order_by(ReadMail.read_at.desc())
    return [MailRow(*row) for row in db.session.execute(statement.limit(limit))]
