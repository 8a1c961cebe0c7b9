"""Keeping an answer that came by mail beside its appointment, and telling the coach of a refusal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from coaching.follow_up.models import FollowUp
from coaching.replies import rules
from coaching.replies.models import AppointmentAnswer, ReadMail
from coaching.replies.rules import Answer, Outcome, Reply, Standing
from coaching.reviews.models import CoachingReview
from coaching.scheduling.models import Appointment
from lms.extensions import db
from lms.identity.models import Person
from lms.network.queries import zone_of
from lms.notifications.commands import notify
from lms.permissions import Permission
from lms.refusals import NotAllowed
from lms.unit_of_work import Work, command
from lms.web.times import show_moment

#: Answers of which the coach is told at once.
_TOLD = {Answer.DECLINED: "invitation_declined", Answer.PROPOSED: "other_time_proposed"}


@dataclass(frozen=True, slots=True)
class TakenMail:
    """What became of a mail, for whoever runs the reading."""

    outcome: Outcome
    sentence: str


@command(needs=Permission.SYSTEM_RUN)
def take_reply(work: Work, *, key: str, reply: Reply | None, sentence: str = "") -> TakenMail:
    """Keep the answer of a mail, once for the mail; without an answer keep the sentence why there is none.

    A refusal is told to the coach and cancels nothing.
    """
    known = db.session.get(ReadMail, key)
    if known is not None:
        return TakenMail(Outcome.READ_BEFORE, "It was read before.")
    outcome = Outcome.REFUSED
    if reply is not None:
        try:
            sentence = _keep(work, reply)
            outcome = Outcome.COUNTED
        except NotAllowed as refusal:
            sentence = str(refusal)
    work.add(ReadMail(key=key, read_at=work.at, outcome=outcome, sentence=sentence[:300]))
    return TakenMail(outcome, sentence)


def _keep(work: Work, reply: Reply) -> str:
    coach, coachee = aliased(Person), aliased(Person)
    row = db.session.execute(
        select(Appointment, CoachingReview, coach, coachee)
        .join(CoachingReview, CoachingReview.id == Appointment.review_id)
        .join(coach, coach.id == CoachingReview.coach_id)
        .join(coachee, coachee.id == CoachingReview.coachee_id)
        .where(Appointment.uid == reply.uid)
    ).first()
    if row is None:
        return _tell_of_follow_up(work, reply)
    appointment, review, *both = row
    people: dict[UUID, Person] = {person.id: person for person in both}
    invited = {person.email.strip().lower(): person.id for person in both if person.email}
    person_id = invited.get(reply.attendee)
    standing = Standing(
        appointment.sequence,
        appointment.ends_at,
        appointment.cancelled_at is not None,
        invited,
        _last_said_at(appointment, person_id),
    )
    rules.check_counts(reply, standing, work.at)
    person = people[invited[reply.attendee]]
    work.add(
        AppointmentAnswer(
            appointment_id=appointment.id,
            person_id=person.id,
            sequence=reply.sequence,
            answer=reply.answer,
            proposed_starts_at=reply.proposed_starts_at,
            proposed_ends_at=reply.proposed_ends_at,
            said_at=reply.said_at,
            received_at=work.at,
        )
    )
    told = _TOLD.get(reply.answer)
    if told is not None:
        zone = zone_of(review.site_id)
        when = show_moment(reply.proposed_starts_at or appointment.starts_at, zone)
        notify(work, review.coach_id, told, f"/reviews/{review.id}/schedule", name=person.given_name, when=when)
    return "Its answer is kept beside the appointment."


def _tell_of_follow_up(work: Work, reply: Reply) -> str:
    """Tell the coach what was answered to the invitation of a follow-up. Nothing is kept: it can be moved by either."""
    found = rules.FOLLOW_UP.fullmatch(reply.uid)
    meeting = db.session.get(FollowUp, UUID(found[1])) if found else None
    if meeting is None or meeting.ends_at is None or meeting.starts_at is None:
        raise NotAllowed("It answers an appointment that is not known here.")
    review = db.session.get_one(CoachingReview, meeting.review_id)
    both = db.session.scalars(select(Person).where(Person.id.in_([review.coach_id, review.coachee_id]))).all()
    invited = {person.email.strip().lower(): person.id for person in both if person.email}
    standing = Standing(meeting.version, meeting.ends_at, meeting.held_at is not None, invited)
    rules.check_counts(reply, standing, work.at)
    told = _TOLD.get(reply.answer)
    if told is not None:
        name = next(person.given_name for person in both if person.id == invited[reply.attendee])
        when = show_moment(reply.proposed_starts_at or meeting.starts_at, zone_of(review.site_id))
        notify(work, review.coach_id, told, f"/reviews/{review.id}/follow-up", name=name, when=when)
    return "Its answer to a follow-up was told to the coach."


def _last_said_at(appointment: Appointment, person_id: UUID | None) -> datetime | None:
    return db.session.scalar(
        select(func.max(AppointmentAnswer.said_at)).where(
            AppointmentAnswer.appointment_id == appointment.id,
            AppointmentAnswer.person_id == person_id,
            AppointmentAnswer.sequence == appointment.sequence,
        )
    )
