"""Agreement of two codings, and charts of causes that are greyed unless it is good enough."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from openpyxl import load_workbook

from lms.permissions import Role
from lms.second_coding import rules
from tests.factories.behavior import history, moment, qa_of_the_network, quarter
from tests.factories.coding import CELLS, EXCLUDED, at_the_desk, coded_again, second_coding_of
from tests.factories.deviations import a_deviation, triage
from tests.factories.people import Someone, a_site, a_team, someone

PAGES = (
    "/behavior/coding", "/behavior/coding?field=severity", "/behavior/coding.csv", "/behavior/coding.xlsx",
    "/behavior/causes.csv", "/behavior/causes.xlsx",
)  # fmt: skip
HUMAN = replace(CELLS["minor"], human_error_type="slip", excluded=EXCLUDED)


@pytest.fixture
def every_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the share hold everything, so that a test needs not raise seven times as many."""
    monkeypatch.setattr(rules, "is_in_share", lambda *_: True)


@pytest.fixture
def two(app: Flask) -> tuple[Someone, Someone]:
    return someone(Role.QA), someone(Role.QA)


def coded_twice(two: tuple[Someone, Someone], *pairs: tuple[str, str], times: int = 1, severity: str = "minor") -> None:
    """Classify with the first root cause and code again with the second, each pair so often."""
    dana, emil = two
    chidi = someone(Role.OPERATOR)
    for first, second in pairs * times:
        deviation_id = a_deviation(chidi)
        coding = HUMAN if first == "human" else CELLS[severity]
        at_the_desk(dana, deviation_id, severity=severity, root_cause_class=first, coding=coding)
        coded_again(emil, second_coding_of(deviation_id), severity=severity, root_cause_class=second)


def page_of(browser: Any, path: str = "/behavior/coding") -> str:
    answer = browser.get(path)
    assert answer.status_code == 200
    return str(answer.get_data(as_text=True))


def lines_of(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def is_greyed(page: str) -> bool:
    """Whether picture and table are greyed and the page says why."""
    marks = ('class="in fit greyed"' in page, "tbl greyed-tbl" in page, "<b>Greyed.</b>" in page)
    assert len(set(marks)) == 1, marks
    return marks[0]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.QA])
def test_nobody_but_quality_assurance_opens_it(app: Flask, sign_in: Any, role: Role) -> None:
    browser = sign_in(someone(role, a_site(), everywhere=True))
    assert {browser.get(page).status_code for page in PAGES} == {403}


def test_before_anything_is_coded_twice_it_says_what_to_do_and_greys_the_chart(two: Any, sign_in: Any) -> None:
    browser = sign_in(two[0])
    assert {browser.get(page).status_code for page in PAGES} == {200}
    page = page_of(browser)
    assert "Nothing has been coded twice yet." in page
    assert "0 of 30 coded twice" in page
    assert is_greyed(page)
    assert browser.get("/behavior/coding?field=people").status_code == 422


@pytest.mark.usefixtures("every_one")
def test_fewer_than_thirty_cannot_tell_and_stay_grey(two: Any, sign_in: Any) -> None:
    coded_twice(two, ("human", "human"), ("method", "method"), times=14)
    coded_twice(two, ("human", "human"))
    page = page_of(sign_in(two[0]))
    assert is_greyed(page)
    assert "29 of 30 coded twice" in page
    assert "at least .60" not in page


@pytest.mark.usefixtures("every_one")
def test_from_thirty_on_good_agreement_lifts_the_grey(two: Any, sign_in: Any) -> None:
    coded_twice(two, ("human", "human"), ("method", "method"), times=13)
    coded_twice(two, ("human", "method"), ("method", "human"), times=2)
    browser = sign_in(two[0])
    page = page_of(browser)
    assert not is_greyed(page)
    # 26 of 30 alike against half by chance: (.8667 - .5) / .5
    assert "<b>0.73</b>" in page
    field = next(
        line for line in lines_of(browser.get("/behavior/coding.csv").data) if line["field"] == "root_cause_class"
    )
    assert float(field["kappa"]) == pytest.approx((26 / 30 - 0.5) / 0.5)
    assert (field["coded_twice"], field["coded_alike"], field["reading"]) == ("30", "26", "at least 0.60")
    assert {line["root_causes_coded_alike_enough"] for line in lines_of(browser.get("/behavior/causes.csv").data)} == {
        "yes"
    }


@pytest.mark.usefixtures("every_one")
def test_agreement_below_sixty_greys_the_chart_and_says_so(two: Any, sign_in: Any) -> None:
    coded_twice(two, ("human", "human"), ("method", "method"), times=11)
    coded_twice(two, ("human", "method"), ("method", "human"), times=4)
    browser = sign_in(two[0])
    page = page_of(browser)
    assert is_greyed(page)
    # 22 of 30 alike: (.7333 - .5) / .5
    assert "agree with a kappa of 0.47, below .60." in page
    assert {line["root_causes_coded_alike_enough"] for line in lines_of(browser.get("/behavior/causes.csv").data)} == {
        "no"
    }


@pytest.mark.usefixtures("every_one")
def test_one_code_throughout_is_undefined_and_grey(two: Any, sign_in: Any) -> None:
    coded_twice(two, ("method", "method"), times=30)
    page = page_of(sign_in(two[0]))
    assert is_greyed(page)
    assert "one of the two codings used a single code throughout" in page
    assert "undefined" in page


def test_what_was_drawn_for_its_severity_alone_does_not_bend_agreement(
    two: Any, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "is_in_share", lambda *_: False)
    coded_twice(two, ("method", "material"), severity="critical")
    assert "Nothing has been coded twice yet." in page_of(sign_in(two[0]))


@pytest.mark.usefixtures("every_one")
def test_a_field_is_shown_code_by_code_with_who_took_what_for_what_but_no_person(two: Any, sign_in: Any) -> None:
    coded_twice(two, ("human", "method"), ("human", "human"), ("design", "design"))
    browser = sign_in(someone(Role.QA))
    page = page_of(browser)
    table = page.split('class="tbl cross"')[1].split("</table>")[0]
    rows = [re.findall(r'<td class="r[^"]*">([^<]*)</td>', row) for row in table.split("<tr>")[2:]]
    # method, design, human: rows the first coding, columns the second, then how often chosen by both
    assert rows == [["·", "·", "·", "1"], ["·", "1", "·", "2"], ["1", "·", "1", "3"]]
    for person in two:
        assert person.person.name not in page
    assert "Severity: code by code" in page_of(browser, "/behavior/coding?field=severity")


@pytest.mark.usefixtures("every_one")
def test_quality_assurance_of_another_site_sees_none_of_it(two: Any, sign_in: Any) -> None:
    coded_twice(two, ("method", "material"))
    there = sign_in(someone(Role.QA, a_site("BBB")))
    assert "Nothing has been coded twice yet." in page_of(there)
    assert {line["coded_twice"] for line in lines_of(there.get("/behavior/coding.csv").data)} == {"0"}
    whole = sign_in(qa_of_the_network(a_site("CTL", is_control_site=True)))
    assert "Nothing has been coded twice yet." not in page_of(whole)


def test_causes_are_counted_per_batch_beside_all_others_and_open_their_list(two: Any, sign_in: Any) -> None:
    site, team, last = a_site(), a_team(a_site()), quarter(1)
    with history(qa_of_the_network(site)) as past:
        past.batches(site, team, last, 4)
        ids = [past.deviation(site, team, moment(last, day)) for day in (3, 5, 7, 9)]
    triage(two[0], ids[0], root_cause_class="human")
    triage(two[0], ids[1], root_cause_class="not_determined")
    browser = sign_in(two[0])
    line = next(one for one in lines_of(browser.get("/behavior/causes.csv").data) if one["quarter"] == str(last))
    assert (line["batches"], line["human_causes"], line["other_causes"]) == ("4", "1", "2")
    # 1 event in 4 batches: exact limits of a Poisson mean of 1 are .0253 and 5.5716
    assert [float(line[f"human_{name}"]) for name in ("per_100", "low", "high")] == pytest.approx(
        [25, 0.0253178 * 25, 5.5716434 * 25], rel=1e-5
    )
    listed = page_of(browser, f"/behavior/records?figure=human_causes&quarter={last}")
    assert "1 record" in listed
    assert "Classified as human performance" in listed


@pytest.mark.usefixtures("every_one")
def test_csv_and_workbook_say_the_same(two: Any, sign_in: Any) -> None:
    coded_twice(two, ("human", "method"), ("human", "human"), ("design", "design"))
    browser = sign_in(two[0])
    for name in ("coding", "causes"):
        rows = list(csv.reader(io.StringIO(browser.get(f"/behavior/{name}.csv").data.decode("utf-8-sig"))))
        book = load_workbook(io.BytesIO(browser.get(f"/behavior/{name}.xlsx").data)).active
        cells = [["" if cell is None else cell for cell in row] for row in book.iter_rows(values_only=True)]
        assert len(cells) == len(rows) > 1
        for plain, cell_row in zip(rows, cells, strict=True):
            for text, cell in zip(plain, cell_row, strict=True):
                assert (float(text) == pytest.approx(cell)) if isinstance(cell, int | float) else text == cell


@pytest.mark.usefixtures("every_one")
def test_the_page_needs_few_statements_however_much_there_is(two: Any, sign_in: Any, queries: Any) -> None:
    found = []
    for _ in range(2):
        coded_twice(two, ("human", "method"), ("design", "design"))
        browser = sign_in(two[0])
        with queries() as seen:
            page_of(browser)
        found.append(len(seen))
    assert found[0] == found[1] <= 6
