"""One's own calendar on a phone and a desk: a file is looked at, taken in and forgotten; the address is shown once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from coaching.replies.jobs import take
from coaching.scheduling import commands as scheduling
from coaching.scheduling.models import Appointment
from lms import clock
from lms.extensions import db
from lms.permissions import Role
from lms.unit_of_work import run
from tests.browser.conftest import answering
from tests.browser.seeing import faults_at_every_width
from tests.factories.coaching import Pair, an_accepted_review, next_free_slot
from tests.factories.mails import an_answer
from tests.factories.people import PASSWORD, also

pytestmark = [pytest.mark.browser, pytest.mark.appearance]


def look_at(page: Page, name: str) -> None:
    assert faults_at_every_width(page) == [], name


def booked() -> Pair:
    pair = an_accepted_review()
    begin = next_free_slot(pair)
    run(scheduling.schedule_review, pair.coach.actor, "", pair.review_id, starts_at=begin, mode="video", place="")
    uid = db.session.query(Appointment.uid).scalar()
    take(an_answer(uid, pair.operator.person.email))
    return pair


def test_ones_own_calendar_is_looked_at_taken_in_and_forgotten(app: Flask, chromium: Browser, tmp_path: Path) -> None:
    """No title on any page, no page scrolls sideways, axe finds nothing; the answer by mail stands on the review."""
    pair = booked()
    also(pair.coach, Role.ADMINISTRATOR, None)
    begin = clock.now() + timedelta(days=3)
    events = "".join(
        f"BEGIN:VEVENT\r\nUID:{n}\r\nSUMMARY:Physiotherapy\r\nDTSTART:{begin + timedelta(days=n):%Y%m%dT090000Z}\r\n"
        "DURATION:PT1H\r\nEND:VEVENT\r\n"
        for n in range(6)
    )
    broken = "BEGIN:VEVENT\r\nUID:9\r\nSUMMARY:Physiotherapy\r\nEND:VEVENT\r\n"
    file = tmp_path / "calendar.ics"
    file.write_text(f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}{broken}END:VCALENDAR\r\n", newline="")
    login, operator_id = pair.coach.login, pair.operator.person.id
    db.session.remove()
    with answering(app) as site:
        context = chromium.new_context(base_url=site.address, reduced_motion="reduce")
        page = context.new_page()
        page.goto("/sign-in")
        page.get_by_label("User name").fill(login)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/")
        main = page.locator("main")
        expect(main).to_contain_text("declined by mail")
        look_at(page, "home")
        page.goto(f"/reviews/{pair.review_id}")
        expect(main).to_contain_text("The time stands until another one is chosen.")
        look_at(page, "review")
        page.goto("/my/calendar")
        page.get_by_label("What you call this calendar").fill("Outlook")
        page.get_by_label("File (.ics)").set_input_files(file)
        page.get_by_role("button", name="Look at it first").click()
        expect(main).to_contain_text("6 times in the next 400 days")
        expect(main).to_contain_text("It has no beginning.")
        look_at(page, "looked-at")
        page.get_by_role("button", name="Take it in").click()
        page.wait_for_url("**/my/calendar")
        page.get_by_role("button", name="Make the address").click()
        expect(page.get_by_role("status").first).to_contain_text("shown once")
        look_at(page, "my-calendar")
        expect(main).not_to_contain_text("Physiotherapy")
        page.goto("/my/calendar")
        expect(main).not_to_contain_text("/calendar/")
        page.goto("/calendars/answers")
        look_at(page, "answers")
        page.goto(f"/people/{operator_id}")
        expect(main).to_contain_text("Calendar address")
        look_at(page, "person")
        page.goto("/my/calendar")
        page.get_by_role("button", name="Forget Outlook").click()
        expect(page.locator("body")).to_contain_text("Nothing of it is kept.")
        context.close()
