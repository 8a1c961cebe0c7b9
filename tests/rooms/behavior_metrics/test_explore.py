"""Exploring what is counted: within the reader's sites, each figure with its list, the file as the page, and no person."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from behavior_metrics.explore.rules import MOST, Measure, Split
from behavior_metrics.summaries import jobs
from lms.permissions import Role
from tests.factories.behavior import (
    a_life,
    history,
    moment,
    opened,
    qa_after_a_life,
    qa_of_the_network,
    quarter,
    release_climate,
)
from tests.factories.people import Beginning, Someone, a_site, a_team, someone

PAGE = "/behavior/explore"
LAST = quarter(1)
#: Ways to look at it that may be answered at once.
ASKED = tuple(
    f"split={split}&measure={measure}&second=classified&per={per}"
    for split in Split
    for measure, per in (("recurrences", "rate"), ("after_action", "rate"), ("independent", "count"))
)
SignIn = Callable[[Someone], FlaskClient]


def block_of(text: str) -> Any:
    """Give the data block of a page, as its script reads it."""
    found = re.search(r'<script type="application/json" data-explore-data>(.*?)</script>', text, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def points_of(block: Any) -> Iterator[tuple[str, Any]]:
    """Give every point of a block with the key of its line."""
    for track in block["tracks"]:
        for line in track["lines"]:
            for point in line["points"]:
                yield line["key"], point


def rows_of(browser: FlaskClient, query: str) -> list[dict[str, str]]:
    text = browser.get(f"{PAGE}.csv?{query}").data.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def table_links(text: str) -> set[tuple[str, int]]:
    return {(unescape(address), int(n)) for address, n in re.findall(r'<a href="(/[^"]+)">(\d+)</a>', text)}


@pytest.mark.parametrize("folded", [False, True])
def test_every_figure_of_table_and_block_opens_the_list_that_it_counts(
    beginning: Beginning, sign_in: SignIn, *, folded: bool
) -> None:
    qa = beginning(qa_after_a_life, ("AAA", "BBB"), ("Pacific/Kiritimati", "America/Los_Angeles"))
    if folded:
        while jobs.fold_summaries():
            pass
    browser, looked_at = sign_in(qa), 0
    for query in (
        *ASKED,
        f"split=team&place={a_site('BBB').id}",
        f"split=all&place={a_team(a_site('AAA'), 'Blue').id}",
    ):
        text = browser.get(f"{PAGE}?{query}&since={quarter(3)}&until={quarter(1)}").get_data(as_text=True)
        found = table_links(text)
        in_block = {point["href"] for _key, point in points_of(block_of(text))}
        assert {address for address, _n in found} <= in_block, "the picture and the table lead to the same lists"
        for address, figure in sorted(found):
            told = re.search(r"(\d+) records?\b", browser.get(address).get_data(as_text=True))
            assert told is not None
            assert int(told[1]) == figure, (query, address)
            looked_at += figure > 0
    assert looked_at > 60


def test_batches_of_a_place_open_the_list_of_batches(beginning: Beginning, sign_in: SignIn) -> None:
    qa = beginning(qa_after_a_life, ("AAA", "BBB"))
    browser = sign_in(qa)
    for split in ("site", "team"):
        text = browser.get(f"{PAGE}?measure=batches&split={split}").get_data(as_text=True)
        found = [(address, n) for address, n in table_links(text) if n]
        assert len(found) == 16
        for address, figure in found:
            listed = unescape(browser.get(address).get_data(as_text=True))
            assert re.search(rf"\b{figure} batch", listed), address
    for query in ("measure=batches&split=product", "measure=batches&split=all"):
        text = browser.get(f"{PAGE}?{query}").get_data(as_text=True)
        assert table_links(text) == set(), "no list of batches can be narrowed to this"


def test_the_file_holds_what_the_page_and_its_block_hold(beginning: Beginning, sign_in: SignIn) -> None:
    qa = beginning(qa_after_a_life, ("AAA", "BBB"))
    team = a_team(a_site("AAA"), "Blue")
    release_climate(LAST, 5.25, team=team)
    browser = opened(sign_in(qa))
    for query in (*ASKED, "measure=batches&split=product", f"split=all&place={team.id}&second=climate"):
        block = block_of(browser.get(f"{PAGE}?{query}").get_data(as_text=True))
        drawn = [
            (key, point["value"], point["low"], point["high"], point["standing"]) for key, point in points_of(block)
        ]
        rows = rows_of(browser, query)
        written = [
            (row["code"], *(float(row[name]) if row[name] else None for name in ("value", "low", "high")), row["told"])
            for row in rows
        ]
        assert written == drawn, query
        assert written, query
    assert browser.get(f"{PAGE}.xlsx").data[:2] == b"PK"


def test_qa_of_a_site_sees_nothing_of_another(beginning: Beginning, sign_in: SignIn) -> None:
    qa = beginning(qa_after_a_life, ("AAA", "BBB"))
    mine, theirs = a_site("AAA"), a_site("BBB")
    team = a_team(theirs, "Red")
    with history(qa) as past:
        past.batches(theirs, team, LAST, 7)
    browser, everybody = sign_in(someone(Role.QA, mine)), sign_in(qa)
    for _ in range(2):
        for query in ASKED:
            for address in (f"{PAGE}?{query}", f"{PAGE}.csv?{query}"):
                text = browser.get(address).get_data(as_text=True)
                assert "Site BBB" not in text, address
                assert str(theirs.id) not in text, address
                assert str(team.id) not in text, address
        n = {
            who: sum(int(row["n"]) for row in rows_of(who, "split=all&measure=batches&per=count"))
            for who in (browser, everybody)
        }
        assert n[browser] == 48
        assert n[everybody] == 48 * 2 + 7
        while jobs.fold_summaries():
            pass
    for place in (theirs.id, team.id, "x"):
        for address in (f"{PAGE}?place={place}", f"{PAGE}.csv?place={place}"):
            assert browser.get(address).status_code == 404, address


def test_climate_is_not_offered_and_not_told_before_the_figures_are_open(beginning: Beginning, sign_in: SignIn) -> None:
    qa = beginning(qa_after_a_life, ("AAA",))
    team = a_team(a_site("AAA"), "Blue")
    release_climate(LAST, 5.37, team=team)
    browser = sign_in(qa)
    page = browser.get(f"{PAGE}?place={team.id}&split=all").get_data(as_text=True)
    assert 'value="climate"' not in page
    assert "Team climate is not offered yet: open the figures first." in page
    for query in (f"place={team.id}&split=all&second=climate", "second=climate", "second=climate&measure=batches"):
        closed = browser.get(f"{PAGE}?{query}").get_data(as_text=True)
        assert "Open the figures" in closed
        assert "5.37" not in closed
        for kind in ("csv", "xlsx"):
            assert browser.get(f"{PAGE}.{kind}?{query}").headers["Location"].startswith("/behavior/figures?next=")
    leads = re.search(r'<a href="(/behavior/figures\?[^"]+)">Open the figures</a>', page)
    assert leads is not None
    gate = browser.get(unescape(leads[1])).get_data(as_text=True)
    target = re.search(r'action="([^"]+)"', gate.split("<main", 1)[1])
    assert target is not None
    back = browser.post(unescape(target[1])).headers["Location"]
    assert back == f"{PAGE}?place={team.id}&split=all", "to what was looked at"
    assert 'value="climate"' in browser.get(back).get_data(as_text=True)
    shown = browser.get(f"{back}&second=climate").get_data(as_text=True)
    climate = block_of(shown)["tracks"][1]
    assert [point["shown"] for point in climate["lines"][0]["points"] if point["value"]] == ["5.37"]
    assert {point["href"] for point in climate["lines"][0]["points"]} == {None}, (
        "no list stands behind a released figure"
    )
    assert "5.37" in shown.split("<table", 2)[2]


def test_a_team_that_was_too_few_waits_and_small_teams_are_told_together(app: Flask, sign_in: SignIn) -> None:
    site = a_site("AAA")
    a_team(site, "Red")
    release_climate(LAST, 4.25, site=site)
    browser = opened(sign_in(qa_of_the_network(site)))
    page = unescape(browser.get(f"{PAGE}?place={site.id}&second=climate").get_data(as_text=True))
    table = page.rsplit("<table", 1)[1]
    assert table.split(": Red</th>", 1)[1].split("</tr>")[0].count("too few, waits") == 9
    assert "<b>4.25</b>" in table.split("small teams together</th>", 1)[1].split("</tr>")[0]


def test_few_statements_from_counts_kept_ready_and_none_that_scans_deviations(
    beginning: Beginning, sign_in: SignIn, queries: Any
) -> None:
    qa = beginning(qa_after_a_life, ("AAA",))
    while jobs.fold_summaries():
        pass
    team = a_team(a_site("AAA"), "Blue")
    browser = opened(sign_in(qa))
    asked = (*ASKED, f"place={team.id}&split=all&second=climate", "measure=batches&split=team&view=heat")

    def statements() -> dict[str, int]:
        found = {}
        for query in asked:
            for address in (f"{PAGE}?{query}", f"{PAGE}.csv?{query}"):
                with queries() as seen:
                    assert browser.get(address).status_code == 200
                found[address] = len(seen)
                scanning = [one for one in seen if re.search(r"\b(from|join) deviation\b", one, re.IGNORECASE)]
                assert scanning == [], address
        return found

    statements()  # what everybody's pages keep is asked once
    few = statements()
    assert max(few.values()) <= 6, few
    a_life(qa, "BBB", "CCC", "DDD")
    while jobs.fold_summaries():
        pass
    assert statements() == few


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("split=process_step&measure=batches", "A batch has no step, category or cause."),
        ("second=recurrences", "Both measures are the same."),
        (f"since={quarter(0)}&until={quarter(2)}", "The first quarter lies after the last one."),
        (f"since={quarter(MOST)}", "can be explored."),
    ],
)
def test_what_cannot_be_answered_is_said_at_its_field_and_the_choice_stays(
    app: Flask, sign_in: SignIn, query: str, sentence: str
) -> None:
    browser = sign_in(qa_of_the_network(a_site("AAA")))
    answer = browser.get(f"{PAGE}?{query}&per=count")
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    error = text.split('class="field-error"', 1)[1].split("</p>")[0]
    assert sentence in error
    assert '<option value="count" selected>' in text
    assert "data-explore-data" not in text
    assert browser.get(f"{PAGE}.csv?{query}").status_code == 422
    assert browser.get(f"{PAGE}?measure=people").status_code == 422


def test_nobody_is_named_and_nothing_can_be_split_by_a_person(beginning: Beginning, sign_in: SignIn) -> None:
    beginning(qa_after_a_life, ("AAA",))
    site = a_site("AAA")
    team = a_team(site, "Blue")
    someone(Role.OPERATOR, site, team=team, name="Olga Silent")
    reader = sign_in(someone(Role.QA, site, everywhere=True, name="Rita Reader"))
    for query in (*ASKED, f"place={team.id}&split=all"):
        body = reader.get(f"{PAGE}?{query}").get_data(as_text=True).split("<main", 1)[1].split("</main>")[0]
        for name in ("Olga", "Silent", "Ana Ferreira", "Rita"):
            assert name not in body, query
            assert name not in reader.get(f"{PAGE}.csv?{query}").get_data(as_text=True), query
    assert reader.get(f"{PAGE}?split=person").status_code == 422


def test_a_name_does_not_leave_the_data_block(app: Flask, sign_in: SignIn) -> None:
    site = a_site("AAA")
    name = "</script><img src=x onerror=alert(1)>"
    team = a_team(site, name)
    qa = qa_of_the_network(site)
    with history(qa) as past:
        past.batches(site, team, LAST, 2)
    text = sign_in(qa).get(f"{PAGE}?split=team").get_data(as_text=True)
    assert "<img" not in text
    assert block_of(text)["tracks"][0]["lines"][0]["name"] == f"Site AAA: {name}"


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.QA])
def test_nobody_but_quality_assurance_explores(app: Flask, sign_in: SignIn, role: Role) -> None:
    browser = sign_in(someone(role, a_site(), everywhere=True))
    for address in (PAGE, f"{PAGE}.csv", f"{PAGE}.xlsx", f"{PAGE}?second=climate"):
        assert browser.get(address).status_code == 403


def test_sites_stand_by_name_and_the_smallest_is_hollow(app: Flask, sign_in: SignIn) -> None:
    qa = qa_of_the_network(a_site("AAA"))
    small, busy = a_site("AAA"), a_site("BBB")
    with history(qa) as past:
        past.batches(small, None, LAST, 2)
        past.batches(busy, None, LAST, 40)
        past.deviation(busy, None, moment(LAST, 1), step="harvest")
        for number in range(9):
            past.recurrence(busy, None, moment(LAST, 10 + number), step="harvest")
    rows = rows_of(sign_in(qa), f"split=site&since={LAST}&until={LAST}")
    assert [(row["name"], row["n"], row["batches"], row["told"]) for row in rows] == [
        ("Site AAA", "0", "2", "untold"), ("Site BBB", "9", "40", "told"),
    ]  # fmt: skip
    page = sign_in(qa).get(f"{PAGE}?split=site&since={LAST}&until={LAST}").get_data(as_text=True)
    assert page.count(" cannot tell yet</span>") == 1
    assert 'class="hollow l1"' in page, "the server's picture draws it hollow as well"


def test_many_lines_come_in_pages_and_the_file_has_all(app: Flask, sign_in: SignIn) -> None:
    qa, site = qa_of_the_network(a_site("AAA")), a_site("AAA")
    for number in range(53):
        a_team(site, f"Team {number:02d}")
    browser = sign_in(qa)
    first, second = (
        block_of(browser.get(f"{PAGE}?split=team&page={at}").get_data(as_text=True))["tracks"][0]["lines"]
        for at in (1, 2)
    )
    assert [len(first), len(second)] == [50, 3]
    assert second[0]["name"] == "Site AAA: Team 50"
    assert len({row["code"] for row in rows_of(browser, "split=team")}) == 53


def test_the_library_is_asked_for_by_this_page_alone_and_only_by_its_script(
    app: Flask, beginning: Beginning, sign_in: SignIn
) -> None:
    qa = beginning(qa_after_a_life, ("AAA",))
    browser = opened(sign_in(qa))
    page = browser.get(PAGE).get_data(as_text=True)
    assert "echarts" not in "".join(re.findall(r"<(?:script|link)[^>]*>", page)), "nothing waits for 700 kB"
    assert re.search(r'data-library="/static/\w+/vendor/echarts/', page)
    others = [rule.rule for rule in app.url_map.iter_rules() if "GET" in rule.methods and not rule.arguments]
    others.remove(PAGE)
    with_it = [
        rule for rule in others if rule != "/sign-out" and re.search(rb"echarts|candor/explore", browser.get(rule).data)
    ]
    assert with_it == []


def test_measures_are_figures_that_are_kept(app: Flask) -> None:
    from behavior_metrics.counting.queries import FIGURES

    assert {str(one) for one in Measure} - set(FIGURES) == {"batches", "climate"}
