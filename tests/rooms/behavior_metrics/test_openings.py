"""Climate beside recurrences is shown to who has opened it, on a list of the respondents; a site may take no part at all."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from behavior_metrics.climate.queries import climate
from behavior_metrics.frames.queries import places
from behavior_metrics.linkage.commands import make_nightly_analysis
from behavior_metrics.linkage.kept import Input
from behavior_metrics.linkage.models import AnalysisRun
from coaching.openings.models import AggregateOpening
from coaching.voice.commands import switch_survey
from lms.extensions import db
from lms.permissions import Actor, Role
from lms.unit_of_work import run
from tests.factories.behavior import history, opened, qa_of_the_network, quarter, release_climate
from tests.factories.people import Someone, a_site, a_team, someone

SCORE = "5.37"
#: The score as a figure: not within a time such as 12:35.377.
FIGURE = re.compile(r"(?<![\d.])5\.37(?!\d)")
PAGES = (
    "/behavior", "/behavior/linkage", "/behavior/linkage/left-out", "/behavior/climate", "/behavior/accountability",
    "/behavior/accountability/associations",
)  # fmt: skip
FILES = (
    "/behavior/team.csv", "/behavior/climate.csv", "/behavior/linkage-rows.csv", "/behavior/linkage-rows.xlsx",
    "/behavior/linkage-estimates.csv", "/behavior/linkage-curves.csv", "/behavior/linkage-left-out.csv",
    "/behavior/linkage-method.txt", "/behavior/linkage.pdf", "/behavior/climate-reliability.csv",
    "/behavior/climate-response.xlsx", "/behavior/accountability.csv", "/behavior/accountability.xlsx",
)  # fmt: skip


@pytest.fixture
def qa(app: Flask) -> Someone:
    site = a_site("S00", "Europe/Berlin")
    ana, team = qa_of_the_network(site), a_team(site)
    with history(ana) as past:
        past.batches(site, team, quarter(1), 2)
    release_climate(quarter(2), float(SCORE), team=team)
    return ana


def lines() -> int:
    return db.session.scalar(select(func.count()).select_from(AggregateOpening)) or 0


def switched(on: bool) -> None:  # noqa: FBT001 - as it reads
    custodian = someone(Role.CUSTODIAN, everywhere=True)
    run(switch_survey, custodian.actor, "", a_site("S00").id, on=on, reason="As the works council asked.")


def test_no_page_and_no_file_shows_climate_before_the_look_is_written_down(qa: Someone, sign_in: Any) -> None:
    browser = sign_in(qa)
    for page in PAGES:
        text = browser.get(page).get_data(as_text=True)
        assert "Open the figures" in text, page
        assert not FIGURE.search(text), page
    for file in FILES:
        answer = browser.get(file)
        assert answer.status_code == 302, file
        assert answer.headers["Location"].startswith("/behavior/figures?next=")
        assert "Open the figures" in browser.get(answer.headers["Location"]).get_data(as_text=True)
    assert lines() == 0, "reading writes nothing"
    opened(browser)
    assert lines() == 1
    for page in PAGES + FILES:
        answer = browser.get(page)
        assert answer.status_code == 200, page
        assert b"Open the figures" not in answer.data
    assert SCORE in browser.get("/behavior").get_data(as_text=True)
    assert lines() == 1, "one opening for the room's pages, for eight hours"


def test_the_reader_comes_to_what_they_wanted_and_nowhere_else(qa: Someone, sign_in: Any) -> None:
    browser = sign_in(qa)
    gate = browser.get("/behavior/linkage-rows.csv?x=1", follow_redirects=True).get_data(as_text=True)
    target = re.search(r'action="([^"]+)"', gate.split("<main", 1)[1])
    assert target
    answer = browser.post(target[1].replace("&amp;", "&"))
    assert answer.headers["Location"] == "/behavior/linkage-rows.csv?x=1"
    for elsewhere in ("https://elsewhere.example/", "//elsewhere.example/behavior", "/trail"):
        assert browser.post("/behavior/figures", query_string={"next": elsewhere}).headers["Location"] == "/behavior"


def test_respondents_read_who_looked_at_climate_beside_recurrences(qa: Someone, sign_in: Any) -> None:
    opened(sign_in(qa))
    operator = sign_in(someone(Role.OPERATOR, a_site("S00")))
    page = operator.get("/survey/openings").get_data(as_text=True)
    assert "Ana Ferreira" in page
    assert "Behaviour: team climate beside recurrences" in page


def test_a_site_whose_survey_is_off_takes_no_part_and_the_study_says_why(qa: Someone, sign_in: Any) -> None:
    browser = opened(sign_in(qa))
    assert len(climate(qa.actor, places(qa.actor)).by_team) == 1
    switched(on=False)
    assert climate(qa.actor, places(qa.actor)).by_team == {}
    for page in ("/behavior", "/behavior/climate.csv", "/behavior/linkage", "/behavior/linkage-rows.csv"):
        assert not FIGURE.search(browser.get(page).get_data(as_text=True)), page
    page = browser.get("/behavior/linkage").get_data(as_text=True)
    assert re.search(r">1</a> left out:\s+The survey is off at the site", page)
    run(make_nightly_analysis, Actor.system("make_nightly_analysis"), "due")
    kept = Input.from_text(db.session.scalars(select(AnalysisRun.input)).one())
    assert kept.switched_off == ("S00",)
    assert {row.climate for row in kept.rows} == {None}
    switched(on=True)
    assert len(climate(qa.actor, places(qa.actor)).by_team) == 1


def test_left_out_by_reason_is_a_list_whose_length_is_the_figure(qa: Someone, sign_in: Any) -> None:
    site = a_site("S00")
    teams = [a_team(site, name) for name in ("Red", "Green")]
    with history(qa) as past:
        for team in teams:
            past.batches(site, team, quarter(1), 1)
    release_climate(quarter(2), 4.5, site=site)
    browser = opened(sign_in(qa))
    page = browser.get("/behavior/linkage").get_data(as_text=True)
    figure = re.search(r'href="([^"]+reason=pooled)">(\d+)</a>', page)
    assert figure
    listed = browser.get(figure[1]).get_data(as_text=True)
    assert listed.count("<tr>") - 1 == int(figure[2]) == 2
    file = browser.get("/behavior/linkage-left-out.csv?reason=pooled").get_data(as_text=True)
    assert file.count("given together with other small teams") == 2
    assert browser.get("/behavior/linkage/left-out?reason=people").status_code == 422
