"""An attempt: nothing leaks, nothing saved is lost, handed in exactly once, timed by the server."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from assessments.attempts import commands
from assessments.attempts.models import Attempt, AttemptItem, SavedAnswer
from assessments.items.models import Item, ItemOption, ItemVersion
from lms.extensions import db
from lms.permissions import Role
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import replay, run
from modules.assignments.models import PartProgress
from tests.factories.assessments import World, a_quiz, a_world, an_assignment, an_operator
from tests.factories.people import INSTALLER, Someone, someone


@pytest.fixture
def world(app: Flask) -> World:
    made = a_world()
    a_quiz(made)
    return made


def begin(world: World, person: Someone) -> Any:
    assignment = an_assignment(world, person)
    return run(commands.start_attempt, person.actor, "test", assignment, world.newest.check)


def right_answers(attempt_id: Any) -> dict[int, list[str]]:
    """Return by position the random ids of the right options; read behind the scenes."""
    found = {}
    for item in db.session.scalars(select(AttemptItem).where(AttemptItem.attempt_id == attempt_id)):
        texts = dict(db.session.execute(select(ItemOption.id, ItemOption.text)).all())
        found[item.position] = [
            shown for shown, option in item.options if str(texts[_uuid(option)]).startswith("right")
        ]
    return found


def _uuid(text: str) -> Any:
    from uuid import UUID

    return UUID(text)


def answer_all(attempt_id: Any, person: Someone, *, wrong: int = 0, at: Any = None) -> None:
    for position, chosen in right_answers(attempt_id).items():
        picked = [] if position <= wrong else chosen
        call = (commands.save_answer, person.actor)
        arguments: Any = {"chosen": picked, "flagged": False, "sequence": 1}
        if at is None:
            run(*call, "test", attempt_id, position, **arguments)
        else:
            with replay() as day:
                day.run(*call, at, "test", attempt_id, position, **arguments)


def test_a_passed_attempt_finishes_the_part_with_its_evidence(world: World) -> None:
    operator = an_operator(world)
    attempt_id = begin(world, operator)
    answer_all(attempt_id, operator)
    run(commands.submit_attempt, operator.actor, "test", attempt_id)
    attempt = db.session.get_one(Attempt, attempt_id)
    progress = db.session.scalars(select(PartProgress).where(PartProgress.part_id == world.newest.check)).one()
    assert (attempt.passed, attempt.percent, attempt.correct) == (True, 100, 4)
    assert progress.finished_at is not None
    assert progress.evidence == {"attempt": str(attempt_id), "percent": 100, "quiz": f"QZ-{world.module_code}"}


def test_an_open_attempt_is_resumed_never_doubled(world: World) -> None:
    operator = an_operator(world)
    assignment = an_assignment(world, operator)
    first, second = (
        run(commands.start_attempt, operator.actor, "test", assignment, world.newest.check) for _ in range(2)
    )
    assert first == second


def test_nobody_sits_for_somebody_else(world: World, sign_in: Any) -> None:
    operator, other = an_operator(world), an_operator(world)
    attempt_id = begin(world, operator)
    browser = sign_in(other)
    assert browser.get(f"/attempts/{attempt_id}/questions/1").status_code == 404
    assert browser.post(f"/attempts/{attempt_id}/hand-in").status_code == 404
    with pytest.raises(NotFound):
        run(commands.save_answer, other.actor, "test", attempt_id, 1, chosen=[], flagged=False, sequence=1)


def test_a_late_older_save_never_wins(world: World) -> None:
    operator = an_operator(world)
    attempt_id = begin(world, operator)
    ids = [shown for shown, _ in db.session.scalars(select(AttemptItem.options).where(AttemptItem.position == 1)).one()]
    for sequence, chosen in ((5, ids[1]), (3, ids[0]), (5, ids[2])):
        saved = run(
            commands.save_answer, operator.actor, "t", attempt_id, 1, chosen=[chosen], flagged=False, sequence=sequence
        )
        assert saved.sequence == 5
    assert db.session.scalars(select(SavedAnswer.chosen)).all() == [[ids[1]]]


def test_an_answer_that_was_not_offered_is_refused(world: World) -> None:
    operator = an_operator(world)
    attempt_id = begin(world, operator)
    stable = db.session.scalars(select(ItemOption.id)).first()
    with pytest.raises(NotAllowed):
        run(commands.save_answer, operator.actor, "t", attempt_id, 1, chosen=[str(stable)], flagged=False, sequence=1)


def test_after_the_deadline_the_server_counts_what_was_saved(world: World) -> None:
    operator = an_operator(world)
    attempt_id = begin(world, operator)
    answer_all(attempt_id, operator)
    attempt = db.session.get_one(Attempt, attempt_id)
    late = attempt.deadline_at + timedelta(seconds=1)
    with replay() as day:
        saved = day.run(
            commands.save_answer, operator.actor, late, "t", attempt_id, 1, chosen=[], flagged=False, sequence=9
        )
    assert saved.closed
    attempt = db.session.get_one(Attempt, attempt_id)
    assert (attempt.state, attempt.passed, attempt.percent) == ("timed_out", True, 100)
    assert attempt.finished_at == attempt.deadline_at


def test_the_job_closes_what_nobody_touched(world: World) -> None:
    operator = an_operator(world)
    attempt_id = begin(world, operator)
    deadline = db.session.get_one(Attempt, attempt_id).deadline_at
    with replay() as day:
        assert (
            day.run(commands.close_expired_attempts, INSTALLER, deadline - timedelta(seconds=1), "t")
            == "0 attempts closed"
        )
        assert day.run(commands.close_expired_attempts, INSTALLER, deadline, "t") == "1 attempts closed"
    assert db.session.get_one(Attempt, attempt_id).passed is False


def test_after_the_last_attempt_a_trainer_allows_another(world: World) -> None:
    operator, trainer = an_operator(world), someone(Role.TRAINER, world.site)
    assignment = an_assignment(world, operator)
    attempt_id = None
    for _ in range(2):
        attempt_id = run(commands.start_attempt, operator.actor, "t", assignment, world.newest.check)
        run(commands.submit_attempt, operator.actor, "t", attempt_id)
    with pytest.raises(NotAllowed, match="All 2 attempts are used"):
        run(commands.start_attempt, operator.actor, "t", assignment, world.newest.check)
    assert attempt_id is not None
    run(commands.allow_further_attempt, trainer.actor, "t", attempt_id, note="Went through section 7.3 together.")
    third = run(commands.start_attempt, operator.actor, "t", assignment, world.newest.check)
    assert db.session.get_one(Attempt, third).number == 3
    with pytest.raises(NotAllowed, match="no further one is needed"):
        run(commands.allow_further_attempt, trainer.actor, "t", attempt_id, note="Went through section 7.3 together.")


def test_a_trainer_of_another_site_sees_and_allows_nothing(world: World, sign_in: Any) -> None:
    from tests.factories.people import a_site

    operator, stranger = an_operator(world, "Unseen Person"), someone(Role.TRAINER, a_site("ZZZ"))
    assignment = an_assignment(world, operator)
    for _ in range(2):
        attempt_id = run(commands.start_attempt, operator.actor, "t", assignment, world.newest.check)
        run(commands.submit_attempt, operator.actor, "t", attempt_id)
    browser = sign_in(stranger)
    assert b"Unseen" not in browser.get("/attempts/used-up").data
    assert browser.post(f"/attempts/{attempt_id}/further", data={"note": "a long enough note"}).status_code == 422
    with pytest.raises(NotFound):
        run(commands.allow_further_attempt, stranger.actor, "t", attempt_id, note="a long enough note")


def secrets_of(world: World) -> set[str]:
    """Return every text that may not reach the browser before release: keys, explanations, stable ids, undrawn questions."""
    hidden = {f"Rationale-{world.module_code}-{n}" for n in range(1, 7)}
    hidden |= {str(i) for i in db.session.scalars(select(Item.id))} | set(db.session.scalars(select(Item.code)))
    hidden |= {str(i) for i in db.session.scalars(select(ItemVersion.id))}
    hidden |= {str(i) for i in db.session.scalars(select(ItemOption.id))}
    hidden |= {value.replace("-", "") for value in list(hidden) if len(value) == 36}
    return hidden


def test_no_byte_of_a_whole_attempt_tells_a_key_before_release(world: World, sign_in: Any) -> None:
    operator = an_operator(world)
    assignment = an_assignment(world, operator)
    browser = sign_in(operator)
    seen: list[str] = []

    def keep(response: Any) -> Any:
        seen.append(response.get_data(as_text=True) + str(response.headers))
        return response

    where = keep(browser.post("/attempts", data={"assignment": str(assignment), "part": str(world.newest.check)}))
    attempt = re.search(r"/attempts/([0-9a-f-]{36})", where.headers["Location"]).group(1)  # type: ignore[union-attr]
    keep(browser.get(f"/attempts/{attempt}"))
    orders = []
    for n in range(1, 5):
        page = keep(browser.get(f"/attempts/{attempt}/questions/{n}")).get_data(as_text=True)
        ids = re.findall(r'name="chosen" value="([0-9a-f]+)"', page)
        orders.append([text[:5] for text in re.findall(r"<span>((?:right|other) \d-\d)</span>", page)])
        sent = {"chosen": [ids[0]], "flagged": True, "sequence": 1}
        keep(browser.post(f"/attempts/{attempt}/questions/{n}/answer", json=sent))
        keep(browser.post(f"/attempts/{attempt}/questions/{n}", data={"chosen": ids[1], "sequence": "2", "go": "next"}))
        keep(browser.post(f"/attempts/{attempt}/questions/{n}/answer", json={"chosen": ["nonsense"], "sequence": 9}))
    keep(browser.get(f"/attempts/{attempt}/review"))
    keep(browser.post(f"/attempts/{attempt}/hand-in"))
    keep(browser.get(f"/attempts/{attempt}/result"))
    everything = "\n".join(seen)
    assert "Stem number" in everything
    assert [secret for secret in secrets_of(world) if secret in everything] == []
    assert "is_right" not in everything
    assert "correct" not in everything.lower().replace("incorrect", "")
    assert any(order[0] != "right" for order in orders) or len({tuple(order) for order in orders}) > 1


def test_explanations_are_shown_once_it_is_passed(world: World, sign_in: Any) -> None:
    operator = an_operator(world)
    attempt_id = begin(world, operator)
    answer_all(attempt_id, operator)
    browser = sign_in(operator)
    browser.post(f"/attempts/{attempt_id}/hand-in")
    page = browser.get(f"/attempts/{attempt_id}/result").get_data(as_text=True)
    assert page.count(f"Rationale-{world.module_code}") == 4
    hidden = secrets_of(world) - {f"Rationale-{world.module_code}-{n}" for n in range(1, 7)}
    assert [secret for secret in hidden if secret in page] == []


def test_a_lost_session_answers_in_json_and_keeps_the_page(world: World, client: Any) -> None:
    operator = an_operator(world)
    attempt_id = begin(world, operator)
    answer = client.post(
        f"/attempts/{attempt_id}/questions/1/answer",
        json={"chosen": [], "sequence": 1},
        headers={"Accept": "application/json"},
    )
    assert answer.status_code == 401
    assert "what you typed stays here" in answer.json["error"]


def test_a_question_page_costs_few_queries(world: World, sign_in: Any, queries: Any) -> None:
    operator = an_operator(world)
    attempt_id = begin(world, operator)
    browser = sign_in(operator)
    with queries() as seen:
        assert browser.get(f"/attempts/{attempt_id}/questions/2").status_code == 200
    assert len(seen) <= 6, seen
