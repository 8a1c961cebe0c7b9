"""Proposing, accepting and declining reviews. The machine proposes; a human decides."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from coaching.reviews.guides import kind_of_trigger
from coaching.reviews.models import CoachingReview
from coaching.triggers import queries, rules
from coaching.triggers.models import ProposalState, ReviewProposal
from lms.deviations.models import Deviation
from lms.extensions import db
from lms.facts import RecurrenceConfirmed
from lms.identity.models import Person
from lms.network.queries import team_of, zone_of
from lms.notifications.commands import notify
from lms.permissions import Permission
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import Work, command
from lms.web.times import local_day


def on_recurrence_confirmed(fact: RecurrenceConfirmed, *, work: Work) -> None:
    """Propose a review for a confirmed recurrence that names somebody who was at the bench; once."""
    if (
        db.session.scalar(select(ReviewProposal.id).where(ReviewProposal.recurrence_id == fact.recurrence_id))
        is not None
    ):
        return
    involved = queries.people_involved(fact.deviation_id)
    if involved:
        _propose(
            work,
            trigger="recurrence",
            site_id=fact.site_id,
            team_id=fact.team_id,
            deviation_id=fact.deviation_id,
            recurrence_id=fact.recurrence_id,
            coachee_id=involved[0],
            severity=fact.severity,
            conflicted=involved,
        )


@command(needs=Permission.REVIEW_PROPOSE)
def propose_review(work: Work, deviation_id: UUID, *, coachee_id: UUID) -> ReviewProposal:
    """Propose a review about a deviation by hand. Raises ``NotAllowed`` if there is no coach without a part in it."""
    deviation = db.session.get(Deviation, deviation_id)
    coachee = db.session.get(Person, coachee_id)
    if deviation is None or coachee is None or not work.actor.may(Permission.REVIEW_PROPOSE, deviation.site_id):
        raise NotFound("There is no such deviation at your sites.")
    proposal = _propose(
        work,
        trigger="deviation",
        site_id=deviation.site_id,
        team_id=deviation.team_id,
        deviation_id=deviation_id,
        recurrence_id=None,
        coachee_id=coachee_id,
        severity=deviation.severity,
        conflicted=queries.people_involved(deviation_id),
    )
    if proposal is None:
        raise NotAllowed(
            "Every coach of this site took part in this deviation. Ask the control site for a remote coach."
        )
    return proposal


@command(needs=Permission.REVIEW_COACH)
def propose_routine_review(work: Work, *, coachee_id: UUID) -> ReviewProposal:
    """Let a coach plan a routine review with somebody; the proposal is the coach's own."""
    coachee = db.session.get(Person, coachee_id)
    if coachee is None or work.actor.person_id is None or not work.actor.may(Permission.REVIEW_COACH, coachee.site_id):
        raise NotFound("There is no such person at your sites.")
    today = local_day(work.at, zone_of(coachee.site_id))
    proposal = ReviewProposal(
        trigger="routine",
        site_id=coachee.site_id,
        team_id=team_of(coachee_id, today),
        coach_id=work.actor.person_id,
        coachee_id=coachee_id,
        proposed_at=work.at,
        due_on=rules.due_on(today, "minor"),
    )
    work.add(proposal)
    return proposal


def _propose(
    work: Work,
    *,
    trigger: str,
    site_id: UUID,
    team_id: UUID | None,
    deviation_id: UUID,
    recurrence_id: UUID | None,
    coachee_id: UUID,
    severity: str,
    conflicted: list[UUID],
) -> ReviewProposal | None:
    today = local_day(work.at, zone_of(site_id))
    coach = rules.choose_coach(queries.coach_candidates(site_id, today), {*conflicted, coachee_id})
    if coach is None:
        return None
    proposal = ReviewProposal(
        trigger=trigger,
        site_id=site_id,
        team_id=team_id or team_of(coachee_id, today),
        deviation_id=deviation_id,
        recurrence_id=recurrence_id,
        coach_id=coach.person_id,
        coachee_id=coachee_id,
        proposed_at=work.at,
        due_on=rules.due_on(today, severity),
    )
    work.add(proposal)
    notify(work, coach.person_id, "review_proposed", f"/reviews/proposals/{proposal.id}")
    return proposal


def _own_proposal(work: Work, proposal_id: UUID) -> ReviewProposal:
    proposal = db.session.get(ReviewProposal, proposal_id, with_for_update=True)
    if proposal is None or proposal.coach_id != work.actor.person_id:
        raise NotFound("There is no such proposal for you.")
    if proposal.state != ProposalState.OPEN:
        raise NotAllowed("This proposal was decided already.")
    return proposal


@command(needs=Permission.REVIEW_COACH)
def accept_proposal(work: Work, proposal_id: UUID) -> CoachingReview:
    """Accept a proposal: the review exists and waits for a time. Raises ``NotAllowed`` if it was decided already."""
    proposal = _own_proposal(work, proposal_id)
    proposal.state, proposal.decided_at = ProposalState.ACCEPTED, work.at
    review = CoachingReview(
        proposal_id=proposal.id,
        site_id=proposal.site_id,
        team_id=proposal.team_id,
        deviation_id=proposal.deviation_id,
        coach_id=proposal.coach_id,
        coachee_id=proposal.coachee_id,
        kind=kind_of_trigger(proposal.trigger).code,
        guide=kind_of_trigger(proposal.trigger).guide,
    )
    work.add(review)
    notify(work, review.coachee_id, "review_accepted", f"/reviews/{review.id}")
    return review


@command(needs=Permission.REVIEW_COACH)
def decline_proposal(work: Work, proposal_id: UUID, *, reason: str) -> ReviewProposal:
    """Decline a proposal with a reason. Raises ``NotAllowed`` without one."""
    if not reason.strip():
        raise NotAllowed("Say why you decline: QA reads it.", field="reason")
    proposal = _own_proposal(work, proposal_id)
    proposal.state, proposal.decided_at, proposal.decision_reason = ProposalState.DECLINED, work.at, reason.strip()
    return proposal
