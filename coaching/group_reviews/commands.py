"""A coach meets a team: one time for all, and a review of their own for each."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from coaching.group_reviews import rules
from coaching.reviews.guides import OF_TEAMS, check_kind, kinds
from coaching.reviews.models import CoachingReview, ReviewState
from coaching.scheduling.commands import book, free_again
from coaching.scheduling.models import Appointment, GroupReview, GroupReviewMember
from lms.extensions import db
from lms.identity.models import Person
from lms.network.queries import team_of, zone_of
from lms.notifications.commands import notify
from lms.permissions import Permission
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import Work, command
from lms.web.times import local_day, show_moment

_GOES_ON = {ReviewState.ACCEPTED, ReviewState.SCHEDULED}


@command(needs=Permission.REVIEW_COACH)
def call_team_together(
    work: Work, *, coachee_ids: Collection[UUID], subject: str, kind: str = "scheduled"
) -> GroupReview:
    """Begin a review of a team: each of its two to eight people gets a review of their own. A time is found next.

    Raises ``NotAllowed`` for people of several sites, too few or too many; ``NotFound`` for somebody out of reach.
    """
    if work.actor.person_id is None:
        raise NotFound("Only a coach calls a team together.")
    people = list(db.session.scalars(select(Person).where(Person.id.in_(coachee_ids)).order_by(Person.id)))
    if len(people) != len(set(coachee_ids)) or not all(
        work.actor.may(Permission.REVIEW_COACH, person.site_id) for person in people
    ):
        raise NotFound("There is no such person at your sites.")
    rules.check_team(
        [person.id for person in people],
        [person.site_id for person in people],
        coach_id=work.actor.person_id,
        subject=subject,
    )
    check_kind(kind, OF_TEAMS)
    site_id = people[0].site_id
    today = local_day(work.at, zone_of(site_id))
    gone = [person.name for person in people if person.left_on is not None and person.left_on <= today]
    if gone:
        raise NotAllowed(f"{gone[0]} does not work here any more.", field="coachees")
    group = GroupReview(coach_id=work.actor.person_id, site_id=site_id, subject=subject.strip(), kind=kind)
    work.add(group)
    db.session.flush()
    for person in people:
        review = CoachingReview(
            site_id=site_id,
            team_id=team_of(person.id, today),
            coach_id=group.coach_id,
            coachee_id=person.id,
            kind=kind,
            guide=kinds()[kind].guide,
        )
        work.add(review)
        db.session.flush()
        work.add(GroupReviewMember(group_id=group.id, review_id=review.id))
        notify(work, person.id, "review_accepted", f"/reviews/{review.id}")
    return group


@command(needs=Permission.REVIEW_COACH)
def schedule_team(
    work: Work,
    group_id: UUID,
    *,
    starts_at: datetime,
    mode: str,
    place: str,
    why: str = "",
    agreed_beyond: str = "",
) -> list[Appointment]:
    """Put a team's meeting into everybody's calendar, or move it with a reason (``why``): all are free, or nothing happens."""
    group = _own(work, group_id)
    reviews = _reviews(group)
    if not reviews:
        raise NotAllowed("Nobody takes part in this meeting any more, or it was held.")
    was_planned = any(review.state == ReviewState.SCHEDULED for review in reviews)
    if was_planned and not why.strip():
        raise NotAllowed("Say why it is moved: everybody is told.", field="why")
    booked = book(
        work,
        reviews,
        starts_at,
        key=group.id,
        mode=mode,
        place=place,
        agreed_beyond=agreed_beyond,
        why=why if was_planned else "",
    )
    when = show_moment(starts_at, zone_of(group.site_id))
    for review in reviews:
        target = f"/reviews/{review.id}"
        if was_planned:
            notify(work, review.coachee_id, "review_moved", target, when=when, why=why.strip()[:200])
        else:
            notify(work, review.coachee_id, "review_scheduled", target, when=when)
    return booked


@command(needs=Permission.REVIEW_COACH)
def call_off_team(work: Work, group_id: UUID, *, reason: str) -> GroupReview:
    """Cancel a team's meeting that was not held, with a reason: every review of it is cancelled and everybody is told."""
    if not reason.strip():
        raise NotAllowed("Say why: everybody is told.", field="reason")
    group = _own(work, group_id)
    reviews = _reviews(group)
    if not reviews:
        raise NotAllowed("This meeting was held, or ended already.")
    for review in reviews:
        free_again(work, review, why=reason)
        review.state = ReviewState.CANCELLED
        notify(work, review.coachee_id, "review_cancelled_why", f"/reviews/{review.id}", why=reason.strip()[:200])
    group.called_off_at = work.at
    return group


def _own(work: Work, group_id: UUID) -> GroupReview:
    group = db.session.get(GroupReview, group_id)
    if group is None or group.coach_id != work.actor.person_id:
        raise NotFound("There is no such meeting of yours.")
    return group


def _reviews(group: GroupReview) -> list[CoachingReview]:
    """Return the reviews of those who still take part and were not held yet, in a fixed order."""
    statement = (
        select(CoachingReview)
        .join(GroupReviewMember, GroupReviewMember.review_id == CoachingReview.id)
        .where(
            GroupReviewMember.group_id == group.id,
            GroupReviewMember.left_at.is_(None),
            CoachingReview.state.in_(_GOES_ON),
            CoachingReview.coach_id == group.coach_id,
        )
        .order_by(CoachingReview.id)
    )
    return list(db.session.scalars(statement))
