"""A trainer writes a checklist and its next version on the page, and another person approves it there."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from assessments.observations.models import Checklist
from assessments.observations.queries import WAITS, points_of
from lms.extensions import db
from lms.permissions import Role
from tests.factories.assessments import World, a_checklist, a_world, plant
from tests.factories.people import PASSWORD, Someone, someone


@pytest.fixture
def world(app: Flask) -> World:
    return a_world()


@pytest.fixture
def browser(world: World, sign_in: Any) -> Any:
    return sign_in(someone(Role.TRAINER, everywhere=True))


def typed(*points: tuple[str, bool], **others: str) -> dict[str, str]:
    rows: dict[str, str] = {}
    for number, (text, critical) in enumerate(points):
        rows[f"points-{number}-text"] = text
        if critical:
            rows[f"points-{number}-critical"] = "y"
    return {"title": "Opening the hatch", "reason": "first of its kind", **rows, **others}


def in_force() -> Checklist:
    return db.session.scalars(select(Checklist).where(Checklist.is_current)).one()


def waits() -> Checklist:
    return db.session.scalars(select(Checklist).where(WAITS)).one()


def test_a_checklist_is_written_point_by_point(world: World, browser: Any) -> None:
    assert "A trainer writes the first one" in browser.get("/checklists").get_data(as_text=True)
    form = typed(
        ("Wipes  the hatch", True), ("", True), ("Says what was done", False), code="CL-1", task=str(world.task_id)
    )
    answer = browser.post("/checklists/new", data=form)
    written = waits()
    assert answer.headers["Location"] == f"/checklists/{written.id}"
    assert not written.is_current
    assert (written.code, written.number, written.title) == ("CL-1", 1, "Opening the hatch")
    assert [(p.position, p.text, p.critical) for p in points_of(written.id)] == [
        (1, "Wipes the hatch", True),
        (2, "Says what was done", False),
    ]
    page = browser.get("/checklists").get_data(as_text=True)
    assert "Waiting for approval" in page
    assert f'href="/checklists/{written.id}"' in page
    assert f'href="/checklists/{written.id}/next"' in browser.get(f"/checklists/{written.id}").get_data(as_text=True)
    again = browser.post("/checklists/new", data=form)
    assert again.status_code == 422
    assert "There is a checklist CL-1 already" in again.get_data(as_text=True)
    assert waits().number == 1


def test_more_rows_are_given_and_nothing_typed_is_lost(world: World, browser: Any) -> None:
    sent = {**typed(*((f"Point {n}", n == 1) for n in range(5))), "code": "CL-1", "more": "1"}
    page = browser.post("/checklists/new", data=sent)
    assert page.status_code == 200
    body = page.get_data(as_text=True)
    assert body.count('name="points-') == 2 * 10
    assert ">Point 4</textarea>" in body.replace("\r\n", "")
    assert re.search(r'<textarea autofocus[^>]*name="points-5-text"', body)  # where one goes on typing
    assert 'value="CL-1"' in body
    full = typed(*((f"Point {n}", False) for n in range(60)))
    last = browser.post("/checklists/new", data={**full, "more": "1"}).get_data(as_text=True)
    assert last.count('name="points-') == 2 * 60
    assert 'name="more"' not in last


def test_what_is_missing_is_said_and_what_was_typed_stays(world: World, browser: Any) -> None:
    sent = typed(("", False), code="CL-1", task=str(world.task_id), reason="")
    refused = browser.post("/checklists/new", data=sent)
    assert refused.status_code == 422
    assert "Say why." in refused.get_data(as_text=True)
    empty = browser.post("/checklists/new", data={**sent, "reason": "because"})
    assert empty.status_code == 422
    assert "a checklist needs at least one point" in empty.get_data(as_text=True)
    assert 'value="Opening the hatch"' in empty.get_data(as_text=True)


def test_the_next_version_begins_with_what_holds_now(world: World, browser: Any) -> None:
    a_checklist(world)
    first = in_force()
    where = f"/checklists/{first.id}/next"
    page = browser.get(where).get_data(as_text=True)
    points = points_of(first.id)
    assert page.count("checked") == sum(point.critical for point in points)
    for point in points:
        assert f">{point.text}</textarea>" in page.replace("\r\n", "")
    same = typed(*((p.text, p.critical) for p in points), title=first.title, version="1")
    assert "Nothing was changed" in browser.post(where, data=same, follow_redirects=True).get_data(as_text=True)
    assert in_force().number == 1
    changed = {**same, "points-0-text": "Another behaviour"}
    assert browser.post(where, data=changed).status_code == 302
    assert (in_force().number, waits().number) == (1, 2)
    assert [point.text for point in points_of(first.id)] == [point.text for point in points]


@pytest.mark.parametrize("version", ["1", "", "x", "²"])
def test_two_authors_do_not_overwrite_each_other(world: World, browser: Any, version: str) -> None:
    a_checklist(world)
    where = f"/checklists/{in_force().id}/next"
    browser.post(where, data=typed(("The quicker one", False), version="1"))
    late = browser.post(where, data=typed(("The slower one", False), version=version))
    assert late.status_code == 422
    body = late.get_data(as_text=True)
    assert "Version 2 was written meanwhile" in body
    assert ">The slower one</textarea>" in body.replace("\r\n", "")
    assert "<li>The quicker one" in body  # beside what came meanwhile
    assert 'name="version" type="hidden" value="2"' in body  # having read that, they may send it
    assert waits().number == 2
    assert browser.post(where, data=typed(("The slower one", False), version="2")).status_code == 302
    assert waits().number == 3
    assert in_force().number == 1


def test_a_long_checklist_has_its_next_version_too(world: World, browser: Any) -> None:
    points = [(f"Point {n}", False) for n in range(58)]
    browser.post("/checklists/new", data=typed(*points, code="CL-1", task=str(world.task_id)))
    page = browser.get(f"/checklists/{waits().id}/next").get_data(as_text=True)
    assert page.count('name="points-') == 2 * 60


def test_a_task_has_one_checklist_and_a_code_one_in_any_case(world: World, browser: Any) -> None:
    a_checklist(world)
    code = in_force().code
    for given, sentence in (("AAA-0", f"{code} is the checklist of this task"), (code.lower(), "already")):
        sent = typed(("Another point", False), code=given, task=str(world.task_id))
        refused = browser.post("/checklists/new", data=sent)
        assert refused.status_code == 422
        assert sentence in refused.get_data(as_text=True), given
    assert [row.number for row in db.session.scalars(select(Checklist))] == [1]


def test_of_two_that_were_in_force_before_each_has_its_next_version(world: World, browser: Any) -> None:
    a_checklist(world)
    first = in_force()
    plant(Checklist(code="CL-OLD", number=1, title="Older", task_id=world.task_id))
    sent = typed(("Another point", False), version="1")
    assert browser.post(f"/checklists/{first.id}/next", data=sent).status_code == 302
    assert set(db.session.scalars(select(Checklist.number).where(Checklist.code == first.code))) == {1, 2}


@pytest.mark.parametrize("nothing", ["\u200b", "…", "\N{NO-BREAK SPACE}"])
def test_what_nobody_sees_is_no_point_and_no_title(world: World, browser: Any, nothing: str) -> None:
    for sent in (typed((nothing, True)), typed(("A point", True), title=nothing)):
        answer = browser.post("/checklists/new", data={**sent, "code": "CL-1", "task": str(world.task_id)})
        assert answer.status_code == 422
    assert db.session.scalars(select(Checklist)).all() == []


def test_a_point_that_is_too_long_says_so_at_its_row(world: World, browser: Any) -> None:
    sent = typed(("Short", False), ("x" * 501, False), code="CL-1", task=str(world.task_id))
    body = browser.post("/checklists/new", data=sent).get_data(as_text=True)
    assert "{&#39;" not in body
    assert body.count('class="field-error">Field cannot be longer than 500 characters.') == 1


def test_a_checklist_of_the_whole_network_is_written_by_a_trainer_of_the_whole_network(
    world: World, sign_in: Any
) -> None:
    browser = sign_in(someone(Role.TRAINER, world.site))
    assert "Write a checklist" not in browser.get("/checklists").get_data(as_text=True)
    sent = typed(("A point", True), code="CL-1", task=str(world.task_id))
    refused = browser.post("/checklists/new", data=sent)
    assert refused.status_code == 404
    assert "a trainer of the whole network writes it" in refused.get_data(as_text=True)
    assert db.session.scalars(select(Checklist)).all() == []


def test_only_authors_write(world: World, sign_in: Any) -> None:
    a_checklist(world)
    where = f"/checklists/{in_force().id}/next"
    assessor = sign_in(someone(Role.ASSESSOR, world.site))
    assert "Next version" not in assessor.get("/checklists").get_data(as_text=True)
    for path in (where, "/checklists/new"):
        assert assessor.get(path).status_code == 403
        assert assessor.post(path, data=typed(("x", False), version="1")).status_code == 403
    assert in_force().number == 1
    trainer = sign_in(someone(Role.TRAINER, everywhere=True))
    assert trainer.get(f"/checklists/{world.task_id}/next").status_code == 404


def test_a_point_is_put_between_two_others(world: World, browser: Any) -> None:
    sent = typed(("Wipes the hatch", True), ("Closes it", False), code="CL-1", task=str(world.task_id))
    page = browser.post("/checklists/new", data={**sent, "above": "1"})
    assert page.status_code == 200
    rows = re.findall(
        r'<textarea ?(autofocus)?[^>]*name="points-(\d)-text"[^>]*>\s*([^<]*)</textarea>', page.get_data(as_text=True)
    )
    assert rows[:3] == [("", "0", "Wipes the hatch"), ("autofocus", "1", ""), ("", "2", "Closes it")]
    between = typed(("Wipes the hatch", True), ("Waits a minute", False), ("Closes it", False))
    assert browser.post("/checklists/new", data={**sent, **between}).status_code == 302
    assert [point.text for point in points_of(waits().id)] == ["Wipes the hatch", "Waits a minute", "Closes it"]


@pytest.mark.parametrize("where", ["-3", "99", "x", "²"])
def test_a_row_above_one_that_is_not_there_loses_nothing(world: World, browser: Any, where: str) -> None:
    sent = typed(("Wipes the hatch", True), code="CL-1", task=str(world.task_id))
    page = browser.post("/checklists/new", data={**sent, "above": where})
    assert page.status_code == 200
    assert ">Wipes the hatch</textarea>" in page.get_data(as_text=True).replace("\r\n", "")


def test_a_full_checklist_has_no_row_above_another(world: World, browser: Any) -> None:
    full = typed(*((f"Point {n}", False) for n in range(60)))
    page = browser.post("/checklists/new", data={**full, "above": "3"}).get_data(as_text=True)
    assert page.count('name="points-') == 2 * 60
    assert 'name="above"' not in page


@pytest.fixture
def approver(world: World) -> Someone:
    return someone(Role.QA, everywhere=True)


def test_another_person_reads_what_changes_and_signs(
    world: World, browser: Any, approver: Someone, sign_in: Any, queries: Any
) -> None:
    a_checklist(world)
    first = in_force()
    points = typed(("Checks the identity of the bag", False), ("Waits a minute", True), title="Checklist", version="1")
    browser.post(f"/checklists/{first.id}/next", data={**points, "reason": "after the mix-up in May"})
    where = f"/checklists/{waits().id}"
    qa = sign_in(approver)
    assert f"Approve version 2 of {first.code}" in qa.get("/").get_data(as_text=True)
    with queries() as seen:
        page = qa.get(where).get_data(as_text=True)
    assert len(seen) <= 6
    for words in ("after the mix-up in May", "no longer critical", "<del>Says aloud what comes next</del>", ">new<"):
        assert words in page, words
    wrong = qa.post(f"{where}/approve", data={"password": "not mine"})
    assert wrong.status_code == 422
    assert in_force().number == 1
    assert qa.post(f"{where}/approve", data={"password": PASSWORD}).headers["Location"] == where
    assert in_force().number == 2
    with queries() as seen:
        assert ">valid<" in qa.get(where).get_data(as_text=True)
    assert len(seen) <= 6
    assert "Approve version" not in qa.get("/").get_data(as_text=True)
    assert f"Your checklist {first.code} v2 was approved" in browser.get("/notifications").get_data(as_text=True)
    again = qa.post(f"{where}/approve", data={"password": PASSWORD})
    assert again.status_code == 422
    assert "does not wait for approval any more" in again.get_data(as_text=True)


def test_what_is_given_back_says_why_and_its_author_writes_it_again(
    world: World, browser: Any, approver: Someone, sign_in: Any
) -> None:
    browser.post("/checklists/new", data=typed(("Wipes it", False), code="CL-1", task=str(world.task_id)))
    first, qa = waits(), sign_in(approver)
    silent = qa.post(f"/checklists/{first.id}/return", data={"reason": ""})
    assert silent.status_code == 422
    assert "Say what the author should change." in silent.get_data(as_text=True)
    assert qa.post(f"/checklists/{first.id}/return", data={"reason": "which wipe?"}).status_code == 302
    told = browser.get("/notifications").get_data(as_text=True)
    assert "CL-1 v1 was given back: which wipe?" in told
    assert "No run was marked on it" in browser.get(f"/checklists/{first.id}").get_data(as_text=True)
    assert browser.get(f"/checklists/{first.id}/next").status_code == 404, "nothing stands that could have a next one"
    sends = typed(("Wipes it with a sterile cloth", False), code="CL-1", task=str(world.task_id))
    assert browser.post("/checklists/new", data=sends).status_code == 302
    assert waits().number == 2
