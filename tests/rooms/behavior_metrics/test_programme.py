"""The coaching programme: counted by the site's own days, from five people on, within the reader's sites, never by a person."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from openpyxl import load_workbook

from behavior_metrics.programme.panels import reminders
from coaching.api import Period, ProgrammeCounts, Tally, programme_counts
from lms import clock
from lms.permissions import Role
from tests.factories.people import Someone, a_site, someone
from tests.factories.programme import a_past_review, a_past_trigger, operators_of

#: A Saturday in the middle of a quarter.
NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
Q3, OCTOBER = "2026-Q3", date(2026, 10, 1)
PAGES = (
    "/programme", "/programme?quarter=2026-Q3", "/programme/months.csv", "/programme/months.xlsx",
    "/programme/sites.csv", "/programme/sites.xlsx",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def coach(app: Flask) -> Someone:
    return someone(Role.COACH, a_site())


def lines_of(browser: Any, file: str) -> list[dict[str, str]]:
    text = browser.get(file).get_data(as_text=True).removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text)))


def site_line(browser: Any, name: str, quarter: str = Q3) -> dict[str, str]:
    rows = lines_of(browser, f"/programme/sites.csv?quarter={quarter}")
    return next(row for row in rows if row["site"] == name)


def in_august(coach: Someone, people: list[Someone], *, held: int, barriers: int = 0) -> None:
    for number, one in enumerate(people):
        moment = datetime(2026, 8, 3 + number, 9, 0, tzinfo=UTC)
        a_past_review(
            coach, one, moment, held=number < held, barrier="Two forms look alike." if number < barriers else ""
        )


def test_it_counts_what_was_planned_held_led_to_the_system_and_was_kept(coach: Someone, sign_in: Any) -> None:
    people = operators_of(a_site(), 6)
    in_august(coach, people[:5], held=4, barriers=2)
    dues = [(date(2026, 9, 1), True), (date(2026, 9, 2), False)]
    a_past_review(coach, people[5], datetime(2026, 8, 20, 9, tzinfo=UTC), due=dues)
    for one in people[:4]:
        a_past_review(coach, one, datetime(2026, 9, 10, 9, tzinfo=UTC), due=[(date(2026, 9, 20), True)])
    row = site_line(sign_in(someone(Role.QA)), "Site AAA")
    assert (row["planned"], row["held"]) == ("10", "9")
    assert float(row["held_share"]) == pytest.approx(0.9)
    assert (float(row["held_low"]), float(row["held_high"])) == pytest.approx((0.5958, 0.9821), abs=1e-4)
    assert (row["reviews_held"], row["led_to_system"]) == ("9", "2")
    assert (row["commitments_due"], row["kept"], row["kept_reading"]) == ("6", "5", "told")


def test_what_is_not_to_be_looked_at_yet_is_not_counted_and_what_was_not_looked_at_in_time_is(
    coach: Someone, sign_in: Any
) -> None:
    people = operators_of(a_site(), 6)
    for number, one in enumerate(people):
        # due in November; of the last person the follow-up was to be held by now
        looked_at = date(2026, 12, 5) if number < 5 else date(2026, 11, 20)
        dues = [(date(2026, 11, 2), True), (date(2026, 11, 3), None)]
        a_past_review(coach, one, datetime(2026, 10, 30, 9, tzinfo=UTC), due=dues, follow_up_on=looked_at)
    row = site_line(sign_in(someone(Role.QA)), "Site AAA", "2026-Q4")
    assert (row["commitments_due"], row["kept"]) == ("7", "6")


def test_a_night_belongs_to_the_month_of_the_site(coach: Someone) -> None:
    """23:30 UTC on 30 September is October in Tokyo and September in New York."""
    month = [Period("2026-10", OCTOBER, date(2026, 10, 31))]
    zones = {"TOK": "Asia/Tokyo", "NYC": "America/New_York"}
    for code, zone in zones.items():
        a_past_review(coach, operators_of(a_site(code, zone), 1)[0], datetime(2026, 9, 30, 23, 30, tzinfo=UTC))
    qa = someone(Role.QA, everywhere=True)
    found = programme_counts(qa.actor, set(zones.values()), month, NOW.date())
    tokyo = ProgrammeCounts(held=Tally(1, 1, 1), system=Tally(1, 0, 1))
    assert found == {(a_site("TOK").id, "2026-10"): tokyo}


def test_four_people_are_not_said_and_five_are(coach: Someone, sign_in: Any) -> None:
    browser = sign_in(someone(Role.QA))
    people = operators_of(a_site(), 5)
    in_august(coach, people[:4] * 2, held=8)
    row = site_line(browser, "Site AAA")
    assert (row["planned"], row["held"], row["held_reading"]) == ("", "", "fewer than 5 people")
    assert "fewer than 5 people" in browser.get("/programme?quarter=2026-Q3").get_data(as_text=True)
    a_past_review(coach, people[4], datetime(2026, 8, 30, 9, tzinfo=UTC))
    assert site_line(browser, "Site AAA")["planned"] == "9"


def test_no_difference_of_sum_and_sites_tells_a_small_site(coach: Someone, sign_in: Any) -> None:
    browser = sign_in(someone(Role.QA, everywhere=True))
    in_august(coach, operators_of(a_site(), 6), held=5)
    in_august(coach, operators_of(a_site("BBB"), 3), held=0)
    assert site_line(browser, "all together")["planned"] == "6"
    in_august(coach, operators_of(a_site("CCC"), 2), held=2)
    together = site_line(browser, "all together")
    assert (together["planned"], together["held"]) == ("11", "7")
    assert [site_line(browser, f"Site {code}")["held_reading"] for code in ("BBB", "CCC")] == [
        "fewer than 5 people"
    ] * 2


def test_first_reviews_are_timed_with_those_that_still_wait(coach: Someone, sign_in: Any) -> None:
    browser = sign_in(someone(Role.QA))
    people = operators_of(a_site(), 6)
    for one, days in zip(people[:4], (2, 3, 4, 9), strict=True):
        a_past_trigger(coach, one, datetime(2026, 9, 1, 9, tzinfo=UTC), days=days)
    assert site_line(browser, "Site AAA")["days_reading"] == "fewer than 5 people"
    for one in people[4:]:
        a_past_trigger(coach, one, datetime(2026, 9, 1, 9, tzinfo=UTC), days=None)
    row = site_line(browser, "Site AAA")
    assert (row["triggers"], row["still_waiting"]) == ("6", "2")
    assert (row["days_lower_quartile"], row["days_median"], row["days_upper_quartile"]) == ("3", "4", "")
    assert "2 still wait" in browser.get("/programme?quarter=2026-Q3").get_data(as_text=True)


def test_below_eighty_percent_the_page_warns_and_qa_and_leads_of_the_site_are_told_once_a_month(
    coach: Someone, sign_in: Any
) -> None:
    people, qa, lead = operators_of(a_site(), 10), someone(Role.QA), someone(Role.SITE_LEAD)
    someone(Role.QA, a_site("BBB"))
    for number, one in enumerate(people):
        a_past_review(coach, one, datetime(2026, 10, 5 + number, 9, tzinfo=UTC), held=number < 8)
    assert list(reminders(on=date(2026, 11, 2))) == []
    assert "Below 80 %" not in sign_in(qa).get("/programme").get_data(as_text=True)
    a_past_review(coach, people[0], datetime(2026, 10, 20, 9, tzinfo=UTC), held=False)
    told = list(reminders(on=date(2026, 11, 2)))
    assert {one.person_id for one in told} == {qa.person.id, lead.person.id}
    assert told[0].text.startswith("Site AAA, Oct 2026: 8 of 11 planned coaching reviews were held.")
    assert list(reminders(on=date(2026, 11, 3))) == []
    assert "Below 80 %" in sign_in(qa).get("/programme").get_data(as_text=True)


def test_a_site_lead_sees_the_own_site_and_no_other(coach: Someone, sign_in: Any) -> None:
    in_august(coach, operators_of(a_site(), 5), held=5)
    in_august(coach, operators_of(a_site("BBB"), 5), held=5)
    lead, far = sign_in(someone(Role.SITE_LEAD)), sign_in(someone(Role.QA, everywhere=True))
    assert [row["site"] for row in lines_of(lead, "/programme/sites.csv?quarter=2026-Q3")] == [
        "Site AAA",
        "all together",
    ]
    assert site_line(lead, "all together")["planned"] == "5"
    assert "Site BBB" not in lead.get("/programme?quarter=2026-Q3").get_data(as_text=True)
    assert "Site BBB" in far.get("/programme?quarter=2026-Q3").get_data(as_text=True)


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.QA, Role.SITE_LEAD}])
def test_nobody_else_opens_it(app: Flask, sign_in: Any, role: Role) -> None:
    browser = sign_in(someone(role))
    assert {browser.get(page).status_code for page in PAGES} == {403}


def test_no_page_and_no_file_names_a_coach_or_an_operator(coach: Someone, sign_in: Any) -> None:
    people = operators_of(a_site(), 6)
    in_august(coach, people, held=5, barriers=1)
    for one in people:
        a_past_trigger(coach, one, datetime(2026, 9, 1, 9, tzinfo=UTC), days=3)
    browser = sign_in(someone(Role.QA))
    for page in PAGES:
        data = browser.get(page).data
        if page.endswith("xlsx"):
            cells = [str(cell.value) for row in load_workbook(io.BytesIO(data)).active.iter_rows() for cell in row]
            text = " ".join(cells)
        else:
            text = data.decode()
        assert not [one for one in (coach, *people) if one.person.family_name in text], page
        assert "caused" not in text


def test_it_needs_few_statements_however_much_there_is(coach: Someone, sign_in: Any, queries: Any) -> None:
    browser = sign_in(someone(Role.QA, everywhere=True))

    def cost() -> list[int]:
        found = []
        for page in PAGES:
            with queries() as seen:
                assert browser.get(page).status_code == 200
            found.append(len(seen))
        return found

    empty = cost()
    for code in ("AAA", "BBB", "CCC"):
        in_august(coach, operators_of(a_site(code), 6), held=5)
    assert cost() == empty
    assert max(empty) <= 6


def test_an_address_that_names_no_quarter_is_refused_in_words(app: Flask, sign_in: Any) -> None:
    browser = sign_in(someone(Role.QA))
    for text in ("soon", "1999-Q1", "2026-Q5"):
        answer = browser.get(f"/programme?quarter={text}")
        assert answer.status_code == 422
        assert "names no quarter" in answer.get_data(as_text=True)


def test_before_anything_happened_it_says_that_it_cannot_tell(app: Flask, sign_in: Any) -> None:
    text = sign_in(someone(Role.QA)).get("/programme").get_data(as_text=True)
    assert "Cannot tell yet how much of what is planned is held." in text
    assert "Nothing was planned, held or due in this quarter" in text
    assert "Nov 2026" in text


def test_before_there_is_a_site_the_digest_has_nothing_to_tell_and_is_made(app: Flask) -> None:
    assert list(reminders(on=date(2026, 11, 2))) == []
