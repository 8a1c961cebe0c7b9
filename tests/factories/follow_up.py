"""A review after a deviation that asks something of the site, made by the application's own commands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from coaching.barriers.models import SystemAction
from coaching.barriers.rules import Asked, Kind
from coaching.commitments.models import Commitment
from coaching.follow_up.models import FollowUp
from coaching.reviews import commands as reviews
from coaching.reviews.models import CoachingReview
from coaching.reviews.rules import Agreed
from coaching.triggers import commands as triggers
from lms.extensions import db
from lms.permissions import Role
from lms.unit_of_work import run
from tests.factories.deviations import a_deviation, triage
from tests.factories.people import Someone, a_site, a_team, someone, today


@dataclass(frozen=True)
class Circle:
    """A coach, the operator they meet, the lead of the site, somebody of QA there, and the review between the two."""

    coach: Someone
    operator: Someone
    lead: Someone
    qa: Someone
    review_id: UUID
    deviation_id: UUID | None

    @property
    def review(self) -> CoachingReview:
        """The review as it stands."""
        return db.session.get_one(CoachingReview, self.review_id, populate_existing=True)

    @property
    def meeting(self) -> FollowUp:
        """Its follow-up as it stands."""
        found = select(FollowUp).where(FollowUp.review_id == self.review_id)
        return db.session.scalars(found, execution_options={"populate_existing": True}).one()

    @property
    def commitments(self) -> list[Commitment]:
        """Its commitments as they stand, in order."""
        found = select(Commitment).where(Commitment.review_id == self.review_id).order_by(Commitment.position)
        return list(db.session.scalars(found, execution_options={"populate_existing": True}))

    @property
    def actions(self) -> list[SystemAction]:
        """The system actions it opened, in order."""
        found = select(SystemAction).where(SystemAction.review_id == self.review_id).order_by(SystemAction.position)
        return list(db.session.scalars(found, execution_options={"populate_existing": True}))


def an_accepted_circle(*, about_deviation: bool = True) -> Circle:
    """Return people of one site and a review that its coach has accepted, after a deviation or routine."""
    site = a_site()
    team = a_team(site)
    coach = someone(Role.COACH, site, name="Farah Rahimi")
    operator = someone(Role.OPERATOR, site, team=team, name="Chidi Obi")
    lead = someone(Role.SITE_LEAD, site, name="Sofie Janssens")
    qa = someone(Role.QA, site, name="Dana Novak")
    deviation_id = None
    if about_deviation:
        deviation_id = a_deviation(operator)
        triage(qa, deviation_id, team_id=team.id)
        proposed = run(triggers.propose_review, qa.actor, "", deviation_id, coachee_id=operator.person.id)
    else:
        proposed = run(triggers.propose_routine_review, coach.actor, "", coachee_id=operator.person.id)
    review = run(triggers.accept_proposal, coach.actor, "", proposed.id)
    return Circle(coach, operator, lead, qa, review.id, deviation_id)


def hold(circle: Circle, *, asked: int = 1, commitments: int = 2, follow_up_on: date | None = None) -> None:
    """Let the operator write, then the coach, with commitments due in 14 days and so many barriers for the lead."""
    run(
        reviews.write_own_account,
        circle.operator.actor,
        "",
        circle.review_id,
        own_account="SECRET I copied the value of the morning sheet.",
        went_well="SECRET I stopped when the volume looked small.",
    )
    run(
        reviews.hold_review,
        circle.coach.actor,
        "",
        circle.review_id,
        went_well="SECRET You said so in two minutes.",
        coach_account="SECRET The old sheet lay on the bench.",
        barrier="SECRET Nobody clears the bench at change-over.",
        support_owed="",
        support_due_on=None,
        commitments=[
            Agreed(f"SECRET read field {n} aloud", "witnessed in 2 runs", today() + timedelta(days=14), "SECRET to hear it")
            for n in range(1, commitments + 1)
        ],
        asked=[
            Asked(Kind.BARRIER, f"Worksheets of two batches lie on one bench, part {n}", circle.lead.person.id, "",
                  today() + timedelta(days=14))
            for n in range(1, asked + 1)
        ],
        follow_up_on=follow_up_on or today() + timedelta(days=30),
    )  # fmt: skip


def close(circle: Circle, **declared: int | None) -> None:
    """Let both sign; the coach's signature closes the review."""
    run(reviews.agree_to_review, circle.operator.signing, "", circle.review_id, version=circle.review.version)
    run(reviews.close_review, circle.coach.signing, "", circle.review_id, version=circle.review.version, **declared)


def a_closed_circle(*, about_deviation: bool = True, **declared: int | None) -> Circle:
    """Return a review that both have signed, with two commitments and one barrier."""
    circle = an_accepted_circle(about_deviation=about_deviation)
    hold(circle)
    close(circle, **declared)
    return circle


def verify(circle: Circle, index: int, state: str, *, done_on: date | None = None, evidence: str = "initials") -> None:
    """Record what became of one commitment."""
    run(
        reviews.verify_commitment,
        circle.coach.actor,
        "",
        circle.commitments[index].id,
        review_id=circle.review_id,
        state=state,
        done_on=done_on,
        evidence=evidence,
    )
