"""The pages of the survey, the custodian's command line, and what the custodian is reminded of."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import func, select

from coaching.surveys import jobs, queries
from coaching.surveys.demonstration import PASSPHRASE, key_folder, make_demonstration_custodian
from coaching.surveys.models import SurveySealed
from coaching.surveys.periods import Quarter
from lms import clock
from lms.cli import command_line
from lms.extensions import db
from lms.notifications.models import Notification
from lms.outbox.models import OutboxMessage
from lms.permissions import Role
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from tests.factories.people import INSTALLER, a_site, someone
from tests.factories.surveys import (
    OCTOBER,
    QUARTER,
    a_closed_review,
    a_crew,
    a_crew_answers,
    a_registered_key,
    noon,
    release,
)

DAY = date(2026, 11, 18)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Return a function that sets the clock."""

    def set_clock(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    set_clock(noon(DAY))
    return set_clock


def _sheet(crew) -> tuple[object, str]:
    operator = crew.operators[0]
    return operator, f"/survey/{a_closed_review(crew.coach, operator, noon(DAY))}"


def _boxes() -> int:
    return db.session.scalar(select(func.count(SurveySealed.id))) or 0


def test_what_happens_to_the_answer_stands_before_the_first_question(app: Flask, sign_in, queries, at) -> None:
    a_registered_key()
    operator, address = _sheet(a_crew(3))
    browser = sign_in(operator)
    with queries() as sent:
        answer = browser.get(address)
    page = answer.get_data(as_text=True)
    assert len(sent) <= 6, sent
    assert answer.headers["Cache-Control"] == "no-store"
    fate, first = page.index("What happens to your answer"), page.index("When something looks odd during a run")
    assert fate < page.index("What could still go wrong") < first
    assert "Your team has 3 people" in page
    assert page.count('type="radio"') == 49
    for word in ("required", "progress", "anonymous"):
        assert word not in page.lower()


def test_the_receipt_is_the_same_page_whatever_was_answered(app: Flask, sign_in, at) -> None:
    a_registered_key()
    operator, address = _sheet(a_crew(1))
    browser = sign_in(operator)
    answers = [browser.post(address, data=data) for data in ({"odd": "7"}, {}, {"odd": "1", "slip": "2"})]
    assert {(answer.status_code, answer.headers["Location"]) for answer in answers} == {(303, f"{address}/received")}
    assert {answer.get_data() for answer in answers} == {answers[0].get_data()}
    assert "whether they answered everything, something or nothing" in browser.get(f"{address}/received").text
    assert _boxes() == 1


def test_an_answer_off_the_scale_is_refused_in_a_sentence(app: Flask, sign_in, at) -> None:
    a_registered_key()
    operator, address = _sheet(a_crew(1))
    answer = sign_in(operator).post(address, data={"odd": "8"})
    assert answer.status_code == 422
    assert "off the scale" in answer.text
    assert _boxes() == 0


def test_the_page_says_when_there_is_nothing_to_answer_any_more_or_yet(app: Flask, sign_in, at) -> None:
    crew = a_crew(1)
    operator, address = _sheet(crew)
    browser = sign_in(operator)
    assert "Answers cannot be sealed at present" in browser.get(address).text
    a_registered_key()
    assert "Finish" in browser.get(address).text
    again = a_closed_review(crew.coach, operator, noon(DAY + timedelta(days=1)))
    assert "Three questions about your team" in browser.get(f"/survey/{again}").text
    at(noon(DAY + timedelta(days=8)))
    browser = sign_in(operator)
    assert "The window is over" in browser.get(address).text
    assert browser.post(address, data={}).status_code == 422


def test_a_sheet_is_its_own_operators_only(app: Flask, sign_in, at) -> None:
    a_registered_key()
    crew = a_crew(2)
    _, address = _sheet(crew)
    for other, status in ((crew.operators[1], 404), (crew.coach, 403), (someone(Role.QA, everywhere=True), 403)):
        browser = sign_in(other)
        assert {browser.get(address).status_code, browser.post(address, data={}).status_code} == {status}
    assert sign_in(crew.operators[0]).get(f"/survey/{uuid4()}").status_code == 404
    assert _boxes() == 0


def test_answers_sent_after_the_session_ended_are_shown_to_nobody(app: Flask, client, at) -> None:
    """On a shared tablet the next person to sign in would otherwise read them."""
    a_registered_key()
    _, address = _sheet(a_crew(1))
    answer = client.post(address, data={"odd": "7"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/sign-in?next={address}")
    assert "odd" not in answer.text


def test_the_custodian_registers_releases_and_destroys_on_the_page(app: Flask, sign_in, at) -> None:
    quarter = Quarter(2026, 4)
    at(noon(date(2026, 10, 14)))
    keys = make_demonstration_custodian([quarter], Path(app.config["SETTINGS"].data_dir))
    custodian = someone(Role.CUSTODIAN, everywhere=True)
    browser = sign_in(custodian)
    assert "Register the survey key of 2026-Q4" in browser.get("/").text
    public = keys[quarter].public_key.hex()
    assert (
        browser.post("/survey/keys", data={"quarter": "2026-Q4", "public_key": f"public: {public}"}).status_code == 302
    )
    a_crew_answers(a_crew(5), date(2026, 10, 14))

    at(noon(date(2026, 11, 9)))
    browser = sign_in(custodian)
    assert "Release the survey of 2026-10" in browser.get("/").text
    file = (key_folder(Path(app.config["SETTINGS"].data_dir)) / "survey-2026-Q4.key").read_bytes()
    wrong = _send(browser, file, "not the passphrase at all")
    assert wrong.status_code == 422
    assert "does not open the key of 2026-Q4" in wrong.text
    assert "not the passphrase at all" not in wrong.text
    assert "not a survey key file" in _send(browser, b"something else", PASSPHRASE).text
    done = _send(browser, file, PASSPHRASE)
    assert done.status_code == 200
    assert "1 figure was published" in done.text
    assert "At least 5 answers" in done.text
    assert _boxes() == 0

    at(noon(date(2027, 1, 9)))
    browser = sign_in(custodian)
    for month in ("2026-11", "2026-12"):
        assert _send(browser, file, PASSPHRASE, month).status_code == 200
    at(noon(date(2027, 1, 31)))
    browser = sign_in(custodian)
    assert "Destroy the survey key of 2026-Q4" in browser.get("/").text
    assert browser.post("/survey/keys/destroy", data={"quarter": "2026-Q4"}).status_code == 302
    assert "destroyed" in browser.get("/survey/releases").text


def _send(browser, file: bytes, passphrase: str, month: str = "2026-10"):
    data = {"month": month, "passphrase": passphrase, "key_file": (io.BytesIO(file), "survey.key")}
    return browser.post("/survey/releases", data=data, content_type="multipart/form-data")


def test_the_climate_page_shows_the_readers_sites_and_who_waits(app: Flask, sign_in, queries, at) -> None:
    key = a_registered_key()
    for site, size, team in (("AAA", 5, "Alpha"), ("AAA", 3, "Beta"), ("BBB", 5, "Gamma")):
        a_crew_answers(a_crew(size, site=site, team=team), date(2026, 10, 14))
    release(OCTOBER, key)
    browser = sign_in(someone(Role.SITE_LEAD, a_site("AAA")))
    assert "Alpha" not in browser.get("/survey/climate").text
    assert browser.post("/survey/climate").status_code == 303
    with queries() as sent:
        page = browser.get("/survey/climate").text
    assert len(sent) <= 6, sent
    assert ("Alpha" in page, "Beta" in page, "Gamma" in page) == (True, True, False)
    assert page.index("Too few, waits") < page.index("Beta")
    assert "5 to 9" in page
    file = browser.get("/survey/climate.csv")
    lines = file.get_data().decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert lines[1].startswith('"Site AAA","Alpha","team","2026-10","2026-10","voice-climate 1"')
    assert sign_in(someone(Role.OPERATOR)).get("/survey/climate").status_code == 403


def test_keys_and_releases_on_the_command_line(app: Flask, at, tmp_path: Path) -> None:
    at(noon(date(2026, 10, 14)))
    place = tmp_path / "q4.key"
    words = "five unrelated words of mine"
    runner = CliRunner()

    def candor(*arguments: str, typed: str = ""):
        return runner.invoke(command_line(), ["survey", *arguments], obj=app, input=typed)

    made = candor("key", "new", "2026-Q4", "--file", str(place), typed=f"{words}\n{words}\n")
    assert made.exit_code == 0, made.output
    assert place.stat().st_mode & 0o777 == 0o400
    assert words not in made.output
    assert isinstance(
        candor("key", "new", "2026-Q4", "--file", str(place), typed=f"{words}\n{words}\n").exception, NotAllowed
    )
    a_crew_answers(a_crew(5), date(2026, 10, 14))
    at(noon(date(2026, 11, 9)))
    released = candor("release", "2026-10", "--key", str(place), "--json", typed=f"{words}\n")
    report = json.loads(released.stdout[released.stdout.index("{") :])
    assert [(row["n_band"], row["first_month"]) for row in report["released"]] == [("5-9", "2026-10")]
    assert (report["counted_at_least"], report["waiting"]) == (5, [])
    assert "each as in the trail" in candor("check").output


def test_a_key_made_elsewhere_is_not_registered_by_itself(app: Flask, at, tmp_path: Path) -> None:
    words = "five unrelated words of mine"
    made = CliRunner().invoke(
        command_line(),
        ["survey", "key", "new", "2026-Q4", "--file", str(tmp_path / "a.key"), "--only-file"],
        obj=app,
        input=f"{words}\n{words}\n",
    )
    assert "Nothing was registered" in made.output
    assert queries.keys() == []


def test_the_custodian_is_told_once_that_a_release_is_due(app: Flask, at) -> None:
    a_registered_key()
    custodian = someone(Role.CUSTODIAN, everywhere=True)
    at(noon(date(2026, 11, 8)))
    assert run(jobs.remind_custodian, INSTALLER, "test") == "0 reminders"
    at(noon(date(2026, 11, 9)))
    assert run(jobs.remind_custodian, INSTALLER, "test") == "1 reminders"
    assert run(jobs.remind_custodian, INSTALLER, "test") == "0 reminders"
    told = db.session.scalars(select(Notification.target).where(Notification.person_id == custodian.person.id)).all()
    assert told == ["/survey/releases?month=2026-10"]
    mail = db.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "mail")).all()
    assert [message.payload["subject"] for message in mail] == ["Candor: the survey of 2026-10 can be released"]


def test_the_demonstrations_custodian_says_what_it_breaks(app: Flask, tmp_path: Path) -> None:
    first = make_demonstration_custodian([QUARTER, QUARTER.next], tmp_path)
    assert first == make_demonstration_custodian([QUARTER, QUARTER.next], tmp_path)
    assert "A real custodian" in (key_folder(tmp_path) / "README.txt").read_text()
    assert sorted(path.name for path in key_folder(tmp_path).glob("*.key")) == [
        "survey-2026-Q4.key",
        "survey-2027-Q1.key",
    ]
