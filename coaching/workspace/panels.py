"""What coaching adds to other pages: what needs the reader today, reminders, and that a deviation has a review."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import func, select

from coaching.commitments.models import Commitment, CommitmentState, CommitmentWait, WaitState
from coaching.follow_up.models import FollowUp
from coaching.follow_up.rules import SEARCHED_DAYS
from coaching.reviews.models import CoachingReview, ReviewState
from coaching.triggers.models import ReviewProposal
from lms.extensions import db
from lms.network.models import Site
from lms.notifications.digest import Reminder
from lms.permissions import Actor, Permission
from lms.web.slots import Panel
from lms.web.times import local_day


def reminders(*, on: date) -> Iterator[Reminder]:
    """Answer the daily digest, for whoever is to act: commitments, waits that nobody answered, follow-ups.

    A commitment is the operator's from three days before its day, waits counted, until 30 days after it; once they said
    that it is done, it is the coach's. While its clock stands nobody is reminded.
    """
    due_on = func.coalesce(Commitment.due_with_waits, Commitment.due_on)
    due = db.session.execute(
        select(CoachingReview.coachee_id, CoachingReview.id, due_on)
        .join(CoachingReview, CoachingReview.id == Commitment.review_id)
        .where(
            CoachingReview.state == ReviewState.CLOSED,
            Commitment.state == CommitmentState.OPEN,
            Commitment.done_on.is_(None),
            Commitment.clock_stopped_on.is_(None),
            due_on <= date.fromordinal(on.toordinal() + 3),
            due_on >= date.fromordinal(on.toordinal() - 30),
        )
        .order_by(Commitment.id)
    )
    for person_id, review_id, day in due:
        late = _("A commitment of your review is overdue.")
        text = late if day < on else _("A commitment of your review is due.")
        yield Reminder(person_id, day, text, f"/reviews/{review_id}")
    asked = db.session.execute(
        select(CoachingReview.coach_id, CoachingReview.id, CommitmentWait.asked_on)
        .join(Commitment, Commitment.id == CommitmentWait.commitment_id)
        .join(CoachingReview, CoachingReview.id == Commitment.review_id)
        .where(CommitmentWait.state == WaitState.ASKED, CommitmentWait.ended_on.is_(None))
        .order_by(CommitmentWait.id)
    )
    for person_id, review_id, day in asked:
        text = _("A commitment waits on others. Accept it, or say why not.")
        yield Reminder(person_id, day, text, f"/reviews/{review_id}")
    yield from _follow_up_reminders(on)


def _follow_up_reminders(on: date) -> Iterator[Reminder]:
    """Remind both of a follow-up the day before, and the coach from its day until it is recorded, for 30 days."""
    rows = db.session.execute(
        select(
            CoachingReview.coach_id,
            CoachingReview.coachee_id,
            CoachingReview.id,
            CoachingReview.follow_up_on,
            FollowUp.id,
            FollowUp.starts_at,
            Site.zone,
        )
        .join(Site, Site.id == CoachingReview.site_id)
        .outerjoin(FollowUp, FollowUp.review_id == CoachingReview.id)
        .where(
            CoachingReview.state == ReviewState.CLOSED,
            CoachingReview.outcome == "",
            CoachingReview.follow_up_on <= date.fromordinal(on.toordinal() + SEARCHED_DAYS),
            CoachingReview.follow_up_on >= date.fromordinal(on.toordinal() - 30),
        )
        .order_by(CoachingReview.id)
    )
    for coach_id, coachee_id, review_id, agreed_on, meeting, starts_at, zone in rows:
        target = f"/reviews/{review_id}"
        if meeting is not None and starts_at is None:
            yield Reminder(coach_id, agreed_on, _("Find a time for the follow-up of a review."), f"{target}/follow-up")
            continue
        day = local_day(starts_at, zone) if starts_at is not None else agreed_on
        if day.toordinal() == on.toordinal() + 1:
            for person_id in (coach_id, coachee_id):
                yield Reminder(person_id, day, _("The follow-up of a review is tomorrow."), target)
        elif day == on:
            yield Reminder(coach_id, day, _("The follow-up of a review is today."), target)
        elif day < on:
            yield Reminder(coach_id, day, _("The follow-up of a review is not recorded yet."), target)


def deviation_panels(*, viewer: Actor, deviation_id: UUID) -> Iterator[Panel]:
    """Answer the deviation page: whether a review was proposed and how far it is. Never what is said in it."""
    if not viewer.may(Permission.DEVIATION_SEE):
        return
    proposals = db.session.execute(
        select(
            ReviewProposal.state,
            ReviewProposal.due_on,
            ReviewProposal.decision_reason,
            CoachingReview.state,
            ReviewProposal.coach_id,
        )
        .outerjoin(CoachingReview, CoachingReview.proposal_id == ReviewProposal.id)
        .where(ReviewProposal.deviation_id == deviation_id)
        .order_by(ReviewProposal.id)
    ).all()
    yield Panel(
        _("Coaching review"),
        "coaching/_deviation_panel.html",
        {
            "rows": [
                {"state": review_state or state, "due_on": due_on, "reason": reason, "has_coach": coach_id is not None}
                for state, due_on, reason, review_state, coach_id in proposals
            ],
            "deviation_id": deviation_id,
            "may_propose": viewer.may(Permission.REVIEW_PROPOSE),
        },
        order=60,
    )
