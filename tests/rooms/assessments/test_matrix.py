"""The matrix: every cell is the answer for that person, the figures sum, few queries however many people."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

from flask import Flask

from assessments.api import may
from assessments.matrix.queries import matrix
from assessments.qualifications.models import Qualification, Suspension
from lms import clock
from lms.ids import new_id
from lms.permissions import Role
from modules.assignments.models import Assignment
from tests.factories.assessments import World, a_world, an_operator, completed, plant
from tests.factories.people import Someone, a_site, days_ago, someone


def a_grant(world: World, who: Someone, *, since: int, days: int) -> Qualification:
    now = clock.now()
    return Qualification(
        person_id=who.person.id, task_id=world.task_id, site_id=world.site.id, valid_from=now - timedelta(days=since),
        valid_to=now + timedelta(days=days), limited_by="run",
    )  # fmt: skip


def a_site_of_all_kinds() -> tuple[World, list[Someone]]:
    world = a_world()
    good, soon, lapsed, restricted, paused, training, fresh = (an_operator(world) for _ in range(7))
    for who in (good, soon, lapsed, paused, training):
        completed(world, who, days_ago(100))
    plant(
        a_grant(world, good, since=90, days=200), a_grant(world, soon, since=90, days=10),
        a_grant(world, lapsed, since=90, days=-5), a_grant(world, restricted, since=90, days=100),
        a_grant(world, paused, since=90, days=100),
        Suspension(
            person_id=paused.person.id, site_id=world.site.id, kind="absence", valid_from=days_ago(3), reason="Away for weeks."
        ),
    )  # fmt: skip
    return world, [good, soon, lapsed, restricted, paused, training, fresh]


def test_each_cell_is_the_answer_for_that_person_and_the_figures_sum(app: Flask) -> None:
    world, people = a_site_of_all_kinds()
    qa, now = someone(Role.QA, world.site), clock.now()
    found = matrix(qa.actor, now, site_id=world.site.id)
    shown = {row.worker.person_id: row.cells[0].decision for row in found.rows}
    for person in people:
        asked = may(person.person.id, world.task_id, world.site.id, now)
        assert (shown[person.person.id].status, shown[person.person.id].until) == (asked.status, asked.until)
    assert sum(found.figures.values()) == found.people == len(people)
    assert found.figures == {
        "qualified": 2,
        "lapsed": 1,
        "restricted": 1,
        "paused": 1,
        "in_training": 1,
        "not_started": 1,
    }
    assert (found.totals[0].qualified, found.totals[0].required) == (2, 7)
    assert found.running_out == 1


def test_the_matrix_of_a_past_moment_shows_that_moment(app: Flask) -> None:
    world, people = a_site_of_all_kinds()
    qa = someone(Role.QA, world.site)
    past = matrix(qa.actor, days_ago(20), site_id=world.site.id)
    statuses = {row.worker.person_id: row.status for row in past.rows}
    assert statuses[people[2].person.id] == "qualified"
    assert statuses[people[4].person.id] == "qualified"


def test_the_sheet_holds_what_the_page_shows(app: Flask, sign_in: Any) -> None:
    world, people = a_site_of_all_kinds()
    browser = sign_in(someone(Role.QA, world.site))
    page = browser.get(f"/matrix?site={world.site.id}").get_data(as_text=True)
    sheet = browser.get(f"/matrix.csv?site={world.site.id}").get_data().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(sheet)))
    assert len(rows) == 1 + len(people) + 1
    assert all(row[0] in page for row in rows[1:-1])
    assert rows[-1][-1] == "2 / 7"
    assert browser.get(f"/matrix.xlsx?site={world.site.id}").data[:2] == b"PK"


def test_forty_people_and_twelve_tasks_cost_as_few_queries_as_one_and_one(
    app: Flask, sign_in: Any, queries: Any
) -> None:
    site = a_site()
    worlds = [a_world(site, process_step=f"step{n}") for n in range(12)]
    qa, someone_there = someone(Role.QA, site), an_operator(worlds[0])
    browser = sign_in(qa)
    browser.get("/matrix")  # the catalogue of tasks is read once and kept
    with queries() as small:
        assert browser.get("/matrix").status_code == 200
    template = someone_there.person
    people = [
        type(template)(
            id=new_id(), employee_no=f"M{n}", given_name=f"Given{n}", family_name=f"Family{n}", site_id=site.id,
            joined_on=template.joined_on,
        )
        for n in range(39)
    ]  # fmt: skip
    from lms.identity.models import RoleAssignment

    plant(*people, *[
        RoleAssignment(
            person_id=person.id, role=Role.OPERATOR, site_id=site.id, valid_from=template.joined_on, approved_at=days_ago(400)
        )
        for person in people
    ])  # fmt: skip
    plant(*[
        Assignment(
            person_id=person.id, site_id=site.id, module_id=world.module_id, module_version_id=world.newest.id,
            reason="initial", assigned_at=days_ago(90), due_on=days_ago(60).date(), state="completed", completed_at=days_ago(80),
        )
        for person in people
        for world in worlds
    ])  # fmt: skip
    with queries() as seen:
        page = browser.get("/matrix").get_data(as_text=True)
    assert "Given38 Family38" in page
    assert page.count('class="c ') >= 40 * 12
    assert len(seen) == len(small)
    assert len(seen) <= 6, seen


def test_a_selected_cell_opens_its_evidence(app: Flask, sign_in: Any) -> None:
    world, people = a_site_of_all_kinds()
    browser = sign_in(someone(Role.QA, world.site))
    path = f"/qualifications/{people[0].person.id}/{world.task_id}/{world.site.id}"
    strip = browser.get(path, headers={"HX-Request": "true"}).get_data(as_text=True)
    assert strip.lstrip().startswith("<section")
    assert people[0].person.name in strip
