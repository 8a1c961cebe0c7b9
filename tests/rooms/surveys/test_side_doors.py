"""S7: whoever looks, through whichever page, file, mail or badge, sees the same whether a person answered or not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coaching.home import panels as home
from coaching.surveys import queries, sealed
from lms import clock
from lms.annex import views as annex
from lms.api.rest import OPENED_BY
from lms.extensions import db
from lms.outbox.delivery import deliver_outbox
from lms.permissions import PUBLIC, Actor, Permission, Role
from lms.web.slots import filled
from tests.factories.people import a_site, also, someone
from tests.factories.surveys import (
    CANARY,
    OCTOBER,
    QUARTER,
    a_closed_review,
    a_crew,
    a_crew_answers,
    a_registered_key,
    noon,
    release,
)
from tests.rooms.surveys.traces import tables

TODAY = noon(date(2026, 11, 20))
#: What differs between two loads of any page: the form token, and the moment of printing.
VOLATILE = re.compile(
    r'name="(?:csrf_token|draft)"[^>]*value="[^"]*|name="csrf-token" content="[^"]*'
    r'|<time datetime="[^"]*[.][^"]*">[^<]*</time>'
)
PLACE = re.compile(r"<(?:[a-z]+:)?([a-z_]+)>")
QUERIES = ("", "?format=csv&month=2026-11&used=1&person=all&page=1")


@pytest.fixture
def _standing_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: TODAY)


def _addresses(app: Flask, reader: Actor, ids: dict[str, UUID], tried: set[str]) -> Iterator[str]:
    """Give every address that a reader's permissions open, with every id in every place.

    What they do not open answers 403 whoever answered: tests/flows/test_every_route.py holds each role to it. An id where
    another kind of record belongs finds nothing for anybody, so one reader tries it (``tried``).
    """
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint == "static":
            continue
        permission = app.view_functions[rule.endpoint].permission
        if permission.startswith(OPENED_BY) or (permission != PUBLIC and not reader.may(Permission(permission))):
            continue
        # of files that come in two kinds the one that can be read, of quarters the one with a key
        address = re.sub(r"<any\(([^,)]+)[^>]*>", r"\1", rule.rule).replace("<quarter>", str(QUARTER))
        names = PLACE.findall(address)
        if not names:
            yield from (f"{address}{query}" for query in QUERIES)
            continue
        for kind, record_id in ids.items():
            path = PLACE.sub(str(record_id), address)
            if kind in names or path not in tried:
                tried.add(path)
                yield path


def _pages(browser: FlaskClient, addresses: list[str]) -> dict[str, tuple[int, str]]:
    found = {}
    for address in addresses:
        answer = browser.get(address)
        if answer.status_code not in {403, 404}:
            found[address] = (answer.status_code, VOLATILE.sub("", answer.get_data().decode(errors="replace")))
    return found


@pytest.mark.usefixtures("_standing_clock")
def test_s7_every_page_file_table_and_reminder_is_the_same_before_and_after_answering(
    app: Flask, sign_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a page that breaks is its own room's matter; here it may not differ
    monkeypatch.setattr(app, "testing", value=False)
    # a PDF is made by another process from what it is given, and from nothing else: that is what may not differ
    monkeypatch.setattr(annex, "as_pdf", lambda **given: repr(given).encode())
    key = a_registered_key()
    released = a_crew(5, team="Released")
    a_crew_answers(released, date(2026, 10, 14))
    release(OCTOBER, key)
    crew = a_crew(6)
    operator = crew.operators[0]
    review_id = a_closed_review(crew.coach, operator, TODAY)
    # once by hand, so that the boxes of others are there in both worlds
    for other in crew.operators[1:]:
        sealed.submit(other.person.id, a_closed_review(crew.coach, other, TODAY), CANARY, at=TODAY)
    site = a_site()
    readers = {
        "operator": operator,
        "coach": crew.coach,
        "qa": someone(Role.QA, site),
        "site lead": someone(Role.SITE_LEAD, site),
        "administrator": also(someone(Role.ADMINISTRATOR, everywhere=True), Role.QA, None),
        "custodian": someone(Role.CUSTODIAN, everywhere=True),
    }
    deliver_outbox()  # whatever the reviews sent, so that nothing but the answer lies between the two looks
    browsers = {name: sign_in(reader) for name, reader in readers.items()}
    for browser in browsers.values():
        browser.post("/survey/climate")  # 403 for those who may not see it
    ids = {"review_id": review_id, "person_id": operator.person.id, "team_id": crew.team_id, "site_id": site.id}
    tried: set[str] = set()
    addresses = {name: list(_addresses(app, reader.actor, ids, tried)) for name, reader in readers.items()}
    first = {name: _pages(browser, addresses[name]) for name, browser in browsers.items()}
    records, reminders = tables(None), _reminders()

    browser = browsers["operator"]
    assert browser.post(f"/survey/{review_id}", data={"odd": "7"}).status_code == 303
    deliver_outbox()

    assert tables(None) == records
    assert _reminders() == reminders
    for name, browser in browsers.items():
        again = _pages(browser, [*first[name]])
        assert {page for page in first[name] if again[page] != first[name][page]} == set(), name
    seen = sum(len(pages) for pages in first.values())
    asked = sum(map(len, addresses.values()))
    print(f"S7: {seen} pages compared for {len(readers)} readers, of {asked} addresses; none differs")  # noqa: T201
    assert seen > 400
    assert any(address.endswith("/annex.pdf") for address in first["qa"])
    assert {"/capas.csv", "/deviations.csv", "/survey/climate.csv"} <= first["qa"].keys()
    assert f"/survey/{review_id}" in first["operator"]
    assert "Seven questions about your team" in first["operator"]["/"][1]
    for name in readers.keys() - {"operator"}:
        assert f"/survey/{review_id}" not in first[name], f"{name} opens somebody's sheet"
        assert not any("Seven questions" in page for _, page in first[name].values()), name


def _reminders() -> list[Any]:
    return [filled("reminders", on=date(2026, 11, day)) for day in range(20, 29)]


@pytest.mark.usefixtures("_standing_clock")
def test_s7_the_reminder_goes_to_those_who_answered_as_well(app: Flask) -> None:
    a_registered_key()
    crew = a_crew(2)
    reviews = [a_closed_review(crew.coach, operator, TODAY) for operator in crew.operators]
    sealed.submit(crew.operators[0].person.id, reviews[0], CANARY, at=TODAY)
    told = {r.person_id for r in filled("reminders", on=date(2026, 11, 25)) if "Seven questions" in r.text}
    assert told == {operator.person.id for operator in crew.operators}


@pytest.mark.usefixtures("_standing_clock")
def test_s7_sees_a_page_that_tells_who_answered(app: Flask, sign_in, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutant: a home page that forgets the sheet once it was answered."""
    from sqlalchemy import select

    from coaching.surveys.models import SurveyTicket

    def forgetful(closed: list[queries.Asked]) -> list[queries.Asked]:
        used = set(db.session.scalars(select(SurveyTicket.review_id).where(SurveyTicket.used)))
        return [asked for asked in queries.with_sheets(closed) if asked.review_id not in used]

    monkeypatch.setattr(home, "with_sheets", forgetful)
    a_registered_key()
    crew = a_crew(1)
    review_id = a_closed_review(crew.coach, crew.operators[0], TODAY)
    browser = sign_in(crew.operators[0])
    first = _pages(browser, ["/"])
    browser.post(f"/survey/{review_id}")
    assert _pages(browser, ["/"]) != first


def test_s7_no_reader_of_the_application_looks_at_used(app: Flask) -> None:
    """Only the submit statement names the column ``used``: nothing else could tell."""
    from tests.architecture.checkout import ROOMS, ROOT, python_files

    naming = {
        str(path)
        for path in python_files(*ROOMS)
        if re.search(r"SurveyTicket\.used|survey_ticket.*\bused\b", (ROOT / path).read_text())
    }
    assert naming == {"coaching/surveys/sealed.py"}
