"""Trainers who publish the first checklist of a task at the same instant: one is published, the others are told."""

from __future__ import annotations

import threading
from contextlib import suppress
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from assessments.observations import commands
from assessments.observations.models import Checklist
from lms.extensions import db
from lms.permissions import Actor, Role
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from tests.factories.assessments import a_world
from tests.factories.people import someone

TRAINERS = 8


def publish_at_once(app: Flask, actor: Actor) -> tuple[int, list[str]]:
    """Return how many checklists of one task are in force after so many were sent together, and the refusals."""
    task_id = a_world().task_id
    db.session.remove()
    refused: list[str] = []
    go = threading.Barrier(TRAINERS)

    def publish(number: int) -> None:
        with app.app_context():
            go.wait()
            try:
                given = {"code": f"CL-{number}", "title": "Opening the hatch", "points": [("Wipes it", False)]}
                run(commands.publish_checklist, actor, "first", task_id=task_id, replaces=0, **given)
            except NotAllowed as refusal:
                refused.append(str(refusal))
            finally:
                db.session.remove()

    threads = [threading.Thread(target=publish, args=(number,)) for number in range(TRAINERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    in_force = select(func.count()).where(Checklist.task_id == task_id, Checklist.is_current)
    return db.session.scalar(in_force) or 0, refused


def test_of_eight_at_once_one_is_published(app: Flask) -> None:
    in_force, refused = publish_at_once(app, someone(Role.TRAINER, everywhere=True).actor)
    assert in_force == 1
    assert len(refused) == TRAINERS - 1
    assert all("is the checklist of this task" in refusal for refusal in refused)


@pytest.mark.postgres  # writers of SQLite wait for one another anyway
def test_the_proof_finds_two_where_nothing_is_held(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    together = threading.Barrier(TRAINERS)

    def meet(_task_id: UUID) -> None:
        with suppress(threading.BrokenBarrierError):
            together.wait(timeout=10)

    monkeypatch.setattr(commands, "hold_task", meet)
    in_force, _ = publish_at_once(app, someone(Role.TRAINER, everywhere=True).actor)
    assert in_force > 1
