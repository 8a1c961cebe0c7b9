"""Putting a review into two calendars, moving it, taking it out again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from coaching.calendar_exchange.commands import Planned, send_invitations
from coaching.reviews.models import CoachingReview, ReviewState
from coaching.scheduling import queries
from coaching.scheduling.models import Appointment, BusyTime
from coaching.scheduling.rules import REVIEW_LASTS, Span
from lms.extensions import db
from lms.identity.models import Person
from lms.network.queries import zone_of
from lms.notifications.commands import notify
from lms.permissions import Permission
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import Work, command
from lms.web.times import show_moment


@command(needs=Permission.REVIEW_COACH)
def schedule_review(work: Work, review_id: UUID, *, starts_at: datetime, mode: str, place: str) -> Appointment:
    """Put a review into both calendars, or move it. Raises ``NotAllowed`` if one of the two is taken at that time."""
    review = _coachs_review(work, review_id)
    if review.state not in {ReviewState.ACCEPTED, ReviewState.SCHEDULED}:
        raise NotAllowed("Only a review that was not held yet can be put into the calendar.")
    if starts_at <= work.at:
        raise NotAllowed("Choose a time that is still to come.", field="starts_at")
    slot = Span(starts_at, starts_at + REVIEW_LASTS)
    appointment = db.session.scalar(select(Appointment).where(Appointment.review_id == review.id))
    _lock_and_check_free(review, slot, appointment)
    if appointment is None:
        appointment = Appointment(
            review_id=review.id,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            mode=mode,
            place=place,
            uid=f"review-{review.id}@candor",
        )
        work.add(appointment)
        db.session.flush()
        for person_id in (review.coach_id, review.coachee_id):
            work.add(
                BusyTime(
                    person_id=person_id,
                    starts_at=slot.starts_at,
                    ends_at=slot.ends_at,
                    kind="review",
                    appointment_id=appointment.id,
                )
            )
    else:
        appointment.starts_at, appointment.ends_at = slot.starts_at, slot.ends_at
        appointment.mode, appointment.place = mode, place
        appointment.sequence += 1
        appointment.cancelled_at = None
        for busy in db.session.scalars(select(BusyTime).where(BusyTime.appointment_id == appointment.id)):
            busy.starts_at, busy.ends_at = slot.starts_at, slot.ends_at
    review.state = ReviewState.SCHEDULED
    _invite(work, review, appointment, "REQUEST")
    notify(
        work,
        review.coachee_id,
        "review_scheduled",
        f"/reviews/{review.id}",
        when=show_moment(slot.starts_at, zone_of(review.site_id)),
    )
    return appointment


@command(needs=Permission.REVIEW_COACH)
def cancel_review(work: Work, review_id: UUID, *, reason: str) -> CoachingReview:
    """Cancel a review that was not held, with a reason; both calendars are told."""
    if not reason.strip():
        raise NotAllowed("Say why the review is cancelled.", field="reason")
    review = _coachs_review(work, review_id)
    if review.state not in {ReviewState.ACCEPTED, ReviewState.SCHEDULED}:
        raise NotAllowed("A review that was held cannot be cancelled.")
    appointment = db.session.scalar(select(Appointment).where(Appointment.review_id == review.id))
    if appointment is not None:
        appointment.sequence += 1
        appointment.cancelled_at = work.at
        _invite(work, review, appointment, "CANCEL")
    review.state = ReviewState.CANCELLED
    notify(work, review.coachee_id, "review_cancelled", f"/reviews/{review.id}")
    return review


def _coachs_review(work: Work, review_id: UUID) -> CoachingReview:
    review = db.session.get(CoachingReview, review_id)
    if review is None or review.coach_id != work.actor.person_id:
        raise NotFound("There is no such review of yours.")
    return review


def _lock_and_check_free(review: CoachingReview, slot: Span, own: Appointment | None) -> None:
    # Both people's rows are locked in a fixed order, so that two coaches cannot book one hour at the same moment.
    people = sorted((review.coach_id, review.coachee_id), key=str)
    db.session.execute(select(Person.id).where(Person.id.in_(people)).order_by(Person.id).with_for_update())
    for person_id, sentence in (
        (review.coach_id, "You have something else at that time. Choose another slot."),
        (review.coachee_id, "The operator is taken at that time. Choose another slot."),
    ):
        busy = queries.busy_spans(person_id, slot, except_for=own.id if own is not None else None)
        if busy:
            raise NotAllowed(sentence, field="starts_at")


def _invite(work: Work, review: CoachingReview, appointment: Appointment, method: str) -> None:
    both = select(Person).where(Person.id.in_([review.coach_id, review.coachee_id])).order_by(Person.id)
    planned = Planned(
        key=f"review:{review.id}",
        uid=appointment.uid,
        sequence=appointment.sequence,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        zone=zone_of(review.site_id),
        place=appointment.place,
        target=f"/reviews/{review.id}",
    )
    send_invitations(work, method, planned, db.session.scalars(both).all(), chosen_by=work.actor.person_id)
