"""Coaching reviews of the past for the programme view, planted as their commands would have left them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from coaching.barriers.models import SystemAction
from coaching.barriers.rules import Kind
from coaching.commitments.models import Commitment, CommitmentState
from coaching.reviews.models import CoachingReview, ReviewState
from coaching.scheduling.models import Appointment
from coaching.triggers.models import ProposalState, ReviewProposal
from lms.ids import new_id
from lms.network.models import Site
from lms.permissions import Role
from tests.factories.assessments import plant
from tests.factories.people import Someone, someone

_STATES = {True: CommitmentState.KEPT, False: CommitmentState.NOT_KEPT, None: CommitmentState.OPEN}


def operators_of(site: Site, number: int) -> list[Someone]:
    """Return operators of a site."""
    return [someone(Role.OPERATOR, site) for _ in range(number)]


def a_past_review(
    coach: Someone,
    coachee: Someone,
    planned_at: datetime,
    *,
    held: bool = True,
    barrier: str = "",
    due: Sequence[tuple[date, bool | None]] = (),
    follow_up_on: date | None = None,
) -> UUID:
    """Plant a closed review planned for a moment, or one that was cancelled.

    ``due`` are commitments and whether they were kept; None was not looked at.

    ``barrier`` is what the site was asked to change.
    """
    review, state = new_id(), ReviewState.CLOSED if held else ReviewState.CANCELLED
    plant(
        CoachingReview(
            id=review,
            site_id=coachee.person.site_id,
            coach_id=coach.person.id,
            coachee_id=coachee.person.id,
            state=state,
            held_at=planned_at if held else None,
            closed_at=planned_at if held else None,
            barrier=barrier,
            follow_up_on=follow_up_on,
        ),
        *[
            SystemAction(
                number=f"SA-{review}",
                review_id=review,
                position=1,
                site_id=coachee.person.site_id,
                kind=Kind.BARRIER,
                what=what,
                owner_id=coach.person.id,
                opened_on=planned_at.date(),
                due_on=planned_at.date(),
            )
            for what in [barrier]
            if what
        ],
        Appointment(
            review_id=review,
            starts_at=planned_at,
            ends_at=planned_at + timedelta(minutes=45),
            mode="video",
            uid=f"{review}@test",
            cancelled_at=None if held else planned_at,
        ),
        *[
            Commitment(
                review_id=review,
                site_id=coachee.person.site_id,
                position=position,
                text="Read back aloud",
                due_on=day,
                state=_STATES[kept],
                done_on=day if kept else None,
            )
            for position, (day, kept) in enumerate(due, 1)
        ],
    )
    return review


def a_past_trigger(coach: Someone, coachee: Someone, proposed_at: datetime, *, days: int | None) -> None:
    """Plant a proposal of a rule, and the review that it led to after so many days, or None while it waits."""
    proposal = new_id()
    plant(
        ReviewProposal(
            id=proposal,
            trigger="deviation",
            site_id=coachee.person.site_id,
            coach_id=coach.person.id,
            coachee_id=coachee.person.id,
            proposed_at=proposed_at,
            due_on=proposed_at.date() + timedelta(days=5),
            state=ProposalState.ACCEPTED,
        ),
        CoachingReview(
            proposal_id=proposal,
            site_id=coachee.person.site_id,
            coach_id=coach.person.id,
            coachee_id=coachee.person.id,
            state=ReviewState.ACCEPTED if days is None else ReviewState.CLOSED,
            held_at=None if days is None else proposed_at + timedelta(days=days),
            outcome="kept",
        ),
    )
