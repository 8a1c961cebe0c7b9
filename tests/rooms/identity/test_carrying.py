"""What was typed outlives the session it was typed in, and is sent only when a person presses."""

from __future__ import annotations

import ast
import html
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from lms import clock
from lms.extensions import db
from lms.identity.carrying import NOT_CARRIED
from lms.identity.models import Person
from lms.permissions import Role
from tests.architecture.checkout import ROOMS
from tests.factories.people import PASSWORD, Someone, a_site, someone

FOREIGN = {"Origin": "https://evil.example"}


@pytest.fixture(autouse=True)
def _tokens_are_asked_for(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", not app.config["WTF_CSRF_ENABLED"])


def token_of(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found is not None
    return found[1]


def fields_of(page: str, name: str) -> list[str]:
    return [html.unescape(value) for value in re.findall(rf'name="{name}" value="([^"]*)"', page)]


def signed_in(browser: Any, who: Someone) -> Any:
    """Sign in as a person does: with the token of the page."""
    page = browser.get("/sign-in").get_data(as_text=True)
    sent = {"login": who.login, "password": PASSWORD, "csrf_token": token_of(page)}
    assert browser.post("/sign-in", data=sent).status_code == 302
    return browser


def a_form(browser: Any) -> dict[str, str]:
    """Return a filled form with the token of its page."""
    page = browser.get("/people/new").get_data(as_text=True)
    return {
        "csrf_token": token_of(page), "employee_no": "NL-77", "given_name": "Zo\u00eb", "family_name": "van der Berg",
        "site": str(a_site().id), "joined_on": "2026-01-05", "email": "zoe@example.org", "login": "", "password": "typed",
    }  # fmt: skip


def people_registered() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(Person.family_name).where(Person.employee_no == "NL-77")))


@pytest.mark.parametrize("lost", ["signed out in another tab", "the cookie is gone"])
def test_without_a_session_the_form_is_kept_until_after_signing_in(app: Flask, client: Any, lost: str) -> None:
    admin = someone(Role.ADMINISTRATOR, everywhere=True)
    form = a_form(signed_in(client, admin))
    if lost == "the cookie is gone":
        client.delete_cookie("candor")
    else:
        client.post("/sign-out", data={"csrf_token": form["csrf_token"]})
    asked = client.post("/people/new", data=form)
    page = asked.get_data(as_text=True)
    assert asked.status_code == 401
    assert "What you typed is kept." in page
    names, values = fields_of(page, "carried_name"), fields_of(page, "carried_value")
    assert not {"password", "csrf_token"} & set(names)
    back = client.post(
        "/sign-in",
        data={
            "login": admin.login, "password": PASSWORD, "csrf_token": token_of(page), "next": "/people/new",
            "carried_name": names, "carried_value": values,
        },
    )  # fmt: skip
    page = back.get_data(as_text=True)
    assert "<code>/people/new</code>" in page
    assert not people_registered()
    sent = {**dict(zip(names, values, strict=True)), "csrf_token": token_of(page)}
    assert client.post("/people/new", data=sent).status_code == 302
    assert people_registered() == ["van der Berg"]


def test_in_a_session_begun_anew_one_press_sends_what_was_typed(app: Flask, client: Any) -> None:
    admin = someone(Role.ADMINISTRATOR, everywhere=True)
    form = a_form(signed_in(client, admin))
    client.delete_cookie("candor")
    signed_in(client, admin)
    shown = client.post("/people/new?from=list", data=form)
    page = shown.get_data(as_text=True)
    assert shown.status_code == 400
    assert not people_registered()
    assert f"as {admin.person.name}" in page
    assert 'action="/people/new?from=list"' in page
    assert 'value="typed"' not in page
    kept = {name: fields_of(page, name)[0] for name in form if name not in {"csrf_token", "password"}}
    assert client.post("/people/new", data={**kept, "csrf_token": token_of(page)}).status_code == 302
    assert people_registered() == ["van der Berg"]


def test_what_another_site_sends_is_neither_done_nor_carried(app: Flask, client: Any) -> None:
    form = a_form(signed_in(client, someone(Role.ADMINISTRATOR, everywhere=True)))
    forged = {**form, "csrf_token": "made up"}
    for headers in (FOREIGN, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        for address in ("/people/new", "/sign-in", "/sign-out"):
            answer = client.post(address, data=forged, headers=headers)
            assert answer.status_code == 400
            assert "van der Berg" not in answer.get_data(as_text=True)
    assert not people_registered()


def test_a_script_is_told_in_a_sentence(app: Flask, client: Any) -> None:
    asked = client.post("/people/new", data={"given_name": "Z"}, headers={"Accept": "application/json"})
    assert (asked.status_code, list(asked.json)) == (401, ["error"])
    signed_in(client, someone(Role.ADMINISTRATOR, everywhere=True))
    asked = client.post("/people/new", data={"given_name": "Z"}, headers={"Accept": "application/json"})
    assert (asked.status_code, list(asked.json)) == (400, ["error"])


def test_a_sign_in_page_that_was_open_too_long_keeps_the_name_and_what_it_carries(app: Flask, client: Any) -> None:
    person = someone(Role.ADMINISTRATOR, everywhere=True)
    sent = {
        "login": person.login, "password": PASSWORD, "next": "/people/new", "csrf_token": "old",
        "carried_name": ["given_name"], "carried_value": ["Zo\u00eb"],
    }  # fmt: skip
    asked = client.post("/sign-in", data=sent)
    page = asked.get_data(as_text=True)
    assert asked.status_code == 422
    assert f'value="{person.login}"' in page
    assert fields_of(page, "carried_value") == ["Zo\u00eb"]
    assert PASSWORD not in page
    signed_in(client, person)
    page = client.post("/sign-in", data=sent).get_data(as_text=True)
    assert fields_of(page, "given_name") == ["Zo\u00eb"]
    assert PASSWORD not in page


@pytest.mark.parametrize("address", ["/welcome/word", "/tablet"])
def test_what_is_typed_without_an_account_is_shown_to_nobody_who_signs_in(
    app: Flask, client: Any, address: str
) -> None:
    rules = [rule.rule for rule in app.url_map.iter_rules() if rule.endpoint in {"tablet.sheet", "tablet.enter"}]
    for path in (address, *(re.sub("<[^>]+>", str(a_site().id), rule) for rule in rules)):
        answer = client.post(path, data={"csrf_token": "old", "item-1": "what I answered"})
        assert answer.status_code in {400, 404, 405}
        assert "what I answered" not in answer.get_data(as_text=True)


def test_a_button_without_a_session_leads_to_no_address_that_cannot_be_opened(app: Flask, client: Any) -> None:
    assert client.post("/sign-out", data={"csrf_token": "old"}).headers["Location"] == "/sign-in"
    page = client.post(f"/roles/{a_site().id}/approve", data={"csrf_token": "old"}).get_data(as_text=True)
    assert fields_of(page, "next") in ([], [""])


def test_no_password_of_any_form_is_carried() -> None:
    named = set()
    for room in ROOMS:
        for path in Path(room).rglob("forms.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                    made = node.value.func
                    if isinstance(made, ast.Name) and made.id == "PasswordField":
                        named |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    assert named >= {"password", "pin", "passphrase"}
    assert named <= NOT_CARRIED


@pytest.mark.parametrize("somebody_is_signed_in", [False, True])
def test_a_sheet_of_the_survey_is_shown_to_nobody_who_signs_in(
    app: Flask, client: Any, *, somebody_is_signed_in: bool
) -> None:
    if somebody_is_signed_in:
        signed_in(client, someone())
    answer = client.post(f"/survey/{a_site().id}", data={"csrf_token": "old", "item-1": "what I answered"})
    assert answer.status_code == 400
    assert "what I answered" not in answer.get_data(as_text=True)
    assert "item-1" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("same_person", [True, False])
def test_what_was_typed_comes_back_to_its_writer_and_to_nobody_else_at_a_shared_screen(
    app: Flask, client: Any, monkeypatch: pytest.MonkeyPatch, *, same_person: bool
) -> None:
    writer, other = someone(Role.ADMINISTRATOR, everywhere=True), someone(Role.ADMINISTRATOR, everywhere=True)
    typed = a_form(signed_in(client, writer))
    later = clock.now() + timedelta(minutes=16)
    monkeypatch.setattr(clock, "now", lambda: later)
    page = client.post("/people/new", data=typed).get_data(as_text=True)
    who = writer if same_person else other
    sent = {
        "login": who.login, "password": PASSWORD, "csrf_token": token_of(page), "next": "/people/new",
        "carried_name": fields_of(page, "carried_name"), "carried_value": fields_of(page, "carried_value"),
    }  # fmt: skip
    answer = client.post("/sign-in", data=sent)
    assert (answer.status_code == 200) is same_person
    assert ("van der Berg" in answer.get_data(as_text=True)) is same_person
    assert ("Somebody else had typed" in client.get("/").get_data(as_text=True)) is not same_person
    assert people_registered() == []
