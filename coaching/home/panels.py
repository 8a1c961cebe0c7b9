"""What coaching and its survey put on the home page of coaches and operators."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import groupby

from flask_babel import gettext as _

from coaching.desk.rules import name_of
from coaching.home.queries import plate
from coaching.reviews.models import ReviewState
from coaching.surveys.panels import title
from coaching.surveys.queries import with_sheets
from coaching.triggers.queries import ProposalRow, open_proposals
from coaching.workspace.queries import ReviewRow
from lms.permissions import Actor, Permission
from lms.web.addresses import url_for
from lms.web.labels import label
from lms.web.slots import Todo


def todos(*, viewer: Actor, now: datetime) -> Iterator[Todo]:
    """Answer the home page: proposals, reviews to prepare, sign or follow up, commitments, open sheets."""
    today = now.date()
    coach, operator = viewer.may(Permission.REVIEW_COACH), viewer.may(Permission.REVIEW_TAKE_PART)
    if not coach and not operator:
        return
    waiting = plate(viewer, now)
    if coach:
        for proposal in open_proposals(viewer):
            yield Todo(
                proposal.due_on,
                _("Review proposed with %(name)s", name=proposal.coachee_name),
                _("%(why)s. Accept it, or decline with a reason.", why=_why(proposal)),
                url_for("proposals.page", proposal_id=proposal.id),
                _("Look"),
                overdue=proposal.due_on < today,
            )
        for row in waiting.follow_ups:
            yield _follow_up_todo(row, today)
    yield from _review_todos(waiting.reviews)
    if operator:
        for review_id, commitment in waiting.commitments:
            yield Todo(
                commitment.due,
                _("Your commitment: %(text)s", text=commitment.text),
                _("Say when it is done, or on what it waits."),
                url_for("reviews.page", review_id=review_id),
                _("Open"),
                overdue=commitment.due < today,
            )
    if viewer.may(Permission.SURVEY_ANSWER):
        for asked in with_sheets(waiting.asked):
            yield Todo(
                asked.until,
                title(asked.instrument),
                _("About a minute. Leave out any you like, or all. Stays here until the last day for everybody."),
                url_for("survey.page", review_id=asked.review_id),
                _("Open"),
            )


def _why(proposal: ProposalRow) -> str:
    """Return what proposed the review, with the number of the deviation that it is about."""
    words = label(proposal.trigger, "review_trigger")
    return f"{words}, {proposal.deviation_number}" if proposal.deviation_number else words


def _follow_up_todo(row: ReviewRow, today: date) -> Todo:
    if row.to_book:
        return Todo(
            row.follow_up_on,
            _("Find a time to follow up with %(name)s", name=row.coachee_name),
            _("You two had no common free time in the two weeks from the agreed day."),
            url_for("follow_up.choose", review_id=row.id),
            _("Find a time"),
            overdue=bool(row.follow_up_on and row.follow_up_on < today),
        )
    return Todo(
        row.follow_up_at or row.follow_up_on,
        _("Follow up with %(name)s", name=row.coachee_name),
        _("Look at what was agreed."),
        url_for("reviews.page", review_id=row.id),
        _("Follow up"),
        overdue=bool(row.follow_up_on and row.follow_up_on < today),
    )


def _review_todos(reviews: Iterable[ReviewRow]) -> Iterator[Todo]:
    """Give each review a line; those that a coach holds at the same time are the meeting of a team, and one line."""
    by_time = groupby(reviews, key=lambda row: row.starts_at if _is_to_be_held(row) else None)
    for starts_at, group in by_time:
        rows = list(group)
        if starts_at is None or len(rows) == 1:
            yield from map(_review_todo, rows)
            continue
        names = ", ".join(row.coachee_name for row in rows)
        yield Todo(
            starts_at,
            _("Coaching meeting with %(count)s: %(names)s", count=len(rows), names=names),
            _("One meeting; each of them has a review of their own, which your week opens."),
            url_for("desk.week", week=name_of(starts_at.date())),
            _("Open my week"),
        )


def _is_to_be_held(row: ReviewRow) -> bool:
    return row.is_coach and row.state != ReviewState.HELD


def _review_todo(row: ReviewRow) -> Todo:
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
