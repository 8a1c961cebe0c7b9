"""A shared tablet: badge and PIN open one person's sheets, nothing else, for three minutes, and tell nobody who has a badge."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
import segno
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from coaching.surveys.models import SurveySealed
from coaching.tablet import commands
from coaching.tablet.models import Badge, BadgeFailure
from coaching.tablet.rules import LOCKED, SESSION
from lms import clock
from lms.extensions import db
from lms.identity import commands as identity
from lms.identity import passwords
from lms.ids import new_id
from lms.permissions import PUBLIC, Role
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from tests.factories.people import INSTALLER, PASSWORD, Someone, someone
from tests.factories.surveys import a_closed_review, a_crew, a_registered_key, noon
from tests.rooms.surveys.traces import tables

NOW = noon(date(2026, 11, 20))
BADGE, PIN = "A-1234", "482913"
DOOR = "/survey/tablet"


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Return a function that sets the clock; it is noon."""

    def set_clock(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    set_clock(NOW)
    return set_clock


def a_badge(person: Someone, badge: str = BADGE) -> None:
    run(commands.set_badge, person.signing, "", badge=badge, pin=PIN, again=PIN)


def enter(tablet: FlaskClient, badge: str = BADGE, pin: str = PIN) -> TestResponse:
    return tablet.post(DOOR, data={"badge": badge, "pin": pin})


def a_respondent() -> tuple[Someone, str]:
    """Return an operator with a badge and an open sheet, and where the sheet is on a tablet."""
    a_registered_key()
    crew = a_crew(3)
    operator = crew.operators[0]
    a_badge(operator)
    return operator, f"{DOOR}/{a_closed_review(crew.coach, operator, NOW)}"


def test_somebody_sets_their_own_badge_with_their_password_on_a_page(app: Flask, sign_in, at) -> None:
    operator = someone(Role.OPERATOR)
    browser = sign_in(operator)
    data = {"badge": BADGE, "pin": PIN, "again": PIN, "password": "not my password"}
    assert browser.post("/my-badge", data=data).status_code == 422
    assert db.session.scalar(select(func.count()).select_from(Badge)) == 0
    assert browser.post("/my-badge", data={**data, "password": PASSWORD}).status_code == 302
    assert browser.get("/my-badge").text.count(">set<") == 1
    stored = "".join(tables(None)["survey_badge"])
    assert "1234" not in re.sub(r"[0-9a-f-]{36}|\$argon2id.*", "", stored)
    assert PIN not in stored
    assert browser.post("/my-badge/remove").status_code == 302
    assert db.session.scalar(select(func.count()).select_from(Badge)) == 0


def test_a_pin_cannot_be_guessed_from_a_copy_of_the_table(app: Flask, at) -> None:
    """Six digits are tried in minutes; what is hashed is their code under the server's secret, which no table holds."""
    a_badge(someone(Role.OPERATOR))
    stored = db.session.scalars(select(Badge.pin_hash)).one()
    assert stored.startswith("$argon2id$")
    assert not passwords.matches(stored, PIN)


def test_nobody_takes_a_badge_that_is_somebody_elses_and_no_sentence_says_so(app: Flask, at) -> None:
    a_badge(someone(Role.OPERATOR))
    with pytest.raises(NotAllowed, match="This badge cannot be used") as refusal:
        a_badge(someone(Role.OPERATOR), "a1234")
    assert refusal.value.field == "badge"


def test_badge_and_pin_open_the_own_sheets_and_finish_ends_it(app: Flask, client: FlaskClient, at) -> None:
    _, sheet = a_respondent()
    assert enter(client).headers["Location"] == f"{DOOR}/sheets"
    listed = client.get(f"{DOOR}/sheets").text
    assert sheet in listed
    assert "7 questions" in listed
    page = client.get(sheet)
    assert page.headers["Cache-Control"] == "no-store"
    assert "What happens to your answer" in page.text
    assert "Sign out" not in page.text
    done = client.post(sheet, data={"odd": "7"})
    assert (done.status_code, done.headers["Location"]) == (303, f"{DOOR}/received")
    receipt = client.get(f"{DOOR}/received")
    assert "whether they answered everything, something or nothing" in receipt.text
    assert "Download my copy" not in receipt.text
    assert client.get(f"{DOOR}/sheets").headers["Location"] == DOOR
    assert client.get(sheet).headers["Location"] == DOOR
    assert db.session.scalar(select(func.count(SurveySealed.id))) == 1


def test_the_list_and_the_receipt_are_the_same_whatever_was_answered(app: Flask, at) -> None:
    _, sheet = a_respondent()
    seen = []
    for answers in ({"odd": "7"}, {}):
        tablet = app.test_client()
        enter(tablet)
        before = re.sub(r'content="[^"]{60,}"|value="[^"]{60,}"', "", tablet.get(f"{DOOR}/sheets").text)
        sent = tablet.post(sheet, data=answers)
        receipt = re.sub(r'content="[^"]{60,}"', "", tablet.get(f"{DOOR}/received").text)
        seen.append((before, sent.status_code, sent.get_data(), sent.headers["Set-Cookie"], receipt))
    assert seen[0] == seen[1]


def test_a_tablet_keeps_no_row_that_tells_when_somebody_was_there(app: Flask, client: FlaskClient, at) -> None:
    _, sheet = a_respondent()
    before = tables(None)
    enter(client)
    client.post(sheet, data={"odd": "7"})
    assert tables(None) == before


def test_the_notice_is_read_first_on_a_tablet_as_well(app: Flask, client: FlaskClient, at) -> None:
    from coaching.surveys.models import SurveyNoticeRead
    from lms.unit_of_work import transaction

    _, sheet = a_respondent()
    with transaction("survey") as connection:
        connection.execute(SurveyNoticeRead.__table__.delete())
    enter(client)
    page = client.get(sheet).text
    assert "I have read this" in page
    assert "radio" not in page
    assert client.post(sheet, data={}).status_code == 422
    assert client.post(f"{sheet}/notice").headers["Location"] == sheet
    assert "radio" in client.get(sheet).text


def test_after_three_minutes_the_list_is_shut_and_what_was_on_the_screen_goes_back_to_the_door(
    app: Flask, client: FlaskClient, at
) -> None:
    _, sheet = a_respondent()
    assert "Max-Age=180" in enter(client).headers["Set-Cookie"]
    assert client.get(sheet).headers["Refresh"] == f"180; url={DOOR}"
    at(NOW + SESSION - timedelta(seconds=1))
    assert client.get(f"{DOOR}/sheets").status_code == 200
    cookie = client.get_cookie("candor-tablet", path=DOOR)
    assert cookie is not None
    at(NOW + SESSION)
    client.set_cookie("candor-tablet", cookie.value, path=DOOR)  # kept longer than the browser would
    assert client.get(f"{DOOR}/sheets").status_code == 303
    assert client.post(sheet, data={"odd": "7"}).headers["Location"] == DOOR
    assert db.session.scalar(select(func.count(SurveySealed.id))) == 0


def test_five_wrong_pins_lock_the_badge_even_for_the_right_one_and_then_it_opens_again(app: Flask, at) -> None:
    a_respondent()
    tablets = [app.test_client() for _ in range(6)]
    assert [enter(tablet, pin="000001").status_code for tablet in tablets[:5]] == [422] * 5
    assert enter(tablets[5]).status_code == 422
    at(NOW + LOCKED)
    assert enter(tablets[5]).status_code == 303
    assert db.session.scalar(select(func.count()).select_from(BadgeFailure)) == 0


def test_an_unknown_badge_a_wrong_pin_and_a_locked_badge_are_told_from_one_another_by_nothing(
    app: Flask, at, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same page, the same status, the same cookies, and a PIN's hash worked out each time."""
    a_respondent()
    checked: list[str] = []
    real = passwords.matches

    def matches(password_hash: str, password: str) -> bool:
        checked.append(password_hash)
        return real(password_hash, password)

    monkeypatch.setattr(passwords, "matches", matches)
    tries = [("Z9999", PIN), (BADGE, "000001"), *[(BADGE, "000002")] * 4, (BADGE, PIN)]
    answers = [enter(app.test_client(), badge, pin) for badge, pin in tries]
    pages = {re.sub(r'(content|value)="[^"]{60,}"', "", answer.text) for answer in answers}
    assert len(pages) == 1
    assert {answer.status_code for answer in answers} == {422}
    assert {len(answer.headers.getlist("Set-Cookie")) for answer in answers} == {
        len(answers[0].headers.getlist("Set-Cookie"))
    }
    assert len(checked) == len(tries)
    assert checked[0] == "", "the hash that nobody has"


def test_a_leaver_and_whoever_lost_the_role_are_out_at_once(app: Flask, client: FlaskClient, at) -> None:
    operator, _ = a_respondent()
    enter(client)
    assert client.get(f"{DOOR}/sheets").status_code == 200
    assert operator.actor.account_id is not None
    run(identity.close_account, INSTALLER, "left", operator.actor.account_id)
    assert client.get(f"{DOOR}/sheets").status_code == 303
    assert enter(app.test_client()).status_code == 422


def test_a_session_of_a_tablet_opens_nothing_else(app: Flask, client: FlaskClient, at) -> None:
    """Every route with the cookie of a tablet in hand, as if the browser sent it everywhere."""
    operator, sheet = a_respondent()
    enter(client)
    cookie = client.get_cookie("candor-tablet", path=DOOR)
    assert cookie is not None
    client.set_cookie("candor-tablet", cookie.value, path="/")
    opened = set()
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if rule.endpoint == "static" or getattr(view, "permission", None) == PUBLIC:
            continue
        for record_id in (sheet.rpartition("/")[2], operator.person.id, new_id()):
            url = re.sub(r"<uuid:[^>]+>", str(record_id), rule.rule)
            url = re.sub(r"<int:[^>]+>", "1", url)
            url = re.sub(r"<any\(([^,)]+)[^>]*>", r"\1", url)
            url = re.sub(r"<[^>]+>", "word", url)
            for method in (rule.methods or set()) & {"GET", "POST"}:
                if client.open(url, method=method).status_code not in {302, 303, 401}:
                    opened.add((method, url))
    assert opened == set()


def test_a_tablet_opens_nobody_elses_sheet(app: Flask, client: FlaskClient, at) -> None:
    a_respondent()
    crew = a_crew(1, team="Other")
    other = a_closed_review(crew.coach, crew.operators[0], NOW)
    enter(client)
    for address in (f"{DOOR}/{other}", f"{DOOR}/{uuid4()}"):
        assert client.get(address).status_code == 404
        assert client.post(address, data={"odd": "7"}).status_code == 404
        assert client.post(f"{address}/notice").status_code == 404
    assert db.session.scalar(select(func.count(SurveySealed.id))) == 0


def test_a_forged_cookie_opens_nothing(app: Flask, client: FlaskClient, at) -> None:
    operator, _ = a_respondent()
    for forged in ("", "x", f'["{operator.person.id}", 9999999999]', f"{operator.person.id}.x"):
        client.set_cookie("candor-tablet", forged, path=DOOR)
        assert client.get(f"{DOOR}/sheets").headers["Location"] == DOOR


def test_the_code_on_the_wall_leads_to_the_door_and_names_nobody(app: Flask, sign_in, at) -> None:
    browser = sign_in(someone(Role.SITE_LEAD))
    assert "http://localhost/survey/tablet" in browser.get(f"{DOOR}/code").text
    picture = browser.get(f"{DOOR}/code.svg")
    assert picture.mimetype == "image/svg+xml"
    dark = segno.make_qr("http://localhost/survey/tablet", error="m").svg_inline(border=4, scale=10)
    [path] = re.findall(r' d="([^"]+)"', dark)
    assert path in picture.text
