"""Giving a review to another coach because its own is gone."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from coaching.follow_up.commands import hand_over_follow_up
from coaching.handover import queries, rules
from coaching.reviews.models import CoachingReview, ReviewState
from coaching.scheduling.commands import free_again
from lms.extensions import db
from lms.identity.models import Person
from lms.network.queries import zone_of
from lms.notifications.commands import notify
from lms.permissions import Permission
from lms.refusals import NotAllowed
from lms.scope import get_scoped
from lms.unit_of_work import Work, command
from lms.web.times import local_day


@command(needs=Permission.REVIEW_PROPOSE)
def hand_over_review(work: Work, review_id: UUID, *, coach_id: UUID, reason: str) -> CoachingReview:
    """Give a review to another coach of the site, because its own is gone: an open one, or the follow-up of a closed one.

    What the operator wrote goes with it, so both are told. The time of an open review is called off: the new coach finds
    one. A follow-up keeps its time where the new coach is free, and invitations move along; who signed stays who signed.
    Raises ``NotAllowed`` while the coach still works, or once the operator alone has signed.
    """
    review = get_scoped(CoachingReview, review_id, work.actor, Permission.REVIEW_PROPOSE)
    if not reason.strip():
        raise NotAllowed("Say why the review goes to another coach.", field="reason")
    today = local_day(work.at, zone_of(review.site_id))
    works, signed = db.session.execute(
        select(queries.coach_works(today), queries.is_signed()).where(CoachingReview.id == review.id)
    ).one()
    coaches = dict(queries.coaches_of({review.site_id}, today)[review.site_id])
    rules.check_hand_over(
        review.state,
        coach_works=works,
        is_signed=signed,
        is_followed_up=bool(review.outcome),
        new_coach_id=coach_id,
        coaches=coaches,
        conflicted=queries.involved_in(review.deviation_id) | {review.coachee_id},
    )
    if review.state == ReviewState.SCHEDULED:
        free_again(work, review, why=reason)
        review.state = ReviewState.ACCEPTED
    old_coach_id, is_closed = review.coach_id, review.state == ReviewState.CLOSED
    if is_closed:
        review.signed_coach_id = review.signed_coach_id or old_coach_id
    review.coach_id = coach_id
    if is_closed:
        db.session.flush()
        hand_over_follow_up(work, review, old_coach_id)
    operator = db.session.get_one(Person, review.coachee_id).name
    taken = "follow_up_handed_to_you" if is_closed else "review_handed_to_you"
    notify(work, coach_id, taken, f"/reviews/{review.id}", name=operator)
    notify(work, review.coachee_id, "review_handed_over", f"/reviews/{review.id}", name=coaches[coach_id])
    return review
