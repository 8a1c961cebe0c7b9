"""Who may open the pages, what a site sees, and what the pages say when there is little to say."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest
from flask import Flask

from behavior_metrics.climate import views as climate_views
from behavior_metrics.counting.queries import NAMES
from behavior_metrics.dashboard import views
from behavior_metrics.linkage import pictures as linkage_pictures
from behavior_metrics.summaries import queries as reading
from behavior_metrics.summaries.jobs import fold_summaries
from lms.permissions import Role
from lms.web.times import show_day
from tests.architecture.checkout import ROOT
from tests.factories.behavior import (
    history,
    moment,
    opened,
    qa_after_a_life,
    qa_of_the_network,
    quarter,
    release_climate,
)
from tests.factories.people import Beginning, Someone, a_site, a_team, someone
from tests.pdf_text import pages_of

LAST = quarter(1)
PAGES = (
    "/behavior", "/behavior/linkage", "/behavior/team.csv", "/behavior/sites.csv", "/behavior/climate.csv",
    "/behavior/linkage-rows.csv", "/behavior/linkage-estimates.csv", "/behavior/linkage-method.txt",
    f"/behavior/records?figure=recurrences&quarter={LAST}", f"/behavior?known_on={LAST.last_day}",
    f"/behavior/records?figure=recorded_later&quarter={LAST}&known_on={LAST.last_day}",
)  # fmt: skip


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.QA])
def test_nobody_but_quality_assurance_opens_them(app: Flask, sign_in: Any, role: Role) -> None:
    a_team(a_site())
    browser = sign_in(someone(role, a_site(), everywhere=True))
    assert {browser.get(page).status_code for page in PAGES} == {403}
    assert browser.post("/behavior/linkage/run").status_code == 403
    assert "/behavior" not in browser.get("/").get_data(as_text=True)


def test_quality_assurance_opens_all_of_them_also_before_anything_happened(app: Flask, sign_in: Any) -> None:
    browser = opened(sign_in(qa_of_the_network(a_site())))
    empty = {page: browser.get(page).status_code for page in PAGES}
    assert empty == {page: 404 if page == "/behavior/team.csv" else 200 for page in PAGES}
    a_team(a_site())
    assert {browser.get(page).status_code for page in PAGES} == {200}


def test_qa_of_a_site_sees_its_own_site_and_no_other(app: Flask, sign_in: Any) -> None:
    mine, theirs = a_site("AAA"), a_site("BBB")
    my_team, their_team = a_team(mine, "Blue"), a_team(theirs, "Red")
    with history(qa_of_the_network(mine)) as past:
        past.batches(mine, my_team, LAST, 2)
        past.deviation(theirs, their_team, moment(LAST, 1))
        past.recurrence(theirs, their_team, moment(LAST, 2))
        past.recurrence(theirs, their_team, moment(LAST, 80), hours_late=24 * 30)
    release_climate(LAST, 5.0, team=their_team)
    browser = opened(sign_in(someone(Role.QA, mine)))
    for page in PAGES:
        text = browser.get(page).get_data(as_text=True)
        assert "Site BBB" not in text, page
        assert "Red" not in text, page
        assert "recorded later" not in text, page
    assert browser.get(f"/behavior?team={their_team.id}").status_code == 404
    assert browser.get(f"/behavior/commitments?team={their_team.id}&quarter={LAST}").status_code == 404
    assert browser.get(f"/behavior/records?figure=recurrences&team={their_team.id}&quarter={LAST}").status_code == 404
    for figure in ("recurrences", "recorded_later"):
        listed = browser.get(f"/behavior/records?figure={figure}&site={theirs.id}&quarter={LAST}")
        assert "0 records" in listed.get_data(as_text=True)


def test_many_sites_come_by_the_page_with_their_teams_and_each_of_them_once(
    app: Flask, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "SITES", 2)
    monkeypatch.setattr(linkage_pictures, "MOST_TEAMS", 2)
    qa = qa_of_the_network(a_site("AAA"))
    codes = ["AAA", "BBB", "CCC", "DDD", "EEE"]
    teams = [a_team(a_site(code), f"Team of {code}") for code in codes]
    with history(qa) as past:
        for code, team in zip(codes[:4], teams, strict=False):
            past.batches(a_site(code), team, LAST, 2)
            past.batches(a_site(code), team, quarter(2), 2)
    for team in teams:
        release_climate(quarter(2), 5.0, team=team)
    browser = opened(sign_in(qa))
    tables = [browser.get(f"/behavior?page={page}").get_data(as_text=True).split("</select>")[1] for page in (1, 2, 3)]
    for place, code in enumerate(codes):
        shown = [f"Site {code}: Team of {code}</th>" in table for table in tables]
        assert shown == [page == place // 2 for page in range(3)], code
    assert "Page 2 of 3" in tables[1]
    assert "Page 3 of 3" in browser.get("/behavior?page=99").get_data(as_text=True)
    assert tables[1].count(", page 2 of 3 of the sites") == 2, "said where it is printed as well"
    assert "Without batches in these quarters: Site EEE." in tables[2]
    assert browser.get("/behavior/sites.csv").get_data(as_text=True).count(f'"{LAST}"') == 5
    study = browser.get("/behavior/linkage").get_data(as_text=True)
    assert "Shown are the first 2 of 5 teams by name" in study
    assert "Team of BBB</th>" in study
    assert "Team of CCC</th>" not in study
    report = " ".join(pages_of(browser.get("/behavior/linkage.pdf").data))
    assert "Shown are the first 2 of 5 teams by name" in report, "nothing is left out unsaid on paper"
    rows = browser.get("/behavior/linkage-rows.csv").get_data(as_text=True)
    assert [code for code in codes if f"Team of {code}" in rows] == codes


def test_one_site_is_told_that_it_cannot_tell_yet_and_what_is_missing(app: Flask, sign_in: Any) -> None:
    site, team = a_site(), a_team(a_site())
    with history(qa_of_the_network(site)) as past:
        past.batches(site, team, LAST, 2)
    release_climate(quarter(2), 5.0, team=team)
    page = opened(sign_in(someone(Role.QA, site))).get("/behavior/linkage").get_data(as_text=True)
    assert "Cannot tell yet." in page
    assert "7 more" in page, "one site of eight"
    assert "not from these sites alone" in page
    assert "caused" not in page.replace("brought", "")


def test_a_quarter_that_changed_says_so_and_the_past_day_is_named_on_page_and_file(app: Flask, sign_in: Any) -> None:
    site, team = a_site(), a_team(a_site())
    with history(qa_of_the_network(site)) as past:
        past.batches(site, team, quarter(2), 2)
        past.deviation(site, team, moment(quarter(2), 1))
        past.recurrence(site, team, moment(quarter(2), 80), hours_late=24 * 30)
    browser = opened(sign_in(someone(Role.QA, site)))
    now = browser.get("/behavior").get_data(as_text=True)
    assert now.count("+1 recorded later</a>") == 4, "team and site, each in a sentence and in its table"
    address = f"?known_on={quarter(2).last_day}"
    then = browser.get(f"/behavior{address}").get_data(as_text=True)
    assert "recorded later" not in then
    assert "Show what is known now" in then
    assert f"{show_day(quarter(2).last_day)}</time>" in then.split("as known on", 1)[1][:80]
    for name, figure in ((f"sites.csv{address}", 0), ("sites.csv", 1)):
        lines = browser.get(f"/behavior/{name}").data.decode("utf-8-sig").splitlines()
        heading = next(line for line in lines if line.startswith('"site","quarter"'))
        row = next(line for line in lines if f'"{quarter(2)}"' in line)
        cells = dict(zip(heading.split(","), row.split(","), strict=True))
        assert (cells['"recurrences"'], cells['"recorded_later"']) == (str(figure), str(figure)), name
        known = next(line for line in lines if line.startswith('"As known on"'))
        assert (show_day(quarter(2).last_day) in known) == (figure == 0)


def test_an_address_that_names_no_figure_is_refused_in_words(app: Flask, sign_in: Any) -> None:
    browser = opened(sign_in(qa_of_the_network(a_site())))
    for address in ("records?figure=people&quarter=2026-Q1", "records?figure=recurrences&quarter=never", "commitments"):
        answer = browser.get(f"/behavior/{address}")
        assert answer.status_code == 422
        assert "This address names no" in answer.get_data(as_text=True)


def test_a_team_that_reports_nothing_is_unknown_and_never_a_hundred_percent(app: Flask, sign_in: Any) -> None:
    site, team = a_site(), a_team(a_site())
    qa = qa_of_the_network(site)
    with history(qa) as past:
        past.batches(site, team, LAST, 2)
    page = opened(sign_in(qa)).get("/behavior").get_data(as_text=True)
    assert "100 %" not in page.split("Show as table", 1)[1].split("</table>")[0]
    assert page.count("unknown") >= 3


def test_four_commitments_are_not_enough_for_a_share_and_five_are(app: Flask, sign_in: Any) -> None:
    site, team = a_site(), a_team(a_site())
    qa, coach = qa_of_the_network(site), someone(Role.COACH, site)
    people = [someone(Role.OPERATOR, site, team=team) for _ in range(3)]
    with history(qa) as past:
        past.commitments(coach, people[0], moment(LAST, 5), kept=2, late=0, open_=0)
        past.commitments(coach, people[1], moment(LAST, 6), kept=2, late=0, open_=0)
    browser = opened(sign_in(qa))
    assert "not enough yet" in browser.get("/behavior").get_data(as_text=True).split("Show as table")[1]
    with history(qa) as past:
        past.commitments(coach, people[2], moment(LAST, 7), kept=0, late=1, open_=0)
    assert "<b>80 %</b>" in browser.get("/behavior").get_data(as_text=True)


def test_a_file_cannot_run_as_a_formula_and_says_who_made_it_when_and_how(app: Flask, sign_in: Any) -> None:
    site, team = a_site(), a_team(a_site(), "=HYPERLINK(1)")
    qa = qa_of_the_network(site)
    release_climate(LAST, 5.0, team=team)
    browser = opened(sign_in(qa))
    answer = browser.get("/behavior/climate.csv")
    assert answer.headers["Content-Disposition"].endswith('filename="team-climate.csv"')
    text = answer.data.decode("utf-8-sig")
    assert '"\'=HYPERLINK(1)"' in text
    assert '"Made by","Ana Ferreira"' in text
    assert "voice-climate 1" in text
    assert '"As known on","' in text


def test_a_page_reads_every_figure_that_it_shows(
    beginning: Beginning, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those it does not ask for are not read: with all of them read it is the same to the letter."""
    qa = beginning(qa_after_a_life, ("AAA", "BBB"))
    teams = [a_team(a_site(code), "Blue") for code in ("AAA", "BBB")]
    for back in range(2, 9):
        release_climate(quarter(back), 4.0 + back % 3, team=teams[back % 2])
    with history(qa) as past:
        for kind in ("deviation", "good_catch"):
            past.deviation(a_site("AAA"), teams[0], moment(quarter(3), 85), kind=kind, hours_late=24 * 30.0)
    browser = opened(sign_in(qa))
    pages = (*PAGES, "/behavior?known_on=" + f"{quarter(2).last_day}", "/behavior/linkage/left-out")

    def shown(page: str) -> str:
        # but for the form's secret and the moment of asking
        return re.sub(r'csrf.token"[^>]*|\d\d:\d\d(:\d\d\.\d+)?', "", browser.get(page).get_data(as_text=True))

    counted_live = {page: shown(page) for page in pages}
    fold_summaries()
    asked = {page: shown(page) for page in pages}
    assert asked == counted_live, "what is kept is what the records say"
    with history(qa) as past:  # some quarters of some sites are counted from their records, the others read
        past.batches(a_site("BBB"), teams[1], LAST, 2)
        past.recurrence(a_site("BBB"), None, moment(quarter(2), 30), step="harvest")
    partly = {page: shown(page) for page in pages}
    assert partly != asked
    fold_summaries()
    asked = {page: shown(page) for page in pages}
    for page in pages:
        assert asked[page] == partly[page], page
    assert "recorded later" in asked["/behavior"]
    monkeypatch.setattr(reading, "_read_of", lambda _asks: list(NAMES))
    for page in pages:
        assert shown(page) == asked[page], page
    monkeypatch.setattr(reading, "_read_of", lambda _asks: ["batches"])
    assert shown("/behavior") != asked["/behavior"], "else nothing was compared"


def test_the_pages_need_few_statements_however_much_there_is(app: Flask, sign_in: Any, queries: Any) -> None:
    site = a_site()
    qa = qa_of_the_network(site)

    def statements() -> dict[str, int]:
        browser = opened(sign_in(qa))
        found = {}
        for page in PAGES:
            with queries() as seen:
                assert browser.get(page).status_code == 200
            found[page] = len(seen)
        return found

    team = a_team(site)
    few = statements()
    others = [a_site(code, "Asia/Tokyo") for code in ("BBB", "CCC")]
    teams = [a_team(other) for other in others]
    with history(qa) as past:
        for other, its_team in zip(others, teams, strict=True):
            past.batches(other, its_team, LAST, 3)
        past.batches(site, team, LAST, 3)
        past.deviation(site, team, moment(LAST, 1))
        past.recurrence(site, team, moment(LAST, 2))
    assert statements() == few
    assert max(few.values()) <= 6, few


def test_importing_the_room_loads_no_statistics(app: Flask) -> None:
    program = (
        "import sys, behavior_metrics.wiring; print([m for m in ('numpy', 'scipy', 'pandas') if m in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_the_home_page_gives_quality_assurance_the_figure_and_its_list(app: Flask, sign_in: Any, queries: Any) -> None:
    site, team = a_site(), a_team(a_site())
    qa: Someone = qa_of_the_network(site)
    with history(qa) as past:
        past.batches(site, team, LAST, 4)
        past.deviation(site, team, moment(LAST, 1))
        past.recurrence(site, team, moment(LAST, 3))
    browser = opened(sign_in(qa))
    page = browser.get("/today/figures").get_data(as_text=True)
    assert "Recurrences this quarter" in page
    assert "last quarter 1 in 4" in page
    assert f"/behavior/records?figure=recurrences&amp;quarter={quarter(0)}" in page


def test_who_answered_is_listed_for_the_teams_of_the_page(
    app: Flask, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = a_site("AAA")
    for name in ("Blue", "Red"):
        release_climate(LAST, 5.0, team=a_team(site, name))
    release_climate(LAST, 4.0, site=site)
    monkeypatch.setattr(climate_views, "TEAMS", 1)
    browser = opened(sign_in(qa_of_the_network(site)))

    def listed(page: int) -> list[str]:
        text = browser.get(f"/behavior/climate?page={page}").get_data(as_text=True)
        assert "3 released figures" in text
        assert "of the teams on this page; the file has all of them" in text
        return re.findall(r'<tr><th scope="row">([^<]+)', text[text.index('id="response"') :])

    assert [name.split(": ")[-1].strip() for name in listed(1)] == ["Blue"]
    # the last page has what small teams gave together, and stands for any beyond it
    assert listed(2) == listed(9)
    assert [name.split(": ")[-1].strip() for name in listed(2)] == [site.name, "Red"]
    assert len(browser.get("/behavior/climate-response.csv").get_data(as_text=True).splitlines()) > 3
