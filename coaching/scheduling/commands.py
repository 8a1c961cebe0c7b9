"""Putting a review into calendars, moving it, taking it out again; by its coach and by its operator."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import cast
from uuid import UUID

from sqlalchemy import Delete, Table, bindparam, delete, insert, select
from sqlalchemy.exc import IntegrityError

from coaching.calendar_exchange.commands import Planned, send_invitations
from coaching.meeting_rules.models import MeetingRules
from coaching.meeting_rules.rules import Permitted, check_mode
from coaching.reviews.models import CoachingReview, ReviewState
from coaching.scheduling import queries, rules
from coaching.scheduling.models import Appointment, BookedQuarter, BusyTime, GroupReviewMember
from coaching.scheduling.rules import REVIEW_LASTS, Span
from lms.asking import ask
from lms.extensions import db
from lms.identity.models import Person
from lms.network.models import Site
from lms.network.queries import zone_of
from lms.notifications.commands import notify
from lms.permissions import Permission
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import Work, command
from lms.web.times import show_moment


@command(needs=Permission.REVIEW_COACH)
def schedule_review(
    work: Work,
    review_id: UUID,
    *,
    starts_at: datetime,
    mode: str,
    place: str,
    why: str = "",
    agreed_beyond: str = "",
) -> Appointment:
    """Put a review into both calendars, or move it with a reason (``why``). The other side is told.

    ``agreed_beyond`` says why a time outside somebody's hours or beyond the coach's limits was agreed on; without it such a
    time is refused. Raises ``NotAllowed`` if one of the two is taken at that time, whatever was agreed, or if the site does
    not allow the mode.
    """
    review = _own(work, review_id, as_coach=True)
    _check_alone(review)
    was_planned = review.state == ReviewState.SCHEDULED
    rules.check_can_book(review.state, was_planned=was_planned, why=why)
    why = why.strip() if was_planned else ""
    [appointment] = book(
        work, [review], starts_at, key=review.id, mode=mode, place=place, agreed_beyond=agreed_beyond, why=why
    )
    _tell(work, review, review.coachee_id, appointment, why=why)
    return appointment


@command(needs=Permission.REVIEW_TAKE_PART)
def move_own_review(work: Work, review_id: UUID, *, starts_at: datetime, why: str) -> Appointment:
    """Let the operator move a review that is in the calendar to another free slot, with a reason; the coach is told."""
    review = _own(work, review_id, as_coach=False)
    _check_alone(review)
    standing = _appointment(review)
    if review.state != ReviewState.SCHEDULED or standing is None:
        raise NotAllowed("There is no time yet that you could move. Your coach finds one.")
    rules.check_can_book(review.state, was_planned=True, why=why)
    [appointment] = book(
        work, [review], starts_at, key=review.id, mode=standing.mode, place=standing.place, why=why.strip()
    )
    _tell(work, review, review.coach_id, appointment, why=why)
    return appointment


@command(needs=Permission.REVIEW_COACH)
def cancel_review(work: Work, review_id: UUID, *, reason: str) -> CoachingReview:
    """Cancel a review that was not held, with a reason; both calendars are told."""
    review = _own(work, review_id, as_coach=True)
    rules.check_can_cancel(review.state, reason)
    free_again(work, review, why=reason)
    review.state = ReviewState.CANCELLED
    notify(work, review.coachee_id, "review_cancelled_why", f"/reviews/{review.id}", why=reason.strip()[:200])
    return review


@command(needs=Permission.REVIEW_TAKE_PART)
def call_off_own_review(work: Work, review_id: UUID, *, reason: str) -> CoachingReview:
    """Let the operator call the time off, with a reason. The review stays and waits for a time again; the coach is told."""
    review = _own(work, review_id, as_coach=False)
    rules.check_can_cancel(review.state, reason)
    appointment = _appointment(review)
    if review.state != ReviewState.SCHEDULED or appointment is None:
        raise NotAllowed("There is no time yet that you could call off.")
    when = show_moment(appointment.starts_at, _zone_of_person(review.coach_id))
    free_again(work, review, why=reason)
    review.state = ReviewState.ACCEPTED
    why = reason.strip()[:200]
    notify(work, review.coach_id, "review_called_off", f"/reviews/{review.id}", when=when, why=why)
    return review


# -- what every way of booking does ------------------------------------------------------------------------------------


def book(
    work: Work,
    reviews: Sequence[CoachingReview],
    starts_at: datetime,
    *,
    key: UUID,
    mode: str,
    place: str,
    agreed_beyond: str = "",
    why: str = "",
) -> list[Appointment]:
    """Put the reviews of one meeting into all calendars at one time, or move them there, and invite.

    ``key`` is the meeting's id: of the review if it is one, of the team's meeting if they are several. Raises
    ``NotAllowed`` for a time that is over, that somebody does not have, or a mode that the site forbids.
    """
    rules.check_to_come(starts_at, work.at)
    permitted, site_name = _permitted(reviews[0].site_id)
    check_mode(permitted, mode, site_name)
    slot = Span(starts_at, starts_at + REVIEW_LASTS)
    standing = _appointments(reviews)
    _check_everybody(reviews, slot, standing.values(), beyond=bool(agreed_beyond.strip()))
    booked = []
    for review in reviews:
        appointment = standing.get(review.id)
        if appointment is None:
            appointment = Appointment(
                review_id=review.id, starts_at=slot.starts_at, ends_at=slot.ends_at, uid=f"review-{review.id}@candor"
            )
            work.add(appointment)
        else:
            appointment.starts_at, appointment.ends_at = slot.starts_at, slot.ends_at
            appointment.sequence += 1
            appointment.cancelled_at = None
        appointment.mode, appointment.place = mode, place
        appointment.agreed_beyond, appointment.why = agreed_beyond.strip() or None, why or None
        db.session.flush()
        _fill_diaries(work, review, appointment, slot)
        review.state = ReviewState.SCHEDULED
        _invite(work, review, appointment, "REQUEST")
        booked.append(appointment)
    take_quarters(key, {reviews[0].coach_id, *(review.coachee_id for review in reviews)}, slot)
    return booked


def free_again(work: Work, review: CoachingReview, *, why: str) -> None:
    """Take a review out of both calendars, and out of the team's meeting it is part of; its time is free again at once."""
    member = _part_of(review)
    appointment = _appointment(review)
    if appointment is not None:
        appointment.sequence += 1
        appointment.cancelled_at, appointment.why = work.at, why.strip()[:200]
        _invite(work, review, appointment, "CANCEL")
    key = member.group_id if member is not None else review.id
    if member is not None:
        member.left_at = work.at
        db.session.flush()
        if _others_stand(member.group_id):
            give_back_quarters(key, review.coachee_id)
            return
    give_back_quarters(key)


def _own(work: Work, review_id: UUID, *, as_coach: bool) -> CoachingReview:
    review = db.session.get(CoachingReview, review_id)
    if review is None or work.actor.person_id != (review.coach_id if as_coach else review.coachee_id):
        raise NotFound("There is no such review of yours.")
    return review


def _part_of(review: CoachingReview) -> GroupReviewMember | None:
    return db.session.scalar(
        select(GroupReviewMember).where(GroupReviewMember.review_id == review.id, GroupReviewMember.left_at.is_(None))
    )


def _others_stand(group_id: UUID) -> bool:
    standing = (
        select(Appointment.id)
        .join(GroupReviewMember, GroupReviewMember.review_id == Appointment.review_id)
        .where(
            GroupReviewMember.group_id == group_id,
            GroupReviewMember.left_at.is_(None),
            Appointment.cancelled_at.is_(None),
        )
    )
    return db.session.scalar(standing.limit(1)) is not None


def _check_alone(review: CoachingReview) -> None:
    if _part_of(review) is not None:
        raise NotAllowed("This review is part of a team's meeting. Its coach moves the meeting as a whole.")


def _appointments(reviews: Sequence[CoachingReview]) -> dict[UUID, Appointment]:
    found = select(Appointment).where(Appointment.review_id.in_([review.id for review in reviews]))
    return {appointment.review_id: appointment for appointment in db.session.scalars(found)}


def _appointment(review: CoachingReview) -> Appointment | None:
    return db.session.scalar(
        select(Appointment).where(Appointment.review_id == review.id, Appointment.cancelled_at.is_(None))
    )


def _permitted(site_id: UUID) -> tuple[Permitted, str]:
    site = db.session.get_one(Site, site_id)
    found = db.session.scalar(select(MeetingRules).where(MeetingRules.site_id == site_id))
    return (found.permitted() if found is not None else Permitted()), site.name


def _check_everybody(
    reviews: Sequence[CoachingReview], slot: Span, moved: Collection[Appointment], *, beyond: bool
) -> None:
    coach_id = reviews[0].coach_id
    people = {coach_id, *(review.coachee_id for review in reviews)}
    names = lock_people(people)
    except_for = [appointment.id for appointment in moved]
    found = queries.diaries(people, slot.starts_at, slot.ends_at, except_for=except_for)
    for person_id, diary in found.items():
        rules.check_free(diary, slot, names[person_id])
        if not beyond:
            rules.check_usual(diary, slot, names[person_id])
    if not beyond:
        rules.check_limits(found[coach_id], slot)


def lock_people(people: Collection[UUID]) -> dict[UUID, str]:
    """Lock the people's rows in a fixed order and return their names: two bookings of one person wait for each other.

    The lock leaves keys alone, so that a record which only names a person never waits for it.
    """
    statement = select(Person).where(Person.id.in_(people)).order_by(Person.id).with_for_update(key_share=True)
    return {person.id: person.name for person in db.session.scalars(statement)}


def give_back_quarters(key: UUID, person_id: UUID | None = None) -> None:
    """Let the quarters of a meeting be taken again, those of one person or of everybody."""
    ask(_give_back(one=person_id is not None), meeting=key, **({} if person_id is None else {"person": person_id}))


@cache
def _give_back(*, one: bool) -> Delete:
    quarters = cast("Table", BookedQuarter.__table__)
    taken = delete(quarters).where(quarters.c.meeting_id == bindparam("meeting"))
    return taken.where(quarters.c.person_id == bindparam("person")) if one else taken


def take_quarters(key: UUID, people: Collection[UUID], slot: Span) -> None:
    """Take the quarters of a slot for everybody, once: what the lock should have kept away, the database refuses."""
    give_back_quarters(key)
    rows = [
        {"person_id": person_id, "quarter": quarter, "meeting_id": key}
        for person_id in sorted(people)
        for quarter in rules.quarters_of(slot)
    ]
    try:
        db.session.execute(insert(BookedQuarter), rows)
    except IntegrityError:
        raise NotAllowed("Somebody took this time in between. Choose another slot.", field="starts_at") from None


def _fill_diaries(work: Work, review: CoachingReview, appointment: Appointment, slot: Span) -> None:
    missing = {review.coach_id, review.coachee_id}
    for busy in db.session.scalars(select(BusyTime).where(BusyTime.appointment_id == appointment.id)):
        if busy.person_id in missing:
            busy.starts_at, busy.ends_at, busy.struck_out_at = slot.starts_at, slot.ends_at, None
            missing.remove(busy.person_id)
        elif busy.struck_out_at is None:  # of a coach who gave the review to another
            busy.struck_out_at = work.at
    for person_id in sorted(missing):
        work.add(
            BusyTime(
                person_id=person_id,
                starts_at=slot.starts_at,
                ends_at=slot.ends_at,
                kind="review",
                appointment_id=appointment.id,
            )
        )


def _zone_of_person(person_id: UUID) -> str:
    return db.session.execute(
        select(Site.zone).join(Person, Person.site_id == Site.id).where(Person.id == person_id)
    ).scalar_one()


def _tell(work: Work, review: CoachingReview, person_id: UUID, appointment: Appointment, *, why: str) -> None:
    when = show_moment(appointment.starts_at, _zone_of_person(person_id))
    target = f"/reviews/{review.id}"
    if why:
        notify(work, person_id, "review_moved", target, when=when, why=why.strip()[:200])
    else:
        notify(work, person_id, "review_scheduled", target, when=when)


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
