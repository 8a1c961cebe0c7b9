"""What coaching adds to other pages: what needs the reader today, reminders, and that a deviation has a review."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from coaching.commitments.models import Commitment, CommitmentState
from coaching.reviews.models import CoachingReview, ReviewState
from coaching.triggers.models import ReviewProposal
from lms.extensions import db
from lms.notifications.digest import Reminder
from lms.permissions import Actor, Permission
from lms.web.slots import Panel


def reminders(*, on: date) -> Iterator[Reminder]:
    """Answer the daily digest: commitments due within three days or overdue, follow-ups of today."""
    due = db.session.execute(
        select(CoachingReview.coachee_id, CoachingReview.id, Commitment.due_on)
        .join(CoachingReview, CoachingReview.id == Commitment.review_id)
        .where(
            CoachingReview.state == ReviewState.CLOSED,
            Commitment.state == CommitmentState.OPEN,
            Commitment.done_on.is_(None),
            Commitment.due_on <= date.fromordinal(on.toordinal() + 3),
            Commitment.due_on >= date.fromordinal(on.toordinal() - 30),
        )
    )
    for person_id, review_id, due_on in due:
        yield Reminder(person_id, due_on, _("A commitment of your review is due."), f"/reviews/{review_id}")
    follow_ups = db.session.execute(
        select(CoachingReview.coach_id, CoachingReview.id, CoachingReview.follow_up_on).where(
            CoachingReview.state == ReviewState.CLOSED, CoachingReview.follow_up_on == on, CoachingReview.outcome == ""
        )
    )
    for person_id, review_id, follow_up_on in follow_ups:
        yield Reminder(person_id, follow_up_on, _("The follow-up of a review is today."), f"/reviews/{review_id}")


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
