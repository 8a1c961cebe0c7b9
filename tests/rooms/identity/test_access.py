"""Signing in, staying in, being let in: what stops a stranger and what loses nothing of a colleague's work."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select

from lms import clock
from lms.cli import command_line
from lms.extensions import db
from lms.identity import commands as identity
from lms.identity import sessions
from lms.identity.models import Account, RoleAssignment
from lms.permissions import Role
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from lms.web.security import own_path
from tests.factories.people import INSTALLER, LONG_AGO, PASSWORD, a_site, someone


def test_a_wrong_name_and_a_wrong_password_get_the_same_sentence_and_the_fifth_waits(app: Flask, client) -> None:
    known = someone().login
    answers = {
        re.sub(
            r'name="(csrf_token|login)"[^>]*|content="[^"]*"|value="[^"]*"',
            "",
            client.post("/sign-in", data={"login": name, "password": "wrong"}).get_data(as_text=True),
        )
        for name in (known, "nobody")
    }
    assert len(answers) == 1
    for _ in range(4):
        client.post("/sign-in", data={"login": known, "password": "wrong"})
    locked = client.post("/sign-in", data={"login": known, "password": PASSWORD})
    assert locked.status_code == 422
    assert "Wait 15 min" in locked.get_data(as_text=True)


def test_after_the_wait_the_right_password_opens_again(app: Flask, client, monkeypatch: pytest.MonkeyPatch) -> None:
    known = someone().login
    for _ in range(5):
        client.post("/sign-in", data={"login": known, "password": "wrong"})
    later = clock.now() + timedelta(minutes=16)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert client.post("/sign-in", data={"login": known, "password": PASSWORD}).status_code == 302


def test_an_idle_session_ends_and_what_was_typed_comes_back_after_signing_in(
    app: Flask, sign_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = someone(Role.ADMINISTRATOR, everywhere=True)
    browser = sign_in(admin)
    later = clock.now() + timedelta(minutes=16)
    monkeypatch.setattr(clock, "now", lambda: later)
    typed = {"given_name": "Zoë", "family_name": "van der Berg", "employee_no": "NL-77"}
    lost = browser.post("/people/new", data=typed)
    assert lost.status_code == 401
    fields = re.findall(r'name="(carried_name|carried_value)" value="([^"]*)"', lost.get_data(as_text=True))
    assert ("carried_value", "van der Berg") in fields
    names = [value for kind, value in fields if kind == "carried_name"]
    values = [value for kind, value in fields if kind == "carried_value"]
    back = browser.post(
        "/sign-in",
        data={
            "login": admin.login,
            "password": PASSWORD,
            "next": "/people/new",
            "carried_name": names,
            "carried_value": values,
        },
    )
    page = back.get_data(as_text=True)
    assert 'action="/people/new"' in page
    assert 'name="family_name" value="van der Berg"' in page
    assert "password" not in names


def test_an_ended_session_and_a_closed_account_are_refused_at_the_next_click(app: Flask, sign_in) -> None:
    person = someone()
    browser = sign_in(person)
    assert browser.get("/").status_code == 200
    account_id = person.actor.account_id
    assert account_id is not None
    run(identity.close_account, INSTALLER, "left", account_id)
    assert browser.get("/").status_code == 302


def test_a_role_holds_only_after_a_second_person_approved_it(app: Flask, sign_in) -> None:
    site = a_site()
    admin, qa, newcomer = someone(Role.ADMINISTRATOR, site), someone(Role.QA, site), someone(None, site)
    run(
        identity.grant_role,
        admin.actor,
        "new trainer",
        newcomer.person.id,
        role=Role.TRAINER,
        site_id=site.id,
        valid_from=LONG_AGO,
    )
    grant_id = db.session.scalars(select(RoleAssignment.id).where(RoleAssignment.person_id == newcomer.person.id)).one()
    assert sign_in(newcomer).get("/people").status_code == 403
    with pytest.raises(NotAllowed):
        run(identity.approve_role, admin.actor, "", grant_id)
    run(identity.approve_role, qa.actor, "", grant_id)
    assert sign_in(newcomer).get("/people").status_code == 200


def test_nobody_grants_a_role_to_themself_nor_approves_their_own(app: Flask) -> None:
    site = a_site()
    admin = someone(Role.ADMINISTRATOR, site)
    with pytest.raises(NotAllowed, match="themself"):
        run(identity.grant_role, admin.actor, "", admin.person.id, role=Role.QA, site_id=site.id, valid_from=LONG_AGO)


def test_a_one_time_link_works_once_and_never_sets_a_short_password(app: Flask, client) -> None:
    person = someone()
    token = run(identity.send_one_time_link, INSTALLER, "", person.actor.account_id)
    short = client.post(f"/welcome/{token}", data={"password": "short", "again": "short"})
    assert short.status_code == 422
    sentence = "a sentence only I know"
    assert client.post(f"/welcome/{token}", data={"password": sentence, "again": sentence}).status_code == 302
    assert "Your password is set. Sign in with it." in client.get("/sign-in").get_data(as_text=True)
    assert client.post(f"/welcome/{token}", data={"password": sentence, "again": sentence}).status_code == 422
    assert client.post("/sign-in", data={"login": person.login, "password": sentence}).status_code == 302


def test_a_link_says_whose_it_is_and_at_once_when_it_opens_nothing(
    app: Flask, client, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = someone()
    used, open_ = (run(identity.send_one_time_link, INSTALLER, "", person.actor.account_id) for _ in range(2))
    sentence = "a sentence only I know"
    client.post(f"/welcome/{used}", data={"password": sentence, "again": sentence})
    page = client.get(f"/welcome/{open_}").get_data(as_text=True)
    assert f"<b>{person.login}</b>" in page
    for token, said in ((used, "was used already"), ("invented", "is not known here")):
        refused = client.get(f"/welcome/{token}")
        page = refused.get_data(as_text=True)
        assert refused.status_code == 422
        assert said in page
        assert "administrator of your site" in page
        assert 'type="password"' not in page
        assert person.login not in page
    later = clock.now() + timedelta(days=4)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert "is too old" in client.get(f"/welcome/{open_}").get_data(as_text=True)


def test_a_wrong_password_is_said_in_one_sentence(app: Flask, client) -> None:
    page = client.post("/sign-in", data={"login": someone().login, "password": "wrong"}).get_data(as_text=True)
    assert "The name or the password is not right." in page
    assert "Not saved" not in page


def test_a_file_that_is_too_large_is_told_the_limit_and_what_to_do(
    app: Flask, sign_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = sign_in(someone(Role.ADMINISTRATOR, everywhere=True))
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 2 * 1024 * 1024)
    refused = browser.post("/people/new", data={"given_name": "x" * (2 * 1024 * 1024)})
    page = refused.get_data(as_text=True)
    assert refused.status_code == 413
    assert "larger than the 2 MiB that are accepted here" in page
    assert "ask your administrator" in page
    much = b'--x\r\nContent-Disposition: form-data; name="given_name"\r\n\r\n' + b"x" * 1024 * 1024 + b"\r\n--x--\r\n"
    long = browser.post("/people/new", data=much, content_type="multipart/form-data; boundary=x")
    assert long.status_code == 413
    assert "Shorten it" in long.get_data(as_text=True)


def test_signing_needs_the_own_password_and_counts_wrong_ones(app: Flask) -> None:
    person = someone()
    with pytest.raises(NotAllowed):
        sessions.prove(person.actor, "wrong")
    assert sessions.prove(person.actor, PASSWORD).account_id == person.actor.account_id


@pytest.mark.parametrize(
    "target", ["//evil.example", "/\\evil.example", "https://evil.example", "/a\tb", "javascript:alert(1)", "", None]
)
def test_signing_in_leads_only_to_own_pages(target: str | None) -> None:
    assert own_path(target) is None


def test_init_founds_a_network_with_two_people_neither_of_whom_may_approve_alone(
    app: Flask, tmp_path, monkeypatch
) -> None:
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], data_dir=tmp_path))
    arguments = [
        "init",
        "--network",
        "N",
        "--site-code",
        "CTL",
        "--site-name",
        "Control",
        "--zone",
        "Europe/Paris",
        "--administrator",
        "Ada Byron <ada@example.org>",
        "--qa",
        "Bo Lind <bo@example.org>",
        "--json",
    ]
    from lms import schema

    schema.upgrade, kept = (lambda _revision="head": None), schema.upgrade
    try:
        result = CliRunner().invoke(command_line(), arguments, obj=app)
        again = CliRunner().invoke(command_line(), arguments, obj=app)
    finally:
        schema.upgrade = kept
    assert result.exit_code == 0, result.output
    report = json.loads(result.output)
    assert set(report["first_people"]) == {"administrator", "qa"}
    assert all(not account.password_hash for account in db.session.scalars(select(Account)))
    assert isinstance(again.exception, NotAllowed)
    roles = db.session.scalars(select(RoleAssignment.role)).all()
    assert sorted(roles) == ["administrator", "qa"]


def test_the_session_cookie_is_out_of_reach_for_scripts_and_other_sites(app: Flask, client) -> None:
    answer = client.post("/sign-in", data={"login": someone().login, "password": PASSWORD})
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert client.post("/sign-out", headers={"Origin": "https://evil.example"}).status_code == 400
    assert "script-src 'self'" in client.get("/sign-in").headers["Content-Security-Policy"]
    assert "unsafe" not in client.get("/sign-in").headers["Content-Security-Policy"]


def test_production_cookies_travel_over_https_only(settings) -> None:
    from lms.app import create_app

    production = create_app(replace(settings, environment="production", base_url="https://candor.example"))
    assert production.config["SESSION_COOKIE_SECURE"] is True
    assert "Strict-Transport-Security" in production.test_client().get("/health").headers
