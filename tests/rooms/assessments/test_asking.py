"""Whoever asks about somebody finds them by the name they know, and chooses where several have it."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask

from assessments.standing.cli import may as may_command
from lms.permissions import Role
from lms.refusals import NotAllowed
from tests.factories.assessments import World, a_world
from tests.factories.people import a_site, someone


@pytest.fixture
def world(app: Flask) -> World:
    return a_world(a_site("LEE", "Europe/London"))


def test_the_command_line_lists_people_of_one_name_and_reads_codes_in_any_case(world: World, app: Flask) -> None:
    oskar, mia = (someone(Role.OPERATOR, world.site, name=name) for name in ("Oskar Ferrari", "Mia Ferrari"))
    runner = CliRunner()
    with pytest.raises(NotAllowed) as several:
        runner.invoke(may_command, ["ferrari", world.task_code, "LEE"], catch_exceptions=False)
    assert str(several.value) == (
        f"2 people are called ferrari: Oskar Ferrari, {oskar.person.employee_no}, Site LEE; "
        f"Mia Ferrari, {mia.person.employee_no}, Site LEE. Give the employee number."
    )
    with pytest.raises(NotAllowed, match="Nobody is called Ferrar"):
        runner.invoke(may_command, ["Ferrar", world.task_code, "LEE"], catch_exceptions=False)
    one = runner.invoke(may_command, ["FERRARI, Oskar", world.task_code.swapcase(), "lee"], catch_exceptions=False)
    assert "Oskar Ferrari" in one.output
    assert one.exit_code == 1  # the answer is no


@pytest.mark.parametrize("words", ["Öz", "öz", "Emre Öz", "ÖZ, EMRE", " öz,emre ", "Öz ,  Emre"])
def test_a_person_is_found_by_family_name_or_both_names_in_either_order(world: World, sign_in: Any, words: str) -> None:
    emre = someone(Role.OPERATOR, world.site, name="Emre Öz")
    someone(Role.OPERATOR, world.site, name="Emre Özil")
    question = {"person": words, "task": str(world.task_id)}
    answer = sign_in(someone(Role.INSPECTOR, world.site)).get("/qualified", query_string=question)
    assert answer.status_code == 302
    assert str(emre.person.id) in answer.headers["Location"]


def test_of_several_people_of_one_name_one_is_chosen(world: World, sign_in: Any) -> None:
    known = [someone(Role.OPERATOR, world.site, name=name) for name in ("Oskar Ferrari", "Mia Ferrari")]
    someone(Role.OPERATOR, a_site("OTH"), name="Ada Ferrari")
    browser = sign_in(someone(Role.INSPECTOR, world.site))
    page = browser.get("/qualified", query_string={"person": "Ferrari", "task": str(world.task_id)})
    words = page.get_data(as_text=True)
    assert page.status_code == 200
    assert "2 people at your sites are called Ferrari." in words
    assert all(f"which={one.person.id}" in words for one in known)
    assert "Ada Ferrari" not in words
    chosen = {"person": "Ferrari", "task": str(world.task_id), "which": str(known[1].person.id)}
    assert str(known[1].person.id) in browser.get("/qualified", query_string=chosen).headers["Location"]
