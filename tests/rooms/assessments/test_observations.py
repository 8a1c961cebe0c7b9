"""Observed runs: never of oneself, never before the reading, signed by somebody entitled at that moment."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from assessments.checklists.checklist_file import read_checklist
from assessments.checklists.cli import import_checklists
from assessments.observations import commands
from assessments.observations.models import Checklist, Observation
from lms import signals
from lms.extensions import db
from lms.permissions import Role
from lms.refusals import NotAllowed, NotFound, StaleForm
from lms.signatures.queries import signatures_on
from lms.unit_of_work import run
from tests.factories.assessments import World, a_checklist, a_version, a_world, an_operator, completed, put_in_force
from tests.factories.people import Someone, a_site, also, days_ago, someone, today

SHOWN = {"1": {"shown": "yes"}, "2": {"shown": "yes"}}


@pytest.fixture
def world(app: Flask) -> World:
    made = a_world()
    a_checklist(made)
    return made


def begin(world: World, assessor: Someone, trainee: Someone) -> Observation:
    return run(
        commands.begin_observation,
        assessor.actor,
        "t",
        trainee_id=trainee.person.id,
        task_id=world.task_id,
        site_id=world.site.id,
        observed_at=days_ago(0),
        batch="B-1",
    )


def sign(assessor: Someone, observation: Any, marks: Any, *, version: int = 1) -> Observation:
    return run(
        commands.record_observation,
        assessor.signing,
        "t",
        observation,
        version=version,
        marks=marks,
        remarks="",
        batch="B-1",
    )


def trained(world: World) -> Someone:
    operator = an_operator(world)
    completed(world, operator, days_ago(20))
    return operator


def test_a_signed_run_is_witnessed_bound_to_its_marks_and_told(world: World) -> None:
    assessor, trainee = someone(Role.ASSESSOR, world.site), trained(world)
    heard: list[Any] = []

    def listen(fact: Any, *, work: Any) -> None:
        heard.append(fact)

    begun = begin(world, assessor, trainee).id
    with signals.observation_passed.connected_to(listen):
        sign(assessor, begun, SHOWN)
    observation = db.session.get_one(Observation, begun)
    [signature] = signatures_on(observation)
    assert (observation.passed, observation.assessor_by, signature.meaning, signature.holds) == (
        True,
        "role",
        "witnessed",
        True,
    )
    assert heard[0].person_id == trainee.person.id
    assert heard[0].task_id == world.task_id


def test_a_critical_no_does_not_pass_and_is_not_told(world: World) -> None:
    assessor, trainee = someone(Role.ASSESSOR, world.site), trained(world)
    begun = begin(world, assessor, trainee).id
    with signals.observation_passed.connected_to(lambda *_a, **_k: pytest.fail("a run not passed was told")):
        observation = sign(assessor, begun, {"1": {"shown": "no", "note": "label not read"}, "2": {"shown": "yes"}})
    assert observation.passed is False


def test_a_no_that_is_not_critical_passes_and_keeps_its_note(world: World) -> None:
    assessor, trainee = someone(Role.ASSESSOR, world.site), trained(world)
    begun = begin(world, assessor, trainee).id
    marks = {"1": {"shown": "yes"}, "2": {"shown": "no", "note": "spoke after the step"}}
    assert sign(assessor, begun, marks).passed is True
    assert db.session.get_one(Observation, begun).marks["2"]["note"] == "spoke after the step"


@pytest.mark.parametrize(
    "marks",
    [
        {"1": {"shown": "yes"}},
        {"1": {"shown": "yes"}, "2": {"shown": "no"}},
        {"1": {"shown": "yes"}, "2": {"shown": "maybe"}},
    ],
)
def test_a_gap_or_a_no_without_a_word_cannot_be_signed(world: World, marks: Any) -> None:
    assessor, trainee = someone(Role.ASSESSOR, world.site), trained(world)
    begun = begin(world, assessor, trainee).id
    with pytest.raises(NotAllowed, match="Point 2"):
        sign(assessor, begun, marks)


def test_nobody_observes_themself_whatever_roles_they_hold(world: World) -> None:
    both = also(trained(world), Role.ASSESSOR, world.site)
    with pytest.raises(NotAllowed, match="Nobody observes themself"):
        begin(world, both, both)


def test_nor_does_the_database_keep_such_a_row(world: World) -> None:
    operator = trained(world)
    checklist = db.session.scalars(select(Checklist.id)).one()
    person = str(operator.person.id).replace("-", "") if db.engine.dialect.name == "sqlite" else str(operator.person.id)
    values = {
        "id": "0" * 32, "c": str(checklist).replace("-", ""), "t": str(world.task_id).replace("-", ""), "p": person.replace("-", ""),
        "s": str(world.site.id).replace("-", ""), "at": "2026-01-01 00:00:00",
    }  # fmt: skip
    statement = text(
        "insert into observation (id, version, checklist_id, task_id, trainee_id, assessor_id, site_id, batch_reference, "
        "observed_at, state, marks, remarks, assessor_by) "
        "values (:id, 1, :c, :t, :p, :p, :s, '', :at, 'open', '{}', '', '')"
    )
    with pytest.raises(DBAPIError, match="assessor_is_not_trainee"):
        db.session.execute(statement, values)


def test_the_reading_comes_first_in_the_version_in_force(world: World) -> None:
    assessor, trainee = someone(Role.ASSESSOR, world.site), trained(world)
    a_version(world, days_ago(3).date(), days_ago(5))
    with pytest.raises(NotAllowed, match="version 2 is not completed"):
        begin(world, assessor, trainee)


def test_an_operator_without_the_role_records_nothing(world: World, sign_in: Any) -> None:
    browser = sign_in(trained(world))
    assert browser.get("/observations/new").status_code == 403
    assert browser.post("/observations/new", data={}).status_code == 403


def test_an_assessor_whose_role_ended_meanwhile_cannot_sign(world: World) -> None:
    from sqlalchemy import select as pick

    from lms.identity import commands as identity
    from lms.identity.models import RoleAssignment
    from tests.factories.people import INSTALLER

    assessor, trainee = someone(Role.ASSESSOR, world.site), trained(world)
    begun = begin(world, assessor, trainee).id
    grant = db.session.scalars(pick(RoleAssignment).where(RoleAssignment.person_id == assessor.person.id)).one()
    run(identity.end_role, INSTALLER, "t", grant.id, person_id=assessor.person.id, on=today() - timedelta(days=1))
    with pytest.raises(NotAllowed, match="neither qualified for the task nor assessor"):
        sign(assessor, begun, SHOWN)


def test_another_assessor_neither_sees_nor_signs_a_draft(world: World, sign_in: Any) -> None:
    assessor, other, trainee = someone(Role.ASSESSOR, world.site), someone(Role.ASSESSOR, world.site), trained(world)
    begun = begin(world, assessor, trainee).id
    assert sign_in(other).get(f"/observations/{begun}").status_code == 404
    with pytest.raises(NotFound):
        sign(other, begun, SHOWN)


def test_an_assessor_of_another_site_finds_nobody_here(world: World) -> None:
    stranger, trainee = someone(Role.ASSESSOR, a_site("ZZZ")), trained(world)
    with pytest.raises(NotFound):
        begin(world, stranger, trainee)


def test_a_draft_is_kept_and_an_older_window_is_told(world: World, sign_in: Any) -> None:
    assessor, trainee = someone(Role.ASSESSOR, world.site), trained(world)
    begun = begin(world, assessor, trainee).id
    browser = sign_in(assessor)
    json = {"Accept": "application/json"}
    kept = browser.post(f"/observations/{begun}/draft", data={"version": "1", "shown-1": "yes"}, headers=json)
    assert kept.json["version"] == 2
    assert f"Sign the observed run of {trainee.person.name}" in browser.get("/").get_data(as_text=True)
    stale = browser.post(f"/observations/{begun}/draft", data={"version": "1", "shown-1": "no"}, headers=json)
    assert stale.status_code == 409
    assert "another window" in stale.json["error"]
    assert db.session.get_one(Observation, begun).marks == {"1": {"note": "", "shown": "yes"}}
    with pytest.raises(StaleForm):
        sign(assessor, begun, SHOWN, version=1)


def test_the_whole_way_in_the_browser_and_the_trainee_reads_it_then(world: World, sign_in: Any) -> None:
    from tests.factories.people import PASSWORD

    assessor, trainee = someone(Role.ASSESSOR, world.site), trained(world)
    browser = sign_in(assessor)
    begun = browser.post(
        "/observations/new", data={"trainee": str(trainee.person.id), "task": str(world.task_id), "batch": "B-7"}
    )
    where = begun.headers["Location"]
    assert sign_in(trainee).get(where).status_code == 404
    page = browser.get(where).get_data(as_text=True)
    assert "Checks the identity of the bag" in page
    sent = {
        "version": "1",
        "shown-1": "yes",
        "shown-2": "yes",
        "batch": "B-7",
        "remarks": "Calm hands.",
        "password": "wrong",
    }
    refused = browser.post(f"{where}/sign", data=sent)
    assert refused.status_code == 422
    assert "Calm hands." in refused.get_data(as_text=True)
    signed = browser.post(f"{where}/sign", data={**sent, "password": PASSWORD})
    assert signed.status_code == 302, signed.get_data(as_text=True)
    record = sign_in(trainee).get(where).get_data(as_text=True)
    assert "Calm hands." in record
    assert "valid" in record


def test_a_changed_checklist_is_a_new_version_and_the_same_one_is_not(world: World) -> None:
    assert db.session.scalars(select(Checklist.number)).all() == [1]
    changed = {"code": f"CL-{world.task_code}", "title": "Checklist", "task_id": world.task_id}
    put_in_force(**changed, points=[("Another point", True)])
    assert db.session.execute(select(Checklist.number, Checklist.is_current).order_by(Checklist.number)).all() == [
        (1, False),
        (2, True),
    ]


CHECKLISTS = sorted((Path(__file__).parents[3] / "assessments" / "demonstration" / "checklists").glob("*.toml"))


@pytest.mark.parametrize("file", CHECKLISTS, ids=lambda path: path.stem)
def test_every_checklist_of_the_demonstration_can_be_marked(file: Path) -> None:
    checklist = read_checklist(file.read_text(encoding="utf-8"))
    assert checklist.task == file.stem
    assert any(critical for _text, critical in checklist.points)


def test_the_command_line_sends_a_checklist_for_approval_only_when_told(world: World, tmp_path: Path) -> None:
    file = tmp_path / "checklist.toml"
    file.write_text(CHECKLISTS[0].read_text().replace(CHECKLISTS[0].stem, a_world().task_code))
    runner = CliRunner()
    assert "can be sent for approval" in runner.invoke(import_checklists, [str(file)], catch_exceptions=False).output
    before = db.session.scalars(select(Checklist.code)).all()
    runner.invoke(import_checklists, [str(file), "--yes"], catch_exceptions=False)
    assert len(db.session.scalars(select(Checklist.code)).all()) == len(before) + 1
