"""Thirty-two requests hand in the same attempt at once: one result. The same race without the lock shows more than one."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import select, update

from assessments.attempts import commands
from assessments.attempts.models import Attempt
from lms.audit.models import AuditEvent
from lms.extensions import db
from lms.unit_of_work import run, transaction
from tests.factories.assessments import a_quiz, a_world, an_assignment, an_operator

THREADS = 32


def at_once(app: Flask, work: Callable[[threading.Barrier], Any]) -> list[Any]:
    """Run the same work in many threads, let go by one barrier; return what each of them gave back."""
    barrier, answers = threading.Barrier(THREADS), []

    def one() -> None:
        with app.app_context():
            answers.append(work(barrier))
            db.session.remove()

    threads = [threading.Thread(target=one) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def results_in_the_trail(attempt_id: Any) -> int:
    events = db.session.scalars(select(AuditEvent.payload).where(AuditEvent.rid == str(attempt_id)))
    return sum("passed" in json.loads(payload or "{}") for payload in events)


def an_open_attempt() -> tuple[Any, Any]:
    world = a_world()
    a_quiz(world)
    operator = an_operator(world)
    assignment = an_assignment(world, operator)
    return operator, run(commands.start_attempt, operator.actor, "test", assignment, world.newest.check)


def test_of_thirty_two_hand_ins_one_counts_and_the_others_are_told_so(app: Flask, sign_in: Any) -> None:
    operator, attempt_id = an_open_attempt()
    cookie = sign_in(operator).get_cookie("candor")
    db.session.remove()

    def hand_in(barrier: threading.Barrier) -> int:
        browser = app.test_client()
        browser.set_cookie("candor", cookie.value)
        barrier.wait()
        return browser.post(f"/attempts/{attempt_id}/hand-in").status_code

    answers = Counter(at_once(app, hand_in))
    assert answers[302] + answers[303] == 1, answers
    assert answers[409] == THREADS - 1, answers
    assert results_in_the_trail(attempt_id) == 1


def test_of_thirty_two_starts_one_attempt_is_made(app: Flask, sign_in: Any) -> None:
    world = a_world()
    a_quiz(world)
    operator = an_operator(world)
    assignment = an_assignment(world, operator)
    cookie, part = sign_in(operator).get_cookie("candor"), world.newest.check
    db.session.remove()

    def start(barrier: threading.Barrier) -> str:
        browser = app.test_client()
        browser.set_cookie("candor", cookie.value)
        barrier.wait()
        answer = browser.post("/attempts", data={"assignment": str(assignment), "part": str(part)})
        return str(answer.headers.get("Location"))

    answers = set(at_once(app, start))
    assert len(answers) == 1, answers
    assert len(db.session.scalars(select(Attempt.id)).all()) == 1


def test_the_race_is_real_a_hand_in_that_reads_first_and_writes_later_counts_more_than_once(app: Flask) -> None:
    _operator, attempt_id = an_open_attempt()
    db.session.remove()

    def naive(barrier: threading.Barrier) -> int:
        state = db.session.scalar(select(Attempt.state).where(Attempt.id == attempt_id))
        db.session.rollback()
        barrier.wait()
        if state != "open":
            return 0
        with transaction() as connection:
            table: Any = Attempt.__table__
            change = update(table).where(table.c.id == attempt_id)
            done = connection.execute(change.values(state="submitted", passed=False, version=table.c.version + 1))
            return int(done.rowcount)

    assert sum(at_once(app, naive)) > 1
