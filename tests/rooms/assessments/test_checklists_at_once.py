"""Trainers who write the first checklist of a task at the same instant: one is sent for approval, the others are told."""

from __future__ import annotations

import threading
from contextlib import suppress
from uuid import UUID

import pytest
from flask import Flask

from assessments.checklists import commands, queries
from lms.extensions import db
from lms.permissions import Actor, Role
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from tests.factories.assessments import a_world
from tests.factories.people import someone

TRAINERS = 8


def write_at_once(app: Flask, actor: Actor) -> tuple[int, list[str]]:
    """Return how many checklists of one task wait after so many were sent together, and the refusals."""
    task_id = a_world().task_id
    db.session.remove()
    refused: list[str] = []
    go = threading.Barrier(TRAINERS)

    def write(number: int) -> None:
        with app.app_context():
            go.wait()
            try:
                given = {"code": f"CL-{number}", "title": "Opening the hatch", "points": [("Wipes it", False)]}
                run(commands.write_checklist, actor, "first", task_id=task_id, replaces=0, **given)
            except NotAllowed as refusal:
                refused.append(str(refusal))
            finally:
                db.session.remove()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(TRAINERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(queries.waiting()), refused


def test_of_eight_at_once_one_waits(app: Flask) -> None:
    waiting, refused = write_at_once(app, someone(Role.TRAINER, everywhere=True).actor)
    assert waiting == 1
    assert len(refused) == TRAINERS - 1
    assert all("is the checklist of this task" in refusal for refusal in refused)


@pytest.mark.postgres  # writers of SQLite wait for one another anyway
def test_the_proof_finds_two_where_nothing_is_held(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    together = threading.Barrier(TRAINERS)

    def meet(_task_id: UUID) -> None:
        with suppress(threading.BrokenBarrierError):
            together.wait(timeout=10)

    monkeypatch.setattr(commands, "hold_task", meet)
    waiting, _ = write_at_once(app, someone(Role.TRAINER, everywhere=True).actor)
    assert waiting > 1
