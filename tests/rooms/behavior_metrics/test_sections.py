"""The pages of Behaviour for quality assurance: each figure opens its list, and nothing of another site is told."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from behavior_metrics.summaries import jobs
from lms.network.models import Site
from lms.permissions import Role
from lms.recurrences.commands import decide_recurrence
from lms.recurrences.rules import R3
from lms.unit_of_work import run
from tests.factories.behavior import (
    a_life,
    history,
    moment,
    qa_after_a_life,
    qa_of_the_network,
    quarter,
    release_climate,
)
from tests.factories.capas import an_action, in_place
from tests.factories.deviations import classified, recurrence_of
from tests.factories.people import Beginning, Someone, a_site, a_team, someone

LAST = quarter(1)
PAGES = (
    "/behavior/recurrence", "/behavior/climate", "/behavior/coaching", "/behavior/comparability", "/behavior/quality",
    "/behavior/quality/months",
)  # fmt: skip
FILES = tuple(
    f"/behavior/{name}.{kind}"
    for name in (
        "recurrence", "recurrence-quarters", "recurrence-growth", "recurrence-reporting",
        "climate-reliability", "climate-response", "coaching",
        "coaching-waits", "coaching-starts", "comparability", "quality", "quality/months",
    )
    for kind in ("csv", "xlsx")
)  # fmt: skip
_LINK = re.compile(r'<a href="(/behavior/records\?[^"]+)">(\d+)</a>')


@pytest.fixture
def sign_in(sign_in: Callable[[Someone], FlaskClient]) -> Callable[[Someone], FlaskClient]:
    """Return a function that gives a browser in which somebody is signed in and has opened the room's figures."""

    def signed_in(someone: Someone) -> FlaskClient:
        browser = sign_in(someone)
        browser.post("/behavior/figures")  # refused to who may not see them
        return browser

    return signed_in


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.QA])
def test_nobody_but_quality_assurance_opens_them(app: Flask, sign_in: Any, role: Role) -> None:
    browser = sign_in(someone(role, a_site(), everywhere=True))
    assert {browser.get(page).status_code for page in (*PAGES, *FILES)} == {403}


def test_before_anything_happened_each_says_what_it_takes(app: Flask, sign_in: Any) -> None:
    browser = sign_in(qa_of_the_network(a_site()))
    for page in (*PAGES, *FILES):
        assert browser.get(page).status_code == 200, page
    assert "Cannot tell yet" in browser.get("/behavior/recurrence").get_data(as_text=True)
    assert "it takes 3 sites" in browser.get("/behavior/comparability").get_data(as_text=True)


@pytest.mark.parametrize("folded", [False, True])
def test_each_figure_opens_the_records_that_it_counts(beginning: Beginning, sign_in: Any, *, folded: bool) -> None:
    zones = ("Pacific/Kiritimati", "America/Los_Angeles", "UTC")
    qa = beginning(qa_after_a_life, ("AAA", "BBB", "CCC"), zones)
    if folded:
        jobs.fold_summaries()
    browser = sign_in(qa)
    looked_at = 0
    for page in (
        "/behavior/recurrence",
        f"/behavior/recurrence?site={a_site('BBB').id}",
        "/behavior/comparability",
        "/behavior/quality",
        "/behavior/coaching",
    ):
        text = browser.get(page).get_data(as_text=True)
        found = {(unescape(address), int(figure)) for address, figure in _LINK.findall(text)}
        assert found, page
        for address, figure in sorted(found):
            listed = browser.get(address).get_data(as_text=True)
            told = re.search(r"(\d+) records?\b", listed)
            assert told is not None
            assert int(told.group(1)) == figure, (page, address)
            looked_at += figure > 0
    assert looked_at > 40


def came_back_after_an_action(qa: Someone, site: Site) -> None:
    """An action is in place between two of the same, and QA confirms that it did not help."""
    operator = someone(Role.OPERATOR, site)
    first = classified(operator, qa, days_ago=150, site=site)
    in_place(qa, an_action(qa, first, someone(Role.SITE_LEAD, site), days_ago=140).id, days_ago=125)
    match = recurrence_of(classified(operator, qa, days_ago=7, site=site), R3)
    assert match is not None
    run(
        decide_recurrence,
        qa.signing,
        "x",
        match.id,
        version=match.version,
        decision="confirmed",
        reason="the same again",
    )


@pytest.mark.parametrize("chosen", ["", "BBB"], ids=["all sites", "one site"])
def test_what_is_kept_ready_says_what_the_records_say(beginning: Beginning, sign_in: Any, chosen: str) -> None:
    qa = beginning(qa_after_a_life, ("AAA", "BBB", "CCC"))
    came_back_after_an_action(qa, a_site("BBB"))
    query = f"?site={a_site(chosen).id}" if chosen else ""
    files = [f"{file}{query}" for file in FILES if file.endswith(".csv")]
    browser = sign_in(qa)
    counted = {file: browser.get(file).get_data(as_text=True) for file in files}
    assert jobs.fold_summaries() > 0
    assert {file: browser.get(file).get_data(as_text=True) for file in files} == counted
    # and every figure of the table by step, cause, category and product is more than noughts, or it would prove nothing
    lines = csv.DictReader(counted[f"/behavior/recurrence.csv{query}"].lstrip("\ufeff").splitlines())
    by_code = [line for line in lines if line["by"] != "all"]
    for figure in ("classified", "recurrences", "self_reported", "independent", "after_action"):
        assert any(line[figure] not in {"", "0"} for line in by_code), figure


def test_qa_of_a_site_sees_nothing_of_another(beginning: Beginning, sign_in: Any) -> None:
    qa = beginning(qa_after_a_life, ("AAA", "BBB"))
    mine, theirs = a_site("AAA"), a_site("BBB")
    team = a_team(theirs, "Red")
    release_climate(LAST, 5.0, team=team)
    browser = sign_in(someone(Role.QA, mine))
    for _ in range(2):
        for page in (*PAGES, *(one for one in FILES if one.endswith("csv"))):
            text = browser.get(page).get_data(as_text=True)
            assert "Site BBB" not in text, page
            assert "Red" not in text, page
        jobs.fold_summaries()
    own = browser.get("/behavior/recurrence").get_data(as_text=True)
    whole = sign_in(qa).get("/behavior/recurrence").get_data(as_text=True)
    said = [int(re.findall(r"(\d+) confirmed recurrences", text)[0]) for text in (own, whole)]
    assert 2 * said[0] == said[1] > 0
    for address in (
        f"recurrence?site={theirs.id}",
        f"comparability?site={theirs.id}",
        f"climate?team={team.id}",
        "recurrence?site=x",
    ):
        assert browser.get(f"/behavior/{address}").status_code == 404, address
    months = browser.get(f"/behavior/quality/months?site={theirs.id}").get_data(as_text=True)
    assert "0 months" in months


def test_the_pages_need_few_statements_however_much_there_is(beginning: Beginning, sign_in: Any, queries: Any) -> None:
    qa = beginning(qa_after_a_life, ("AAA",))
    browser = sign_in(qa)

    def statements() -> dict[str, int]:
        found = {}
        for page in (*PAGES, f"/behavior/recurrence?site={a_site('AAA').id}"):
            browser.get(page)
            with queries() as seen:
                browser.get(page)
            found[page] = len(seen)
        return found

    jobs.fold_summaries()
    few = statements()
    assert max(few.values()) <= 6, few
    a_life(qa, "BBB", "CCC", "DDD", "EEE")
    while jobs.fold_summaries():
        pass
    assert statements() == few


def test_a_small_site_is_told_what_it_takes_and_sites_stand_by_name(beginning: Beginning, sign_in: Any) -> None:
    qa = beginning(qa_after_a_life, ("AAA", "BBB", "CCC"))
    small = a_site("DDD")
    with history(qa) as past:
        past.batches(small, None, LAST, 2)
    for page in ("/behavior/recurrence", "/behavior/comparability"):
        text = sign_in(qa).get(page).get_data(as_text=True)
        table = text.split(
            'aria-label="Table: By site"' if "recurrence" in page else 'aria-label="Table: Site by site"', 1
        )[1].split("</table>")[0]
        names = re.findall(r"Site [A-D]{3}", table)
        assert names == ["Site AAA", "Site BBB", "Site CCC", "Site DDD"]
        little = table.split("Site DDD", 1)[1]
        assert "cannot tell yet" in little
        assert "batches needed" in little
        assert "cannot tell yet" not in table.split("Site BBB")[0].split("Site AAA", 1)[1]


def test_two_sites_are_alike_only_when_that_is_shown(beginning: Beginning, sign_in: Any) -> None:
    qa = beginning(qa_after_a_life, ("AAA", "BBB", "CCC"))
    browser = sign_in(qa)
    one, other = a_site("AAA").id, a_site("BBB").id
    text = browser.get(f"/behavior/comparability?site={one}&other={other}").get_data(as_text=True)
    assert "Cannot tell yet whether Site AAA and Site BBB are alike." in unescape(text), (
        "sixteen against sixteen is too few"
    )
    assert "margin of 1.5 was declared" in text
    assert "caused" not in text


def test_what_is_missing_or_late_is_told_with_its_list(app: Flask, sign_in: Any) -> None:
    qa, site = qa_of_the_network(a_site("AAA")), a_site("AAA")
    with history(qa) as past:
        past.batches(site, None, quarter(3), 2)
        past.deviation(site, None, moment(LAST, 1), hours_late=30)
        for number in range(11):
            past.deviation(site, None, moment(LAST, 2 + number), hours_late=number, step="thaw")
    browser = sign_in(qa)
    page = unescape(browser.get("/behavior/quality").get_data(as_text=True))
    late = re.search(r"figure=late[^>]*>(\d+)</a> of <a[^>]*>(\d+)<", page)
    assert late is not None
    assert late.groups() == ("1", "12")
    assert "<b>5 hours</b>" in page, "six of the twelve took five hours or less"
    without = re.search(r"figure=without_team[^>]*>(\d+)<", page)
    assert without is not None
    assert without.group(1) == "12"
    missing = re.search(r'<b><a href="/behavior/quality/months">(\d+)</a></b>', page)
    listed = browser.get("/behavior/quality/months").get_data(as_text=True)
    assert missing is not None
    assert f"{missing.group(1)} months" in listed
    assert int(missing.group(1)) >= 8, "two months of that quarter, then all of two more"
    lines = browser.get("/behavior/quality/months.csv").data.decode("utf-8-sig").strip().splitlines()
    assert len(lines) - 1 == int(missing.group(1))


def test_a_team_that_was_too_few_waits_and_is_not_told(app: Flask, sign_in: Any) -> None:
    site = a_site("AAA")
    told, silent = a_team(site, "Blue"), a_team(site, "Red")
    release_climate(LAST, 5.25, team=told)
    release_climate(LAST, 4.0, site=site)
    page = unescape(sign_in(qa_of_the_network(site)).get("/behavior/climate").get_data(as_text=True))
    row = page.split(f"{site.name}: Red</th>", 1)[1].split("</tr>")[0]
    assert row.count("too few, waits") == 9
    assert "5.25" in page.split(f"{site.name}: Blue</th>", 1)[1].split("</tr>")[0]
    assert "4.00" in page.split("small teams together</th>", 1)[1].split("</tr>")[0]
    other = sign_in(qa_of_the_network(site)).get(f"/behavior/climate?team={silent.id}").get_data(as_text=True)
    assert "nothing is said of this team" in other


def test_reviews_of_few_people_are_no_point(app: Flask, sign_in: Any) -> None:
    site, team = a_site("AAA"), a_team(a_site("AAA"))
    qa = qa_of_the_network(site)
    coach, operator = someone(Role.COACH, site), someone(Role.OPERATOR, site, team=team, name="Olga Silent")
    with history(qa) as past:
        past.batches(site, team, quarter(3), 20)
        past.batches(site, team, quarter(2), 20)
        past.commitments(coach, operator, moment(quarter(3), 20), kept=1, late=0, open_=0)
    page = unescape(sign_in(qa).get("/behavior/coaching").get_data(as_text=True))
    row = next(one for one in page.split("<tr>") if quarter(3).words in one and "Site AAA" in one)
    assert "fewer than 5 people" in row
    assert "Olga" not in page
    assert "regression to the mean" in page
    file = sign_in(qa).get("/behavior/coaching.csv").data.decode("utf-8-sig")
    line = next(one for one in file.splitlines() if str(quarter(3)) in one)
    assert ",fewer than 5 people," in line.replace('"', "")
    assert f"{quarter(3)},," in line.replace('"', "")


def test_the_count_of_reviews_held_opens_a_list_of_as_many(app: Flask, sign_in: Any) -> None:
    site, team = a_site("AAA", "Pacific/Auckland"), a_team(a_site("AAA"))
    qa = qa_of_the_network(site)
    coach, days = someone(Role.COACH, site), (0, 1, 20, 40, 60, 80)
    operators = [someone(Role.OPERATOR, site, team=team) for _ in days]
    with history(qa) as past:
        past.batches(site, team, quarter(3), 20)
        past.batches(site, team, quarter(2), 20)
        for day, operator in zip(days, operators, strict=True):
            past.commitments(coach, operator, moment(quarter(3), day), kept=1, late=0, open_=0)
    browser = sign_in(qa)
    page = unescape(browser.get("/behavior/coaching").get_data(as_text=True))
    row = next(one for one in page.split("<tr>") if quarter(3).words in one and "Site AAA" in one)
    [(address, held)] = re.findall(r'href="(/reviews/overview[^"]*)">(\d+)</a>', row)
    assert int(held) >= 5
    assert f"{held} reviews with these filters" in browser.get(address).get_data(as_text=True)
    assert browser.get("/reviews/overview?from=9999-12-31").status_code == 422
