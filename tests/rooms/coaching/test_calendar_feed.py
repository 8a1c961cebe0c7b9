"""The secret address of one's own reviews: what it shows, to whom, and when it shows nothing any more."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import select, text

from coaching.own_calendar import commands, rules
from coaching.own_calendar.models import CalendarFeed
from coaching.scheduling import commands as scheduling
from lms import clock
from lms.extensions import db
from lms.identity.leaving import record_leaving
from lms.permissions import Role
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run
from tests.factories.coaching import Pair, an_accepted_review, next_free_slot
from tests.factories.people import INSTALLER, a_site, someone, today


@pytest.fixture
def pair(app: Flask) -> Pair:
    pair = an_accepted_review()
    begin = next_free_slot(pair)
    run(
        scheduling.schedule_review,
        pair.coach.actor,
        "",
        pair.review_id,
        starts_at=begin,
        mode="onsite",
        place="Farah's room, about LYO-DEV-2026-0007",
    )
    return pair


def address_of(browser: FlaskClient) -> str:
    """Press the button, and return the path of the address that the page shows once."""
    page = browser.post("/my/calendar/feed").get_data(as_text=True)
    found = re.search(r"<code>http://localhost(/calendar/[\w-]{43}\.ics)</code>", page)
    assert found is not None
    return found[1]


def test_the_address_opens_ones_own_reviews_without_signing_in_and_says_only_when(
    pair: Pair, sign_in: Any, client: FlaskClient
) -> None:
    other = an_accepted_review()
    run(
        scheduling.schedule_review,
        other.coach.actor,
        "",
        other.review_id,
        starts_at=next_free_slot(other),
        mode="video",
        place="",
    )
    answer = client.get(address_of(sign_in(pair.operator)))
    assert (answer.status_code, answer.mimetype) == (200, "text/calendar")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in answer.headers
    [event] = Calendar.from_ical(answer.data).walk("VEVENT")
    assert str(event["SUMMARY"]) == "Coaching review"
    assert str(pair.review_id) in str(event["URL"])
    shown = answer.get_data(as_text=True)
    for person in (pair.coach.person, pair.operator.person):
        for words in (person.given_name, person.family_name, person.email):
            assert words not in shown
    for words in ("Farah", "LYO-DEV", "ATTENDEE", "ORGANIZER", "LOCATION", "DESCRIPTION"):
        assert words not in shown


def test_a_cancelled_review_says_so_and_an_old_one_is_gone(
    pair: Pair, sign_in: Any, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = address_of(sign_in(pair.coach))
    run(scheduling.cancel_review, pair.coach.actor, "", pair.review_id, reason="ill")
    [event] = Calendar.from_ical(client.get(path).data).walk("VEVENT")
    assert (event["STATUS"], event["SEQUENCE"]) == ("CANCELLED", 1)
    later = clock.now() + rules.KEPT + timedelta(days=30)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert Calendar.from_ical(client.get(path).data).walk("VEVENT") == []


def test_the_tag_stays_until_something_else_is_shown(pair: Pair, sign_in: Any, client: FlaskClient) -> None:
    path = address_of(sign_in(pair.coach))
    tag = client.get(path).headers["ETag"]
    same = client.get(path, headers={"If-None-Match": tag})
    assert (same.status_code, same.data) == (304, b"")
    run(scheduling.cancel_review, pair.coach.actor, "", pair.review_id, reason="ill")
    changed = client.get(path, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag


def test_a_new_address_ends_the_old_one_and_ending_it_ends_all(pair: Pair, sign_in: Any, client: FlaskClient) -> None:
    browser = sign_in(pair.coach)
    old = address_of(browser)
    new = address_of(browser)
    assert client.get(old).status_code == 404
    assert client.get(new).status_code == 200
    assert browser.post("/my/calendar/feed/end").status_code == 302
    assert client.get(new).status_code == 404
    with pytest.raises(NotAllowed, match="no calendar address that works"):
        run(commands.end_calendar_feed, pair.coach.actor, "")


def test_the_feed_of_a_leaver_answers_410_with_no_content(
    pair: Pair, sign_in: Any, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = address_of(sign_in(pair.operator))
    tomorrow = clock.now() + timedelta(days=1)
    run(record_leaving, INSTALLER, "left", pair.operator.person.id, on=today() + timedelta(days=1))
    assert client.get(path).status_code == 200
    monkeypatch.setattr(clock, "now", lambda: tomorrow + timedelta(days=1))
    answer = client.get(path)
    assert (answer.status_code, answer.data) == (410, b"")


def test_guessing_opens_nothing(app: Flask, client: FlaskClient) -> None:
    for path in (
        "/calendar/.ics",
        "/calendar/x.ics",
        f"/calendar/{'A' * 43}.ics",
        "/calendar/%00.ics",
        "/calendar/ä.ics",
    ):
        assert client.get(path).status_code == 404


def test_the_secret_stands_in_no_log_and_in_no_table(
    pair: Pair, sign_in: Any, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    path = address_of(sign_in(pair.coach))
    secret = path.removeprefix("/calendar/").removesuffix(".ics")
    assert client.get(path).status_code == 200
    client.get(path + "x")
    assert secret not in caplog.text
    for table in db.metadata.sorted_tables:
        rows = db.session.execute(select(table)).all()
        assert secret not in repr(rows), table.name
    kept = db.session.scalars(select(CalendarFeed.token_hash)).one()
    assert kept == rules.hash_of(secret)
    trail = sign_in(someone(Role.QA, everywhere=True)).get("/trail?record=calendar_feed").get_data(as_text=True)
    assert kept not in trail


def test_reading_the_feed_writes_nothing_and_asks_three_times(
    pair: Pair, sign_in: Any, client: FlaskClient, queries: Any
) -> None:
    path = address_of(sign_in(pair.coach))
    with queries() as seen:
        assert client.get(path).status_code == 200
    assert len(seen) == 3, "whose it is, reviews, follow-ups"
    assert all(statement.lower().startswith("select") for statement in seen)


def test_an_administrator_ends_the_address_of_a_lost_phone_and_nobody_elses_site_does(
    pair: Pair, sign_in: Any, client: FlaskClient
) -> None:
    path = address_of(sign_in(pair.operator))
    person_id = pair.operator.person.id
    stranger = someone(Role.ADMINISTRATOR, a_site("BBB"))
    assert sign_in(stranger).post(f"/people/{person_id}/calendar-feed/end").status_code == 404
    with pytest.raises(NotFound):
        run(commands.end_calendar_feed_of, stranger.actor, "", person_id)
    assert client.get(path).status_code == 200
    own = sign_in(someone(Role.ADMINISTRATOR))
    assert "Calendar address" in own.get(f"/people/{person_id}/panels").get_data(as_text=True)
    assert own.post(f"/people/{person_id}/calendar-feed/end").status_code == 302
    assert client.get(path).status_code == 404
    qa = sign_in(someone(Role.QA))
    assert "Calendar address" not in qa.get(f"/people/{person_id}/panels").get_data(as_text=True)
    assert db.session.execute(text("select count(*) from calendar_feed where ended_at is null")).scalar() == 0
