"""The page of the product's sentence: who may open it, what it says, and that it says nothing of anybody."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask

from behavior_metrics.linkage.commands import make_nightly_analysis
from behavior_metrics.sentence.commands import make_nightly_follow_through
from behavior_metrics.sentence.queries import newest_run, nightly
from behavior_metrics.stats.followthrough import PARTS, Tally, follow_through_index
from lms.network import commands as network
from lms.permissions import Actor, Role
from lms.unit_of_work import run
from tests.factories.accountability import a_full_quarter, qa_and_team_after_a_full_quarter
from tests.factories.behavior import (
    history,
    moment,
    qa_of_the_network,
    qa_with_an_answer,
    quarter,
    release_climate,
)
from tests.factories.people import INSTALLER, Beginning, Someone, a_site, a_team, someone

LAST = quarter(1)
HOME = "/behavior/accountability"
PAGES = (
    HOME, f"{HOME}.csv", f"{HOME}.xlsx", f"{HOME}/associations", f"{HOME}/check", f"{HOME}/weights",
    f"{HOME}/records?part=raised_first", f"{HOME}/records?part=currency_owned&quarter={LAST}&done=1",
)  # fmt: skip


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.QA])
def test_nobody_but_quality_assurance_opens_them(app: Flask, sign_in: Any, role: Role) -> None:
    a_team(a_site())
    browser = sign_in(someone(role, a_site(), everywhere=True))
    assert {browser.get(page).status_code for page in PAGES} == {403}
    assert HOME not in browser.get("/").get_data(as_text=True)


def test_a_full_quarter_has_an_index_with_its_interval_and_opens_its_lists(beginning: Beginning, sign_in: Any) -> None:
    qa, people = beginning(qa_and_team_after_a_full_quarter)
    team = a_team(a_site())
    release_climate(LAST, 5.5, team=team)
    browser = sign_in(qa)
    page = browser.get(HOME).get_data(as_text=True)
    row = next(part for part in page.split("<tr>") if LAST.words in part)
    assert re.search(r"<b>\d\d\.\d</b> <span class=\"sub nw\">\(\d\d\.\d–\d\d\.\d\)", row), row
    assert "5.50" in row
    figures = re.findall(r'href="(/behavior/accountability/records[^"]*)">(\d+)</a>', page)
    assert len(figures) >= 20
    for address, figure in figures:
        listed = browser.get(unescape(address)).get_data(as_text=True)
        assert f"{figure} record" in listed, address
    for person in people:
        assert person.person.name not in page


def test_a_site_that_reports_nothing_is_unknown_and_never_a_hundred(app: Flask, sign_in: Any) -> None:
    site, team = a_site(), a_team(a_site())
    qa = qa_of_the_network(site)
    with history(qa) as past:
        past.batches(site, team, LAST, 3)
    page = sign_in(qa).get(f"{HOME}?place={team.id}").get_data(as_text=True)
    assert page.count("unknown") >= 6
    assert "100 %" not in page
    assert "Unknown." in page


def test_four_people_give_no_index_however_many_cases(beginning: Beginning, sign_in: Any) -> None:
    qa, people = beginning(qa_and_team_after_a_full_quarter)
    site, team = a_site(), a_team(a_site())
    other = a_team(site, "Other")
    for person in people[:2]:
        run(network.join_team, INSTALLER, "test", person.person.id, other.id, on=LAST.first_day - timedelta(days=1))
    page = sign_in(qa).get(f"{HOME}?place={team.id}").get_data(as_text=True)
    row = next(part for part in page.split("<tr>") if LAST.words in part)
    assert "not enough yet" in row


def test_qa_of_a_site_sees_its_own_site_and_no_other(app: Flask, sign_in: Any) -> None:
    mine, theirs = a_site("AAA"), a_site("BBB")
    my_team, their_team = a_team(mine, "Blue"), a_team(theirs, "Red")
    a_full_quarter(qa_of_the_network(mine), theirs, their_team)
    browser = sign_in(someone(Role.QA, mine))
    for page in PAGES:
        text = browser.get(page).get_data().decode("utf-8", "replace")
        assert "Site BBB" not in text, page
        assert "Red" not in text, page
    for place in (their_team.id, theirs.id):
        assert browser.get(f"{HOME}?place={place}").status_code == 404
        assert browser.get(f"{HOME}/records?part=raised_first&place={place}").status_code == 404
        assert browser.get(f"{HOME}.csv?place={place}").status_code == 404
    assert browser.get(f"{HOME}?place={my_team.id}").status_code == 200


def test_the_page_says_that_the_index_is_unvalidated_what_would_validate_it_and_that_there_is_no_target(
    beginning: Beginning, sign_in: Any
) -> None:
    qa, _ = beginning(qa_and_team_after_a_full_quarter)
    team = a_team(a_site())
    page = sign_in(qa).get(f"{HOME}?place={team.id}").get_data(as_text=True)
    for words in ("unvalidated", "It would be validated by", "There is no target", "equal weights", "median"):
        assert words in page, words
    assert "caused" not in page


def test_the_file_holds_every_count_that_went_into_the_index(beginning: Beginning, sign_in: Any) -> None:
    qa, _ = beginning(qa_and_team_after_a_full_quarter)
    team = a_team(a_site())
    text = sign_in(qa).get(f"{HOME}.csv?place={team.id}").data.decode("utf-8-sig")
    rows = {row["window"]: row for row in csv.DictReader(io.StringIO(text))}
    row = rows[str(LAST)]
    tallies = [
        Tally(part, int(row[f"{part}_done"]), int(row[f"{part}_due"]), float(row[f"{part}_network_share"]))
        for part in PARTS
    ]
    made = follow_through_index(
        tallies, int(row["people"]), weights={part: int(row[f"{part}_weight_percent"]) for part in PARTS}
    )
    assert made.estimate.value == pytest.approx(float(row["index"]), abs=1e-9)  # type: ignore[union-attr]
    assert made.estimate.low == pytest.approx(float(row["index_low"]), abs=1e-9)  # type: ignore[union-attr]
    assert "last 180 days" in rows


def test_the_pages_need_few_statements_however_much_there_is(app: Flask, sign_in: Any, queries: Any) -> None:
    site = a_site()
    qa = qa_of_the_network(site)
    team = a_team(site)

    def statements() -> dict[str, int]:
        browser = sign_in(qa)
        found = {}
        for page in PAGES:
            with queries() as seen:
                assert browser.get(page).status_code == 200
            found[page] = len(seen)
        return found

    few = statements()
    a_full_quarter(qa, site, team)
    a_full_quarter(qa, a_site("BBB", "Asia/Tokyo"), a_team(a_site("BBB"), "Red"))
    assert statements() == few
    assert max(few.values()) <= 6, few


def test_the_night_runs_each_declared_association_once_and_lists_it(beginning: Beginning, sign_in: Any) -> None:
    qa = beginning(qa_with_an_answer)
    before = sign_in(qa).get(f"{HOME}/associations").get_data(as_text=True)
    assert "Not computed yet" in before
    night = Actor.system("make_nightly_follow_through")
    assert run(make_nightly_follow_through, night, "due").startswith("run ")
    run(make_nightly_analysis, night, "due")
    assert run(make_nightly_follow_through, night, "due") == "nothing changed since the last run"
    page = sign_in(qa).get(f"{HOME}/associations").get_data(as_text=True)
    assert page.count("<tr>") == 1 + 5, "climate with the index, and both outcomes of two"
    assert "Cannot tell yet." in page, "no team has an index here"
    assert "team-quarters that have both 0 of 30" in page
    found = nightly()
    assert found.found is not None
    assert newest_run() is not None


def test_a_reader_of_one_site_is_told_that_one_site_cannot_tell(app: Flask, sign_in: Any) -> None:
    a_team(a_site())
    page = sign_in(someone(Role.QA, a_site())).get(f"{HOME}/associations").get_data(as_text=True)
    assert "Cannot tell from these sites alone" in page


def test_a_person_finds_what_they_raised_promised_and_did_and_nobody_else_finds_it(
    beginning: Beginning, sign_in: Any
) -> None:
    qa, people = beginning(qa_and_team_after_a_full_quarter)
    site = a_site()
    mine = sign_in(people[0]).get("/my-follow-through").get_data(as_text=True)
    assert "SECRET text" in mine, "their own commitment, in their own words"
    assert "3 of 3 by their day" in mine
    assert "4 of 5 by their day" in mine
    assert "1 of 1 by their day" in mine
    other: Someone = people[5]
    theirs = sign_in(other).get("/my-follow-through").get_data(as_text=True)
    assert "SECRET" not in theirs
    assert "4 of 5" not in theirs
    for reader in (qa, someone(Role.SITE_LEAD, site), someone(Role.COACH, site)):
        text = sign_in(reader).get(f"/my-follow-through?person={people[0].person.id}").get_data(as_text=True)
        assert "SECRET" not in text
        assert "4 of 5" not in text
    assert "index of" not in mine.lower()
    assert "rank" not in mine.lower()


def test_what_i_raised_says_when_it_was_recorded(app: Flask, sign_in: Any) -> None:
    site, team = a_site(), a_team(a_site())
    qa = qa_of_the_network(site)
    with history(qa) as past:
        past.deviation(site, team, moment(LAST, 60), channel="performer")
        past.deviation(site, team, moment(LAST, 61), channel="performer", hours_late=30)
    page = sign_in(qa).get("/my-follow-through").get_data(as_text=True)
    assert "1 of 2 recorded within 24 hours" in page
