"""The follow-up: booked when a review closes, moved, closed; and commitments that wait on others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from coaching.calendar_exchange.commands import Planned, send_invitations
from coaching.commitments.commands import end_waits, set_clock, waits_of
from coaching.commitments.models import Commitment, CommitmentState, CommitmentWait, WaitState
from coaching.commitments.rules import check_wait
from coaching.follow_up import queries
from coaching.follow_up.models import FollowUp
from coaching.follow_up.rules import SEARCHED_DAYS
from coaching.reviews.commands import record_follow_up
from coaching.reviews.models import CoachingReview, ReviewState
from coaching.scheduling.commands import give_back_quarters, lock_people, take_quarters
from coaching.scheduling.models import BusyTime
from coaching.scheduling.queries import diaries
from coaching.scheduling.rules import REVIEW_LASTS, Span, check_free, check_to_come
from lms.extensions import db
from lms.facts import ReviewClosed
from lms.identity.models import Person
from lms.network.queries import zone_of
from lms.notifications.commands import notify
from lms.permissions import Permission
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import Work, command
from lms.web.times import local_day, show_moment


def on_review_closed(fact: ReviewClosed, *, work: Work) -> None:
    """Book the follow-up: the first time both have on or after the agreed day. If there is none, the coach is told so."""
    review = db.session.get_one(CoachingReview, fact.review_id)
    if review.follow_up_on is None:
        return
    zone = zone_of(review.site_id)
    people = (review.coach_id, review.coachee_id)
    lock_people(people)
    wanted = max(review.follow_up_on, local_day(work.at, zone))
    slot = queries.slots_from(people, zone, first_day=wanted, days=SEARCHED_DAYS, now=work.at).first()
    meeting = FollowUp(
        review_id=review.id,
        site_id=review.site_id,
        wanted_on=review.follow_up_on,
        searched_until=wanted + timedelta(days=SEARCHED_DAYS - 1),
    )
    work.add(meeting)
    if slot is None:
        notify(work, review.coach_id, "follow_up_not_found", f"/reviews/{review.id}/follow-up")
        return
    _put(work, review, meeting, slot)
    for person_id in people:
        notify(work, person_id, "follow_up_booked", f"/reviews/{review.id}", when=show_moment(slot.starts_at, zone))


@command(needs=Permission.HOME_SEE)
def move_follow_up(work: Work, review_id: UUID, *, starts_at: datetime) -> FollowUp:
    """Put the follow-up at another time that both have, or at its first one. By either of the two; the other is told."""
    review, meeting = _follow_up(work, review_id)
    if meeting.held_at is not None:
        raise NotAllowed("This follow-up is over.", field="starts_at")
    check_to_come(starts_at, work.at)
    people = (review.coach_id, review.coachee_id)
    names = lock_people(people)
    slot = Span(starts_at, starts_at + REVIEW_LASTS)
    own = Span(meeting.starts_at, meeting.ends_at) if meeting.starts_at and meeting.ends_at else None
    for person_id, diary in diaries(people, slot.starts_at, slot.ends_at).items():
        others = [span for span in diary.reviews if span != own]
        check_free(replace(diary, reviews=others), slot, names[person_id])
    _put(work, review, meeting, slot)
    other = review.coachee_id if work.actor.person_id == review.coach_id else review.coach_id
    when = show_moment(starts_at, zone_of(review.site_id))
    notify(work, other, "follow_up_moved", f"/reviews/{review.id}", when=when)
    return meeting


@command(needs=Permission.REVIEW_COACH)
def close_follow_up(work: Work, review_id: UUID) -> CoachingReview:
    """Close the follow-up once every commitment was looked at, and give back the time if it was to come."""
    review = record_follow_up(work, review_id)
    meeting = db.session.scalar(select(FollowUp).where(FollowUp.review_id == review_id))
    if meeting is not None:
        meeting.held_at = work.at
        if meeting.ends_at is not None and meeting.ends_at > work.at:
            for busy_id in (meeting.coach_busy_id, meeting.coachee_busy_id):
                _strike_out(busy_id, work.at)
            give_back_quarters(meeting.id)
            _invite(work, review, meeting, "CANCEL")
    return review


def hand_over_follow_up(work: Work, review: CoachingReview, old_coach_id: UUID) -> None:
    """Let the review's new coach take a follow-up that was not held: at its time if they have it free, else at the next.

    The old coach's diary and calendar lose it; the two others are invited anew. Called in the transaction of the handing over.
    """
    meeting = db.session.scalar(select(FollowUp).where(FollowUp.review_id == review.id))
    if meeting is None or meeting.held_at is not None:
        return
    zone, people = zone_of(review.site_id), (review.coach_id, review.coachee_id)
    lock_people(people)
    planned = Span(meeting.starts_at, meeting.ends_at) if meeting.starts_at and meeting.ends_at else None
    _strike_out(meeting.coach_busy_id, work.at)
    meeting.coach_busy_id = None
    _invite(work, review, meeting, "CANCEL", [old_coach_id])
    slot = planned if planned is not None and _can_keep(planned, review.coach_id, work.at) else None
    if slot is None:
        wanted = max(meeting.wanted_on, local_day(work.at, zone))
        slot = queries.slots_from(people, zone, first_day=wanted, days=SEARCHED_DAYS, now=work.at).first()
        meeting.searched_until = wanted + timedelta(days=SEARCHED_DAYS - 1)
    if slot is not None:
        _put(work, review, meeting, slot)
        for person_id in people:
            notify(work, person_id, "follow_up_booked", f"/reviews/{review.id}", when=show_moment(slot.starts_at, zone))
        return
    _invite(work, review, meeting, "CANCEL", [review.coachee_id])
    _strike_out(meeting.coachee_busy_id, work.at)
    give_back_quarters(meeting.id)
    meeting.coachee_busy_id = meeting.starts_at = meeting.ends_at = None
    notify(work, review.coach_id, "follow_up_not_found", f"/reviews/{review.id}/follow-up")


def _can_keep(planned: Span, coach_id: UUID, now: datetime) -> bool:
    """Whether a time is still to come and the new coach has it free; the operator has it in their diary already."""
    diary = diaries([coach_id], planned.starts_at, planned.ends_at)[coach_id]
    try:
        check_to_come(planned.starts_at, now)
        check_free(diary, planned, "")
    except NotAllowed:
        return False
    return True


def _strike_out(busy_id: UUID | None, at: datetime) -> None:
    busy = db.session.get(BusyTime, busy_id) if busy_id else None
    if busy is not None:
        busy.struck_out_at = at


def _follow_up(work: Work, review_id: UUID) -> tuple[CoachingReview, FollowUp]:
    review = db.session.get(CoachingReview, review_id)
    meeting = db.session.scalar(select(FollowUp).where(FollowUp.review_id == review_id))
    if review is None or meeting is None or work.actor.person_id not in {review.coach_id, review.coachee_id}:
        raise NotFound("There is no such follow-up of yours.")
    return review, meeting


def _put(work: Work, review: CoachingReview, meeting: FollowUp, slot: Span) -> None:
    people = (review.coach_id, review.coachee_id)
    taken = [meeting.coach_busy_id, meeting.coachee_busy_id]
    for index, person_id in enumerate(people):
        busy_id = taken[index]
        if busy_id is None:
            busy = BusyTime(person_id=person_id, starts_at=slot.starts_at, ends_at=slot.ends_at, kind="review")
            work.add(busy)
            taken[index] = busy.id
        else:
            busy = db.session.get_one(BusyTime, busy_id)
            busy.starts_at, busy.ends_at = slot.starts_at, slot.ends_at
    db.session.flush()
    meeting.coach_busy_id, meeting.coachee_busy_id = taken
    meeting.starts_at, meeting.ends_at = slot.starts_at, slot.ends_at
    take_quarters(meeting.id, people, slot)
    _invite(work, review, meeting, "REQUEST")


def _invite(
    work: Work, review: CoachingReview, meeting: FollowUp, method: str, people: Sequence[UUID] | None = None
) -> None:
    """Send the invitation, or its withdrawal, to some people; to both of the review if none are named."""
    if meeting.starts_at is None or meeting.ends_at is None:
        return
    db.session.flush()  # the version of what was just changed
    planned = Planned(
        key=f"follow-up:{meeting.id}",
        uid=meeting.uid,
        sequence=meeting.version,
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        zone=zone_of(review.site_id),
        place="",
        target=f"/reviews/{review.id}",
    )
    asked = select(Person).where(Person.id.in_(people or [review.coach_id, review.coachee_id])).order_by(Person.id)
    send_invitations(work, method, planned, db.session.scalars(asked).all(), chosen_by=work.actor.person_id)


# -- waiting on others -------------------------------------------------------------------------------------------------


@command(needs=Permission.REVIEW_TAKE_PART)
def ask_to_wait(work: Work, commitment_id: UUID, *, review_id: UUID, waits_on: str) -> CommitmentWait:
    """Let the operator say that a commitment waits on others. Once the coach accepts, the days since today do not count."""
    review, commitment = _commitment(work, commitment_id, review_id)
    if review.coachee_id != work.actor.person_id:
        raise NotFound("There is no such commitment of yours.")
    under_way = any(wait.ended_on is None for wait in waits_of(commitment))
    is_open = commitment.state == CommitmentState.OPEN and commitment.done_on is None
    check_wait(waits_on, is_open=is_open, under_way=under_way)
    wait = CommitmentWait(
        commitment_id=commitment.id,
        site_id=review.site_id,
        waits_on=waits_on.strip(),
        asked_on=local_day(work.at, zone_of(review.site_id)),
    )
    work.add(wait)
    notify(work, review.coach_id, "wait_asked", f"/reviews/{review.id}")
    return wait


@command(needs=Permission.REVIEW_COACH)
def decide_wait(
    work: Work, commitment_id: UUID, *, review_id: UUID, accepted: bool, refusal: str = ""
) -> CommitmentWait:
    """Accept that a commitment waits on others, which stops its clock from the day it was said; or not, with a reason."""
    review, commitment = _commitment(work, commitment_id, review_id)
    if review.coach_id != work.actor.person_id:
        raise NotFound("There is no such commitment of yours.")
    asked = [wait for wait in waits_of(commitment) if wait.state == WaitState.ASKED and wait.ended_on is None]
    if not asked:
        raise NotAllowed("Nothing waits for your answer here.")
    if not accepted and not refusal.strip():
        raise NotAllowed("Say why its clock goes on.", field="refusal")
    wait = asked[0]
    wait.decided_at = work.at
    if accepted:
        wait.state = WaitState.ACCEPTED
    else:
        wait.state, wait.refusal = WaitState.REFUSED, refusal.strip()
        wait.ended_on = max(local_day(work.at, zone_of(review.site_id)), wait.asked_on)
    db.session.flush()
    set_clock(commitment)
    notify(work, review.coachee_id, "wait_accepted" if accepted else "wait_refused", f"/reviews/{review.id}")
    return wait


@command(needs=Permission.HOME_SEE)
def go_on(work: Work, commitment_id: UUID, *, review_id: UUID) -> Commitment:
    """Say that a commitment waits no longer. By either of the two; from today its days count again."""
    review, commitment = _commitment(work, commitment_id, review_id)
    if all(wait.ended_on is not None for wait in waits_of(commitment)):
        raise NotAllowed("This commitment waits on nobody.")
    end_waits(commitment, local_day(work.at, zone_of(review.site_id)))
    return commitment


def _commitment(work: Work, commitment_id: UUID, review_id: UUID) -> tuple[CoachingReview, Commitment]:
    commitment, review = db.session.get(Commitment, commitment_id), db.session.get(CoachingReview, review_id)
    if (
        commitment is None
        or review is None
        or commitment.review_id != review.id
        or review.state != ReviewState.CLOSED
        or work.actor.person_id not in {review.coach_id, review.coachee_id}
    ):
        raise NotFound("There is no such commitment of yours.")
    return review, commitment
