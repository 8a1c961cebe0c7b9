"""Reading what the triggers need: coaches with their load, people involved, proposals of a coach."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from coaching.reviews.models import CoachingReview, ReviewState
from coaching.triggers.models import ProposalState, ReviewProposal
from coaching.triggers.rules import Candidate
from lms.deviations.models import Deviation, PersonInvolved
from lms.extensions import db
from lms.identity.models import Person
from lms.identity.queries import holders
from lms.network.models import Site, Team
from lms.permissions import Actor, Role


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """A proposal as its coach reads it."""

    id: UUID
    trigger: str
    state: str
    coachee_name: str
    team_name: str | None
    site_name: str
    deviation_id: UUID | None
    deviation_number: str | None
    deviation_title: str | None
    process_step: str | None
    severity: str | None
    proposed_at: datetime
    due_on: date


def coach_candidates(site_id: UUID, on: date) -> list[Candidate]:
    """Return every coach of the site or of the whole network, with how many reviews they have open."""
    people = holders(Role.COACH, site_id, on)
    ids = [person_id for person_id, _ in people]
    proposed = dict(
        db.session.execute(
            select(ReviewProposal.coach_id, func.count())
            .where(ReviewProposal.coach_id.in_(ids), ReviewProposal.state == ProposalState.OPEN)
            .group_by(ReviewProposal.coach_id)
        ).all()
    )
    going = dict(
        db.session.execute(
            select(CoachingReview.coach_id, func.count())
            .where(
                CoachingReview.coach_id.in_(ids),
                CoachingReview.state.in_([ReviewState.ACCEPTED, ReviewState.SCHEDULED, ReviewState.HELD]),
            )
            .group_by(CoachingReview.coach_id)
        ).all()
    )
    home = dict(db.session.execute(select(Person.id, Person.site_id).where(Person.id.in_(ids))).all())
    return [
        Candidate(person_id, name, proposed.get(person_id, 0) + going.get(person_id, 0), home.get(person_id) == site_id)
        for person_id, name in people
    ]


def people_involved(deviation_id: UUID) -> list[UUID]:
    """Return who was at the bench, in the order named. For the choice of coach and coachee only."""
    statement = (
        select(PersonInvolved.person_id).where(PersonInvolved.deviation_id == deviation_id).order_by(PersonInvolved.id)
    )
    return list(db.session.scalars(statement))


def open_proposals(coach: Actor) -> list[ProposalRow]:
    """Return the proposals that wait for this coach, the soonest due first."""
    return _proposals(ReviewProposal.coach_id == coach.person_id, ReviewProposal.state == ProposalState.OPEN)


def proposal_of(coach: Actor, proposal_id: UUID) -> ProposalRow | None:
    """Return one proposal of this coach, or None."""
    rows = _proposals(ReviewProposal.coach_id == coach.person_id, ReviewProposal.id == proposal_id)
    return rows[0] if rows else None


def _proposals(*conditions: object) -> list[ProposalRow]:
    coachee = aliased(Person)
    statement = (
        select(
            ReviewProposal.id,
            ReviewProposal.trigger,
            ReviewProposal.state,
            coachee.given_name + " " + coachee.family_name,
            Team.name,
            Site.name,
            Deviation.id,
            Deviation.number,
            Deviation.title,
            Deviation.process_step,
            Deviation.severity,
            ReviewProposal.proposed_at,
            ReviewProposal.due_on,
        )
        .join(coachee, coachee.id == ReviewProposal.coachee_id)
        .join(Site, Site.id == ReviewProposal.site_id)
        .outerjoin(Team, Team.id == ReviewProposal.team_id)
        .outerjoin(Deviation, Deviation.id == ReviewProposal.deviation_id)
        .where(*conditions)  # type: ignore[arg-type]
        .order_by(ReviewProposal.due_on, ReviewProposal.id)
    )
    return [ProposalRow(*tuple[Any, ...](row)) for row in db.session.execute(statement)]
