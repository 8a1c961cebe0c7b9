"""A coach, an operator and their review, made by the application's own commands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from coaching.reviews import commands as reviews
from coaching.reviews.models import CoachingReview
from coaching.reviews.rules import Agreed
from coaching.scheduling import commands as scheduling
from coaching.scheduling.queries import free_slots
from coaching.triggers import commands as triggers
from lms import clock
from lms.extensions import db
from lms.permissions import Role
from lms.unit_of_work import run
from tests.factories.people import Someone, a_site, a_team, someone, today


@dataclass(frozen=True)
class Pair:
    """A coach and an operator of one team, with a review between them."""

    coach: Someone
    operator: Someone
    review_id: UUID

    @property
    def version(self) -> int:
        """The review's version as it stands."""
        return db.session.get_one(CoachingReview, self.review_id, populate_existing=True).version


def an_accepted_review() -> Pair:
    """Return a routine review that its coach has accepted."""
    site = a_site()
    coach, operator = someone(Role.COACH, site), someone(Role.OPERATOR, site, team=a_team(site))
    proposal_id = run(triggers.propose_routine_review, coach.actor, "", coachee_id=operator.person.id).id
    return Pair(coach, operator, run(triggers.accept_proposal, coach.actor, "", proposal_id).id)


def next_free_slot(pair: Pair) -> datetime:
    """Return the first slot that both have."""
    begin = clock.now() + timedelta(hours=1)
    coach_id, operator_id = pair.coach.person.id, pair.operator.person.id
    return free_slots(coach_id, operator_id, starts_at=begin, ends_at=begin + timedelta(days=10))[0].starts_at


def a_held_review(commitments: int = 2) -> Pair:
    """Return a review that was scheduled and held, with commitments, not signed yet."""
    pair = an_accepted_review()
    run(
        scheduling.schedule_review,
        pair.coach.actor,
        "",
        pair.review_id,
        starts_at=next_free_slot(pair),
        mode="video",
        place="",
    )
    run(
        reviews.write_own_account,
        pair.operator.actor,
        "",
        pair.review_id,
        own_account="The worksheet showed yesterday's volume.",
    )
    run(
        reviews.hold_review,
        pair.coach.actor,
        "",
        pair.review_id,
        coach_account="You stopped and asked before drawing up.",
        barrier="Two worksheets look alike.",
        support_owed="One worksheet per batch",
        support_due_on=today() + timedelta(days=10),
        commitments=[
            Agreed(f"Read back the volume aloud, part {n}", "second person initials", today() + timedelta(days=14))
            for n in range(commitments)
        ],
        follow_up_on=today() + timedelta(days=30),
    )
    return pair


def a_closed_review() -> Pair:
    """Return a review signed by both."""
    pair = a_held_review()
    run(reviews.agree_to_review, pair.operator.signing, "", pair.review_id, version=pair.version)
    run(reviews.close_review, pair.coach.signing, "", pair.review_id, version=pair.version)
    return pair
