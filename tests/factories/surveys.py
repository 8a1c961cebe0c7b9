"""A custodian with keys, closed reviews on simulated days, and answers to them, all by the application's own doors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from uuid import UUID

from flask import current_app

from coaching.reviews import commands as reviews
from coaching.surveys import commands, sealed
from coaching.surveys.demonstration import PASSPHRASE, QUICK
from coaching.surveys.instrument import Answers
from coaching.surveys.periods import Month, Quarter
from coaching.surveys.published import Release
from coaching.surveys.sealing import NewKey, UnlockedKey, make_key, unlock
from coaching.triggers import commands as triggers
from lms.permissions import Actor, Role
from lms.unit_of_work import Replay, replay
from tests.factories.people import Someone, a_site, a_team, someone

CUSTODIAN = Actor.system("custodian of a test")
QUARTER = Quarter(2026, 4)
OCTOBER, NOVEMBER, DECEMBER = Month(2026, 10), Month(2026, 11), Month(2026, 12)
#: No other sheet of the tests looks like this one.
CANARY: Answers = (7, 1, 6, 2, 5, 3, 7)


def noon(day: date) -> datetime:
    """Return noon of a day, in UTC."""
    return datetime.combine(day, time(12), UTC)


def a_registered_key(quarter: Quarter = QUARTER, *, on: date | None = None, passphrase: str = PASSPHRASE) -> NewKey:
    """Make and register a quarter's key; it opens quickly."""
    key = make_key(quarter, passphrase, QUICK)
    at = noon(on or quarter.end - timedelta(days=92))
    with replay() as day:
        day.run(commands.register_survey_key, CUSTODIAN, at, "test", quarter=str(quarter), public_key=key.public_key)
    return key


def unlocked(key: NewKey) -> UnlockedKey:
    """Open a key as the custodian does."""
    return unlock(key.file, PASSPHRASE)


@dataclass(frozen=True)
class Crew:
    """A team of operators and the coach who reviews with them."""

    coach: Someone
    operators: tuple[Someone, ...]
    team_id: UUID


def a_crew(size: int, *, site: str = "AAA", team: str = "Team 1") -> Crew:
    """Return a team of so many operators, with a coach."""
    place = a_site(site)
    its_team = a_team(place, team)
    members = tuple(someone(Role.OPERATOR, place, team=its_team) for _ in range(size))
    return Crew(someone(Role.COACH, place), members, its_team.id)


def a_closed_review(coach: Someone, operator: Someone, at: datetime) -> UUID:
    """Hold and close a review at a simulated moment; its ticket is made as after a real one."""
    with replay() as day:
        review_id = close_a_review(day, coach, operator, at)
        day.follow_ups(at)
        day.run(commands.acknowledge_notice, operator.actor, at, "", operator.person.id)
    return review_id


def close_a_review(day: Replay, coach: Someone, operator: Someone, at: datetime) -> UUID:
    """Hold and close a review within a simulated day."""
    proposal = day.run(triggers.propose_routine_review, coach.actor, at, "", coachee_id=operator.person.id)
    review = day.run(triggers.accept_proposal, coach.actor, at, "", proposal.id)
    day.run(reviews.write_own_account, operator.actor, at, "", review.id, own_account="The label looked odd.")
    day.run(
        reviews.hold_review,
        coach.actor,
        at,
        "",
        review.id,
        coach_account="You stopped and asked.",
        barrier="",
        support_owed="",
        support_due_on=None,
        commitments=[],
        follow_up_on=at.date() + timedelta(days=30),
    )
    day.run(reviews.agree_to_review, operator.signing_at(at), at, "", review.id, version=review.version)
    day.run(reviews.close_review, coach.signing_at(at), at, "", review.id, version=review.version)
    return review.id


def a_crew_answers(crew: Crew, on: date, answers: Answers = CANARY) -> list[UUID]:
    """Close a review with each operator of a crew on a day, and let each answer."""
    found = []
    for operator in crew.operators:
        review_id = a_closed_review(crew.coach, operator, noon(on))
        sealed.submit(operator.person.id, review_id, answers, at=noon(on))
        found.append(review_id)
    return found


def record(release: Release) -> None:
    """Write a release into the trail on its simulated day."""
    with replay() as day:
        day.run(commands.record_release, CUSTODIAN, noon(release.on), "test", release)


def release(month: Month, key: NewKey) -> sealed.ReleaseReport:
    """Release a month on the first day it may be."""
    return sealed.release_month(month, unlocked(key), on=month.releasable_from, record=record)


def destroy(quarter: Quarter) -> None:
    """Destroy the server's half of a quarter on the first day it may be."""

    def written() -> None:
        with replay() as day:
            at = noon(quarter.destroyable_from)
            day.run(commands.record_key_destroyed, CUSTODIAN, at, "test", quarter=str(quarter))

    sealed.destroy_key(quarter, on=quarter.destroyable_from, record=written)


def data_dir() -> Path:
    """Return the data folder of the application under test."""
    return Path(current_app.config["SETTINGS"].data_dir)
