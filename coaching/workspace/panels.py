"""What coaching adds to other pages: what needs the reader today, reminders, and that a deviation has a review."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import select

from coaching.commitments.models import Commitment, CommitmentState
from coaching.reviews.models import CoachingReview, ReviewState
from coaching.triggers.models import ReviewProposal
from coaching.triggers.queries import open_proposals
from coaching.workspace import queries
from lms.extensions import db
from lms.notifications.digest import Reminder
from lms.permissions import Actor, Permission
from lms.web.slots import Panel, Todo


def todos(*, viewer: Actor, now: datetime) -> Iterator[Todo]:
    """Answer the home page: proposals, reviews to prepare, sign or follow up, commitments."""
    today = now.date()
    coach, operator = viewer.may(Permission.REVIEW_COACH), viewer.may(Permission.REVIEW_TAKE_PART)
    if coach:
        for proposal in open_proposals(viewer):
            yield Todo(
                proposal.due_on,
                _("Review proposed with %(name)s", name=proposal.coachee_name),
                _("%(number)s came back. Accept it or decline with a reason.", number=proposal.deviation_number)
                if proposal.deviation_number
                else _("Accept it or decline with a reason."),
                url_for("proposals.page", proposal_id=proposal.id),
                _("Look"),
                overdue=proposal.due_on < today,
            )
        for row in queries.follow_ups_due(viewer, today):
            yield Todo(
                row.follow_up_on,
                _("Follow up with %(name)s", name=row.coachee_name),
                _("Look at what was agreed."),
                url_for("reviews.page", review_id=row.id),
                _("Follow up"),
                overdue=bool(row.follow_up_on and row.follow_up_on < today),
            )
    if coach or operator:
        for row in queries.reviews_of(viewer):
            yield _review_todo(row)
    if operator:
        for review_id, commitment in queries.open_commitments(viewer):
            yield Todo(
                commitment.due_on,
                _("Your commitment: %(text)s", text=commitment.text),
                _("Say when it is done."),
                url_for("reviews.page", review_id=review_id),
                _("Open"),
                overdue=commitment.due_on < today,
            )


def _review_todo(row: queries.ReviewRow) -> Todo:
    target = url_for("reviews.page", review_id=row.id)
    other = row.coachee_name if row.is_coach else row.coach_name
    if row.state == ReviewState.HELD:
        return Todo(
            None,
            _("Sign the review with %(name)s", name=other),
            _("The operator signs first, then the coach."),
            target,
            _("Read and sign"),
        )
    if row.is_coach and row.starts_at is None:
        return Todo(
            None, _("Find a time with %(name)s", name=other), _("You accepted this review."), target, _("Find a time")
        )
    if row.is_coach:
        return Todo(row.starts_at, _("Coaching review with %(name)s", name=other), _("45 minutes."), target, _("Open"))
    return Todo(
        row.starts_at,
        _("Write your side first: coaching review with %(name)s", name=other),
        _("A few sentences; your coach reads them before you talk."),
        target,
        _("Start writing"),
    )


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
        select(ReviewProposal.state, ReviewProposal.due_on, ReviewProposal.decision_reason, CoachingReview.state)
        .outerjoin(CoachingReview, CoachingReview.proposal_id == ReviewProposal.id)
        .where(ReviewProposal.deviation_id == deviation_id)
        .order_by(ReviewProposal.id)
    ).all()
    yield Panel(
        _("Coaching review"),
        "coaching/_deviation_panel.html",
        {
            "rows": [
                {"state": review_state or state, "due_on": due_on, "reason": reason}
                for state, due_on, reason, review_state in proposals
            ],
            "deviation_id": deviation_id,
            "may_propose": viewer.may(Permission.REVIEW_PROPOSE),
        },
        order=60,
    )
