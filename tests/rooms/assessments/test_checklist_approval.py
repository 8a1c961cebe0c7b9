"""A checklist is approved by somebody who did not write it, with a signature; until then no run is marked on it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from assessments.checklists import commands, queries
from assessments.observations.commands import begin_observation
from assessments.observations.models import Checklist, ChecklistPoint
from lms import clock
from lms.audit.verification import verify
from lms.extensions import db
from lms.permissions import Role
from lms.refusals import NoPermission, NotAllowed
from lms.signatures.queries import signatures_on
from lms.unit_of_work import run
from tests.factories.assessments import World, a_world, an_operator, completed, plant, put_in_force
from tests.factories.people import INSTALLER, Someone, also, days_ago, someone
from tests.rooms.audit.attacker import attacker


@pytest.fixture
def world(app: Flask) -> World:
    return a_world()


@pytest.fixture
def author(world: World) -> Someone:
    return someone(Role.TRAINER, everywhere=True)


@pytest.fixture
def approver(world: World) -> Someone:
    return someone(Role.QA, everywhere=True)


def written(by: Someone, world: World, **values: Any) -> Checklist:
    given = {"code": "CL-1", "title": "Hatch", "task_id": world.task_id, "points": [("Wipes it", True)]}
    return run(commands.write_checklist, by.actor, "first", **{**given, **values})


def test_no_run_is_begun_on_a_checklist_that_waits(world: World, author: Someone, approver: Someone) -> None:
    trainee, assessor = an_operator(world), someone(Role.ASSESSOR, world.site)
    completed(world, trainee, days_ago(5))
    run_of = {"trainee_id": trainee.person.id, "task_id": world.task_id, "site_id": world.site.id, "batch": "B1"}
    at = clock.now() - timedelta(hours=1)
    waits = written(author, world)
    with pytest.raises(NotAllowed, match="No checklist of this task is in force yet"):
        run(begin_observation, assessor.actor, "run", observed_at=at, **run_of)
    run(commands.approve_checklist, approver.signing, "approved", waits.id)
    assert run(begin_observation, assessor.actor, "run", observed_at=at, **run_of).checklist_id == waits.id
    newer = written(author, world, points=[("Wipes it twice", True)])
    assert run(begin_observation, assessor.actor, "run", observed_at=at, **run_of).checklist_id == waits.id
    run(commands.approve_checklist, approver.signing, "approved", newer.id)
    assert run(begin_observation, assessor.actor, "run", observed_at=at, **run_of).checklist_id == newer.id


def test_who_wrote_it_does_not_approve_it(world: World, author: Someone, approver: Someone) -> None:
    author = also(author, Role.QA, None)
    waits = written(author, world)
    with pytest.raises(NotAllowed, match="You wrote CL-1 v1, so somebody else approves it"):
        run(commands.approve_checklist, author.signing, "approved", waits.id)
    with pytest.raises(NotAllowed, match="needs your password"):
        run(commands.approve_checklist, approver.actor, "approved", waits.id)
    of_a_site = someone(Role.QA, world.site)
    with pytest.raises(NoPermission, match="QA of the whole network"):
        run(commands.approve_checklist, of_a_site.signing, "approved", waits.id)
    with pytest.raises(NoPermission):
        run(commands.approve_checklist, someone(Role.TRAINER, everywhere=True).signing, "approved", waits.id)
    assert db.session.scalars(select(Checklist.is_current)).all() == [False]


def test_the_database_refuses_an_author_who_approves(world: World, author: Someone) -> None:
    written(author, world)
    db.session.remove()
    behind = update(Checklist.__table__).values(approved_by_id=Checklist.written_by_id)
    with pytest.raises(IntegrityError, match="writer_does_not_approve"), attacker() as dba:
        dba.connection.execute(behind)


def test_the_signature_is_on_the_points_as_they_stand(world: World, author: Someone, approver: Someone) -> None:
    waits = written(author, world)
    run(commands.approve_checklist, approver.signing, "approved", waits.id)
    (signature,) = signatures_on(waits)
    assert (signature.printed_name, signature.meaning, signature.holds) == (approver.person.name, "approved", True)
    assert verify().ok
    db.session.remove()
    with attacker() as dba:
        dba.connection.execute(ChecklistPoint.__table__.update().values(critical=False))
    (signature,) = signatures_on(db.session.get_one(Checklist, waits.id))
    assert not signature.holds
    found = verify()
    assert not found.ok
    assert "checklist_point" in str(found.first)


def test_a_newer_text_takes_the_place_of_one_that_waits(world: World, author: Someone, approver: Someone) -> None:
    first = written(author, world)
    assert written(author, world).id == first.id, "nothing was changed"
    second = written(author, world, points=[("Wipes it with a cloth", True)], replaces=1)
    assert [row.number for row in queries.waiting()] == [2]
    with pytest.raises(NotAllowed, match="CL-1 v1 does not wait"):
        run(commands.approve_checklist, approver.signing, "approved", first.id)
    run(commands.return_checklist, approver.actor, "not clear", second.id)
    assert queries.waiting() == []
    third = written(author, world, code="cl-1")
    assert third.number == 3, "a number is not used again"


def test_of_two_of_a_task_one_comes_into_force(world: World, author: Someone, approver: Someone) -> None:
    waits = written(author, world)
    with pytest.raises(NotAllowed, match="CL-1 is the checklist of this task"):
        written(author, world, code="CL-2")
    run(commands.return_checklist, approver.actor, "another task", waits.id)
    put_in_force(code="CL-2", title="Hatch", task_id=world.task_id, points=[("Wipes it", True)])
    with pytest.raises(NotAllowed, match="CL-2 is the checklist of this task"):
        written(author, world)


def test_a_checklist_that_moves_to_another_task_leaves_its_old_one(
    world: World, author: Someone, approver: Someone
) -> None:
    first = written(author, world)
    run(commands.approve_checklist, approver.signing, "approved", first.id)
    elsewhere = a_world().task_id
    moved = written(author, world, task_id=elsewhere)
    run(commands.approve_checklist, approver.signing, "approved", moved.id)
    assert db.session.scalars(select(Checklist.id).where(Checklist.is_current)).all() == [moved.id]


def test_a_version_from_before_approvals_is_in_force_and_says_so(world: World, author: Someone, sign_in: Any) -> None:
    old = Checklist(code="CL-OLD", number=1, title="Older", task_id=world.task_id)
    plant(old)
    plant(ChecklistPoint(checklist_id=old.id, position=1, text="Wipes it", critical=True))
    page = sign_in(author).get(f"/checklists/{old.id}").get_data(as_text=True)
    assert "Published before checklists were approved by a second person" in page
    assert "In force" in page
    run(commands.write_checklist, INSTALLER, "t", code="CL-OLD", title="O", task_id=world.task_id, points=[("x", True)])
    assert [row.state for row in queries.waiting()] == ["in_review"]
    a = queries.version_page(queries.waiting()[0].id)
    assert a.in_force is not None
    assert [change.change for change in a.changes] == ["removed", "added"]
