"""Whoever opens published figures is on a list that the respondents can read."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from coaching.openings.models import AggregateOpening
from lms import clock
from lms.extensions import db
from lms.permissions import Role
from tests.factories.people import a_site, someone
from tests.factories.surveys import noon

NOW = noon(date(2026, 11, 20))


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def _count() -> int:
    return db.session.scalar(select(func.count()).select_from(AggregateOpening)) or 0


def test_figures_and_files_stay_shut_until_the_opening_is_written_down(app: Flask, sign_in) -> None:
    browser = sign_in(someone(Role.QA, a_site(), name="Dana Novak"))
    gate = browser.get("/survey/climate").text
    assert "Open the figures" in gate
    assert "Published figures" not in gate
    assert browser.get("/survey/climate.csv").status_code == 302
    assert _count() == 0, "reading writes nothing"
    assert browser.post("/survey/climate").status_code == 303
    assert "Published figures" in browser.get("/survey/climate").text
    assert browser.get("/survey/climate.csv").status_code == 200
    assert browser.get("/survey/climate.xlsx").status_code == 200
    assert _count() == 1


def test_after_eight_hours_it_is_written_down_again(app: Flask, sign_in, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = sign_in(someone(Role.QA, a_site()))
    for hours, seen in ((0, True), (7, True), (8, False)):
        moment = NOW + timedelta(hours=hours)
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        if hours:
            with browser.session_transaction() as cookie:
                cookie["seen"] = moment.timestamp()
        else:
            browser.post("/survey/climate")
        assert ("Published figures" in browser.get("/survey/climate").text) is seen, hours


def test_an_opening_does_not_outlive_the_session_of_its_reader(app: Flask, sign_in) -> None:
    first = someone(Role.QA, a_site())
    browser = sign_in(first)
    browser.post("/survey/climate")
    browser.post("/sign-out")
    other = someone(Role.SITE_LEAD, a_site())
    browser.post("/sign-in", data={"login": other.login, "password": "correct horse battery"})
    assert "Open the figures" in browser.get("/survey/climate").text


def test_respondents_read_who_opened_the_figures_of_their_site_or_of_the_network(app: Flask, sign_in) -> None:
    own, other = a_site("AAA"), a_site("BBB")
    for role, site, name in (
        (Role.QA, own, "Dana Novak"),
        (Role.SITE_LEAD, other, "Bert Lund"),
        (Role.QA, None, "Ana Silva"),
    ):
        sign_in(someone(role, site, everywhere=site is None, name=name)).post("/survey/climate")
    operator = sign_in(someone(Role.OPERATOR, own))
    page = operator.get("/survey/openings").text
    assert "Dana Novak" in page
    assert "20-Nov-2026 13:00 CET" in page
    assert "Ana Silva" in page
    assert "the whole network" in page
    assert "Bert Lund" not in page
    file = operator.get("/survey/openings.csv").get_data().decode("utf-8-sig")
    assert "Bert Lund" not in file
    assert len(file.splitlines()) == 3
    custodian = sign_in(someone(Role.CUSTODIAN, everywhere=True)).get("/survey/openings").text
    assert "Bert Lund" in custodian
    assert sign_in(someone(Role.COACH, own)).get("/survey/openings").status_code == 403
    assert "/survey/openings" in operator.get("/survey/notice").text


def test_whoever_may_not_see_the_figures_leaves_no_line(app: Flask, sign_in) -> None:
    assert sign_in(someone(Role.OPERATOR, a_site())).post("/survey/climate").status_code == 403
    assert _count() == 0
