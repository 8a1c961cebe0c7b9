"""A short world through the real loader: the same facts twice, real work left for today, and nothing of it near real data."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from assessments.attempts.models import Attempt
from assessments.qualifications.models import Qualification
from coaching.calibration.models import CalibrationExercise, CalibrationRating
from coaching.home.queries import plate
from coaching.reviews.models import CoachingReview, ReviewState
from coaching.scheduling.models import GroupReview, GroupReviewMember
from coaching.series.models import ReviewSeries
from coaching.surveys.models import SurveySealed
from coaching.surveys.queries import with_sheets
from coaching.triggers.models import ReviewProposal
from lms.demonstration.completeness import check_whole, loaded_seed
from lms.demonstration.export import facts, sha256_of_facts
from lms.demonstration.loading import ACCOUNTS, PASSWORD, play
from lms.demonstration.simulation import DEFAULT_SEED, simulate
from lms.deviations.models import Deviation
from lms.deviations.rules import State
from lms.extensions import db
from lms.identity.models import Account
from lms.network.models import Network
from lms.outbox.models import OutboxMessage
from lms.permissions import Actor
from lms.recurrences.models import Recurrence
from lms.recurrences.rules import Decision
from lms.refusals import NotAllowed
from modules.assignments.models import Assignment, AssignmentState
from modules.study.queries import study_of
from tests.architecture.checkout import ROOMS, ROOT, python_files
from tests.factories.people import someone
from tests.servers.copies import Copies

TODAY = date(2026, 11, 22)
SITES = ("BRA", "PIN", "ZEL")


def test_it_refuses_a_database_that_holds_a_network(app: Flask) -> None:
    someone()
    with pytest.raises(NotAllowed, match="empty one only"):
        play(app, simulate(DEFAULT_SEED, TODAY, days=60, sites=SITES))
    assert not db.session.scalar(select(func.count()).select_from(Network).where(Network.is_demonstration))


def test_a_loading_that_breaks_off_does_not_pass_for_a_whole_one(app: Flask) -> None:
    def break_off(_day: date) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        play(app, simulate(DEFAULT_SEED, TODAY, days=60, sites=SITES), on_day=break_off)
    assert db.session.scalar(select(Network.is_demonstration))
    assert loaded_seed() is None
    with pytest.raises(NotAllowed, match="candor demo --fresh"):
        check_whole()


@dataclass(frozen=True)
class Played:
    """The application with the short world in its database, and the hashes of its facts after each of two loadings."""

    app: Flask
    hashes: tuple[str, ...]


@pytest.fixture(scope="module")
def played(_application: tuple[Flask, Copies]) -> Iterator[Played]:
    """Load the short world twice, each time into an empty database. The tests below only read."""
    app, copies = _application
    hashes = []
    for _ in range(2):
        copies.restore()
        with app.app_context():
            play(app, simulate(DEFAULT_SEED, TODAY, days=60, sites=SITES))
            hashes.append(sha256_of_facts())
            _let_go()
    with app.app_context():
        yield Played(app, tuple(hashes))
        _let_go()
    app.config.pop("IS_DEMONSTRATION", None)


def _let_go() -> None:
    db.session.remove()
    for engine in db.engines.values():
        engine.dispose()


def test_the_same_seed_and_day_give_the_same_facts_twice(played: Played) -> None:
    kinds = {next(iter(json.loads(line))) for line in facts()}
    assert {"batch", "deviation", "recurrence", "attempt", "qualification", "coaching_review", "signature"} <= kinds
    assert played.hashes[0] == played.hashes[1]
    assert loaded_seed() == DEFAULT_SEED
    check_whole()


def test_one_account_of_each_role_has_a_password_and_finds_work_today(played: Played) -> None:
    open_ways = set(db.session.scalars(select(Account.login).where(Account.password_hash != "")))
    assert open_ways == set(ACCOUNTS.values())

    operator = _person(ACCOUNTS["operator"])
    trainings = select(Assignment).where(Assignment.person_id == operator, Assignment.state == AssignmentState.OPEN)
    training = db.session.scalars(trainings).one()
    parts = {part.kind: part.finished for part in study_of(training.id).parts}
    assert parts == {"reading": True, "knowledge_check": False, "sign_off": False}
    assert with_sheets(plate(Actor("u:test", "", person_id=operator), datetime(2026, 11, 22, 9, tzinfo=UTC)).asked)

    coach = _person(ACCOUNTS["coach"])
    proposals = select(func.count()).select_from(ReviewProposal)
    assert db.session.scalar(proposals.where(ReviewProposal.coach_id == coach, ReviewProposal.state == "open"))
    assert db.session.scalar(select(func.count()).where(Recurrence.decision == Decision.PROPOSED))
    assert db.session.scalar(select(func.count()).where(Deviation.state == State.REPORTED))

    for login in ACCOUNTS.values():
        answer = played.app.test_client().post("/sign-in", data={"login": login, "password": PASSWORD})
        assert answer.status_code in {302, 303}, login


def test_the_coach_finds_standing_appointments_a_team_to_meet_and_a_run_to_rate(played: Played) -> None:
    coach = _person(ACCOUNTS["coach"])
    series = db.session.scalars(select(ReviewSeries.kind).where(ReviewSeries.coach_id == coach)).all()
    assert sorted(str(kind) for kind in series) == ["new_starter", "scheduled"]
    meeting = db.session.scalars(select(GroupReview.id).where(GroupReview.coach_id == coach)).one()
    members = select(func.count()).where(GroupReviewMember.group_id == meeting)
    assert (db.session.scalar(members) or 0) >= 2
    rated = select(CalibrationRating.exercise_id).where(CalibrationRating.coach_id == coach)
    waits = select(func.count()).where(CalibrationExercise.second_id == coach, CalibrationExercise.id.not_in(rated))
    assert db.session.scalar(waits) == 1
    assert len(db.session.scalars(select(CalibrationRating.id)).all()) > 1


def _person(login: str) -> UUID:
    return db.session.scalars(select(Account.person_id).where(Account.login == login)).one()


def test_what_people_did_was_found_by_the_rules_of_the_application(played: Played) -> None:
    decided = dict(db.session.execute(select(Recurrence.decision, func.count()).group_by(Recurrence.decision)).all())
    assert decided[Decision.CONFIRMED] > 5
    assert db.session.scalar(select(func.count()).where(CoachingReview.state == ReviewState.CLOSED)) > 20
    assert db.session.scalar(select(func.count()).select_from(Attempt).where(Attempt.passed)) > 10
    assert db.session.scalar(select(func.count()).select_from(Qualification)) > 100
    assert db.session.scalar(select(func.count()).select_from(SurveySealed)) > 0


def test_no_mail_of_the_past_waits_to_be_sent(played: Played) -> None:
    waiting = select(OutboxMessage).where(OutboxMessage.done_at.is_(None))
    messages = db.session.scalars(waiting).all()
    assert {message.kind for message in messages} <= {"mail"}
    assert all(message.created_at >= datetime(2026, 11, 18, tzinfo=UTC) for message in messages)


def test_every_page_and_print_says_that_this_is_a_demonstration(played: Played) -> None:
    page = played.app.test_client().get("/sign-in").get_data(as_text=True)
    assert page.count("Demonstration: not for GMP use") >= 1


def test_nothing_but_the_demonstration_can_set_the_clock() -> None:
    def imports_replay(path: Path) -> bool:
        tree = ast.parse((ROOT / path).read_text())
        return any(
            isinstance(node, ast.ImportFrom)
            and node.module == "lms.unit_of_work"
            and {"replay", "Replay"} & {alias.name for alias in node.names}
            for node in ast.walk(tree)
        )

    users = [path for path in python_files(*ROOMS) if imports_replay(path)]
    assert users
    assert [path for path in users if "demonstration" not in path.parts] == []
