"""Every figure opens the list behind it, and page, count and files hold the same records."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from flask import Flask

from lms import clock
from lms.deviations import queries
from lms.deviations.filters import Filters
from lms.exposure import queries as exposure
from lms.permissions import Role
from lms.recurrences import commands as recurrences
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from tests.factories.deviations import a_batch, a_deviation, classified, recurrence_of, stored, triage
from tests.factories.people import Someone, a_site, a_team, someone


def lines_of(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def test_page_count_csv_and_workbook_agree_for_every_filter(dana: Someone, sign_in: Any) -> None:
    site = a_site()
    team = a_team(site)
    chidi = someone(Role.OPERATOR, site, team=team)
    batch = a_batch(dana)
    for days_ago in (400, 120, 10):
        classified(chidi, dana, days_ago=days_ago, team_id=team.id)
    classified(chidi, dana, days_ago=3, detection_channel="alarm", severity="critical", batch_id=batch.id)
    newest = stored(a_deviation(chidi)).occurred_at.astimezone(ZoneInfo(site.zone)).date()
    today = clock.now().astimezone(ZoneInfo(site.zone)).date()
    yesterday = today - timedelta(days=1)
    latest = max((recurrence_of(row.id) for row in _all(dana) if recurrence_of(row.id)), key=lambda r: r.found_at)
    run(
        recurrences.decide_recurrence,
        dana.signing,
        "same",
        latest.id,
        version=latest.version,
        decision="confirmed",
        reason="same",
    )
    expected = {
        "": 5,
        "state=open": 5,
        "state=reported": 1,
        f"site={site.id}": 5,
        f"team={team.id}": 4,
        "team=none": 1,
        "severity=critical": 1,
        "self_reported=1": 4,
        "self_reported=0": 1,
        "recurrence=confirmed": 1,
        "recurrence=proposed": 2,
        f"recurrence=confirmed&site={site.id}&self_reported=0": 1,
        f"batch={batch.id}": 1,
        f"from={newest}": 1,
        "to=2019-01-01": 0,
        f"known_on={yesterday}": 0,
        f"known_on={today}": 5,
        f"known_on={today}&recurrence=confirmed": 1,
        "q=moi": 5,
        "q=100%25": 0,
        "kind=good_catch": 1,
        "overdue=1": 0,
        "overdue=triage": 0,
        "overdue=closing": 0,
        "overdue=0": 5,
    }
    browser = sign_in(dana)
    for query, count in expected.items():
        page = browser.get(f"/deviations?{query}").get_data(as_text=True)
        assert page.count('<th scope="row"') == count, query
        assert len(lines_of(browser.get(f"/deviations.csv?{query}").data)) == count, query
        book = openpyxl.load_workbook(io.BytesIO(browser.get(f"/deviations.xlsx?{query}").data))
        assert book.active is not None
        assert book.active.max_row == count + 1, query
        assert len(browser.get(f"/deviations.jsonl?{query}").data.splitlines()) == count, query
    assert "As known on" in browser.get(f"/deviations?known_on={today}").get_data(as_text=True)


def _all(reader: Someone) -> list[queries.DeviationRow]:
    return queries.rows(reader.actor, Filters(), now=clock.now())


def test_days_are_the_sites_own_days(app: Flask) -> None:
    """23:30 on 1 March in New York is 2 March in UTC and belongs to 1 March."""
    new_york = a_site("NYC", "America/New_York")
    chidi, dana = someone(Role.OPERATOR, new_york), someone(Role.QA, new_york)
    a_deviation(chidi, new_york, occurred_at=datetime(2026, 3, 2, 4, 30, tzinfo=UTC), late_reason="file")
    day, next_day = date(2026, 3, 1), date(2026, 3, 2)
    assert queries.count(dana.actor, Filters(first_day=day, last_day=day), now=clock.now()) == 1
    assert queries.count(dana.actor, Filters(first_day=next_day), now=clock.now()) == 0


def test_a_filter_survives_its_address() -> None:
    query = {
        "site": "00000000-0000-0000-0000-000000000001",
        "recurrence": "confirmed",
        "from": "2026-01-01",
        "to": "2026-03-31",
        "known_on": "2026-04-01",
        "self_reported": "0",
        "team": "none",
        "overdue": "1",
        "q": "label",
    }
    assert Filters.of(query).as_query() == query


@pytest.mark.parametrize(
    "query", [{"site": "x"}, {"from": "31.01.2026"}, {"known_on": "9999-12-31"}, {"self_reported": "maybe"}]
)
def test_a_filter_that_is_not_understood_is_named(query: dict[str, str]) -> None:
    with pytest.raises(NotAllowed, match=next(iter(query))):
        Filters.of(query)


def test_the_list_needs_few_queries_however_many_records(dana: Someone, sign_in: Any, queries: Any) -> None:
    chidi = someone(Role.OPERATOR)
    classified(chidi, dana, days_ago=40)
    first = classified(chidi, dana, days_ago=30)
    browser = sign_in(dana)
    paths = (
        "/deviations",
        "/deviations?from=2026-01-01",
        "/deviations?from=2026-01-01&known_on=2026-02-01&recurrence=confirmed",
        "/deviations.csv",
        f"/deviations/{first}",
        f"/deviations/{first}/triage",
        f"/deviations/{first}/people",
        "/batches",
        "/good-catch",
        "/deviations/mine",
        "/batches.xlsx",
        "/imports",
    )

    def counts() -> dict[str, int]:
        found = {}
        for path in paths:
            with queries() as seen:
                assert browser.get(path).status_code == 200, path
            found[path] = len(seen)
            assert not [
                statement for statement in seen if not statement.lstrip().lower().startswith(("select", "with"))
            ]
        return found

    few = counts()
    for number in range(6):
        classified(chidi, dana, days_ago=20 - number)
        a_deviation(chidi)
        a_batch(dana, f"B-{number}")
    assert counts() == few
    assert {path: count for path, count in few.items() if count > 6} == {}


def test_a_cell_that_a_spreadsheet_would_run_is_written_as_text(dana: Someone, sign_in: Any) -> None:
    story = '=HYPERLINK("http://example.org";"open")'
    a_deviation(someone(Role.OPERATOR), description=story)
    browser = sign_in(dana)
    assert lines_of(browser.get("/deviations.csv").data)[0]["title"].startswith("'=")
    page = openpyxl.load_workbook(io.BytesIO(browser.get("/deviations.xlsx").data)).active
    assert page is not None
    cell = page.cell(2, 7)
    assert (cell.data_type, cell.value) == ("s", story)


def test_qa_of_one_site_never_meets_another_site(app: Flask, sign_in: Any) -> None:
    here, there = a_site("AAA"), a_site("BBB")
    chidi, dana = someone(Role.OPERATOR, there), someone(Role.QA, there)
    theirs = classified(chidi, dana, days_ago=90, site=there)
    again = classified(chidi, dana, days_ago=9, site=there)
    match = recurrence_of(again)
    assert match is not None
    batch = a_batch(dana, "B-THERE", there)
    number, title = stored(theirs).number, stored(theirs).title
    browser = sign_in(someone(Role.QA, here))
    for path in (
        f"/deviations/{theirs}",
        f"/deviations/{theirs}/triage",
        f"/deviations/{theirs}/people",
        f"/deviations/{theirs}/preview",
        f"/batches/{batch.id}",
    ):
        assert browser.get(path).status_code == 404, path
    for path in (
        "/deviations",
        f"/deviations?site={there.id}",
        "/deviations.csv",
        "/deviations/triage",
        "/batches",
        "/batches.csv",
        f"/search?q={number}",
        "/",
        "/imports",
    ):
        page = browser.get(path, follow_redirects=True).get_data(as_text=True)
        assert title not in page, path
        assert "B-THERE" not in page, path
        if "search" not in path:  # the search page repeats what was typed
            assert number not in page, path
    for path in (
        f"/deviations/{theirs}/close",
        f"/deviations/{theirs}/duplicate",
        f"/deviations/{again}/recurrences/{match.id}",
        f"/deviations/{theirs}/triage",
        f"/deviations/{theirs}/people",
        f"/batches/{batch.id}",
    ):
        form = {"of_number": "X", "root_cause_class": "method", "reason": "x", "password": "x", "decision": "confirmed"}
        assert browser.post(path, data=form).status_code == 404, path
    assert recurrence_of(again).decision == "proposed"  # type: ignore[union-attr]


def test_network_qa_sees_all_sites_and_an_operator_no_list(app: Flask, sign_in: Any) -> None:
    for code in ("AAA", "BBB"):
        a_deviation(someone(Role.OPERATOR, a_site(code)), a_site(code))
    ana = sign_in(someone(Role.QA, a_site("HUB"), everywhere=True))
    page = ana.get("/deviations").get_data(as_text=True)
    assert "AAA-DEV" in page
    assert "BBB-DEV" in page
    operator = sign_in(someone(Role.OPERATOR))
    for path in ("/deviations", "/deviations.csv", "/deviations/triage", "/batches", "/imports"):
        assert operator.get(path).status_code == 403, path


def test_todays_page_leads_qa_to_what_is_due(dana: Someone, sign_in: Any) -> None:
    chidi = someone(Role.OPERATOR)
    classified(chidi, dana, days_ago=60)
    classified(chidi, dana, days_ago=6)
    a_deviation(chidi)
    browser = sign_in(dana)
    page = browser.get("/").get_data(as_text=True)
    assert "1 deviation waits for triage" in page
    assert "1 match to decide" in page
    desk = browser.get("/deviations/triage")
    assert desk.status_code == 302
    assert "Good catch" in sign_in(chidi).get("/").get_data(as_text=True)


def test_triage_on_the_desk_keeps_what_was_typed_when_it_is_refused(dana: Someone, sign_in: Any) -> None:
    deviation_id = a_deviation(someone(Role.OPERATOR))
    browser = sign_in(dana)
    form = {
        "version": "1",
        "process_step": "thaw",
        "category": "material",
        "kind": "deviation",
        "severity": "minor",
        "rubric": "none.before_release",
        "detection_channel": "peer",
        "severity_rationale": "No effect on the product.",
        "root_cause_class": "material",
        "team": "",
        "batch": "B-404",
        "answer": "Thanks",
    }
    page = browser.post(f"/deviations/{deviation_id}/triage", data=form)
    assert page.status_code == 422
    assert "no batch of this number" in page.get_data(as_text=True)
    assert "No effect on the product." in page.get_data(as_text=True)
    stale = browser.post(f"/deviations/{deviation_id}/triage", data={**form, "batch": "", "version": "7"})
    assert stale.status_code == 409
    assert "No effect on the product." in stale.get_data(as_text=True)
    assert browser.post(f"/deviations/{deviation_id}/triage", data={**form, "batch": ""}).status_code == 302
    kept = stored(deviation_id)
    assert (kept.state, kept.severity, kept.self_reported, kept.triaged_at is not None) == (
        "triaged",
        "minor",
        True,
        True,
    )


def test_batches_are_counted_by_the_same_filters_everywhere(dana: Someone, sign_in: Any) -> None:
    team = a_team(a_site())
    a_batch(dana, "B-1", started_on=date(2026, 1, 10), team_id=team.id)
    a_batch(dana, "B-2", started_on=date(2026, 2, 10))
    browser = sign_in(dana)
    first = exposure.rows(dana.actor, exposure.BatchFilters(q="B-1"))[0]
    done = browser.post(
        f"/batches/{first.id}", data={"version": first.version, "finished_on": "2026-01-20", "disposition": "released"}
    )
    assert done.status_code == 302
    early = browser.post(
        f"/batches/{first.id}", data={"version": 2, "finished_on": "2025-01-20", "disposition": "released"}
    )
    assert early.status_code == 422
    expected = {"": 2, f"team={team.id}": 1, "open=1": 1, "from=2026-02-01": 1, "to=2026-01-31": 1, "q=car-t": 2}
    for query, count in expected.items():
        assert browser.get(f"/batches?{query}").get_data(as_text=True).count('<th scope="row"') == count, query
        assert len(lines_of(browser.get(f"/batches.csv?{query}").data)) == count, query
    assert "taken" not in browser.get("/batches/new").get_data(as_text=True)
    form = {"number": "B-1", "site": str(a_site().id), "product": "X", "started_on": "2026-03-01", "team": ""}
    again = browser.post("/batches/new", data=form)
    assert again.status_code == 422
    assert "recorded already" in again.get_data(as_text=True)
    assert browser.post("/batches/new", data={**form, "number": "B-3"}).status_code == 302


def test_a_triaged_record_is_classified_anew_with_its_own_version(dana: Someone) -> None:
    deviation_id = a_deviation(someone(Role.OPERATOR))
    triage(dana, deviation_id)
    triage(dana, deviation_id, severity="minor")
    assert stored(deviation_id).severity == "minor"


@pytest.mark.parametrize("records", [0, 1, 3, 5, 6, 7])
def test_the_pages_from_either_end_are_the_list_cut_up(
    dana: Someone, monkeypatch: pytest.MonkeyPatch, records: int
) -> None:
    monkeypatch.setattr(queries, "PAGE_SIZE", 2)
    chidi, now = someone(Role.OPERATOR, a_site()), clock.now()
    for day in range(records):
        a_deviation(chidi, days_ago=2 + day // 2)  # some at one moment
    whole = queries.rows(dana.actor, Filters(), now=now)
    pages = [queries.count_and_list(dana.actor, Filters(), page, now=now) for page in range(1, 6)]
    assert {total for total, _ in pages} == {records}
    assert [row.id for _, page in pages for row in page] == [row.id for row in whole]
    assert [len(page) for _, page in pages] == [min(2, max(records - 2 * page, 0)) for page in range(5)]
