"""Finding a time with the keyboard alone, and moving it on a phone: both clocks shown, no page wider than its window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from coaching.availability import commands as own_times
from lms import clock
from lms.calendars.commands import note_holidays
from lms.extensions import db
from lms.permissions import Role
from lms.unit_of_work import run
from tests.browser.conftest import answering, fits
from tests.factories.people import INSTALLER, PASSWORD, Someone, a_site, a_team, someone
from tests.factories.scheduling import MONDAY, accepted_review

pytestmark = pytest.mark.browser
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture
def opened(app: Flask, chromium: Browser, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Page]]:
    """Give a function that opens a window in which somebody is signed in; on a Monday at seven."""
    monkeypatch.setattr(clock, "now", lambda: MONDAY)
    with answering(app) as site:
        contexts = []

        def window(who: Someone, viewport: Any) -> Page:
            db.session.remove()
            context = chromium.new_context(viewport=viewport, base_url=site.address, reduced_motion="reduce")
            contexts.append(context)
            page = context.new_page()
            page.goto("/sign-in")
            page.get_by_label("User name").fill(who.login)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url("**/")
            return page

        yield window
        for context in contexts:
            context.close()


def test_a_time_is_found_by_keyboard_and_moved_on_the_operators_phone(
    app: Flask, opened: Callable[..., Page], sign_in: Any
) -> None:
    here, there = a_site(), a_site("LEE", "Europe/London")
    eli = someone(Role.COACH, here, everywhere=True, name="Eli Brandt")
    chidi = someone(Role.OPERATOR, there, team=a_team(there), name="Chidi Obi")
    run(note_holidays, INSTALLER, "", there.id, holidays={MONDAY.date(): "Founders’ day"})
    run(own_times.note_taken, chidi.actor, "", day=MONDAY.date() + timedelta(days=1), spans=[(480, 600)])
    review_id = accepted_review(eli, chidi)

    page = opened(eli, WIDE)
    page.goto(f"/reviews/{review_id}/schedule")
    expect(page.get_by_role("group", name="Monday 01-Mar-2027")).to_contain_text("public holiday")
    tuesday = page.get_by_role("group", name="Tuesday 02-Mar-2027")
    # free from 10:00 in London, which is 11:00 in Berlin
    expect(tuesday.get_by_role("radio").first).to_have_value("2027-03-02T10:00:00+00:00")
    expect(tuesday).to_contain_text("11:00 for Chidi Obi 10:00")
    assert fits(page)
    page.get_by_role("link", name="Later").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    expect(tuesday.get_by_role("radio").nth(1)).to_be_checked()
    page.get_by_label("Room or link").focus()
    page.keyboard.type("https://meet.example.org/eli")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/reviews/{review_id}")
    expect(page.locator("main")).to_contain_text("02-Mar-2027 11:15 CET")
    expect(page.locator("main")).to_contain_text("Camera in a GMP area")

    page = opened(chidi, PHONE)
    page.goto(f"/reviews/{review_id}")
    page.get_by_role("link", name="Move it or call it off").click()
    assert fits(page)
    expect(page.locator(".top")).to_contain_text("Now planned: 02-Mar-2027 10:15 GMT")
    wednesday = page.get_by_role("group", name="Wednesday 03-Mar-2027")
    expect(wednesday).to_contain_text("08:00 for Eli Brandt 09:00")
    wednesday.get_by_role("radio").first.check()
    page.get_by_role("button", name="Move it in both calendars").click()
    expect(page.get_by_role("alert")).to_contain_text("Say why it is moved: the other side is told.")
    expect(wednesday.get_by_role("radio").first).to_be_checked()
    page.get_by_label("Why it is moved").fill("I am on the late shift.")
    page.get_by_role("button", name="Move it in both calendars").click()
    expect(page.locator("main")).to_contain_text("03-Mar-2027 08:00 GMT")
    page = opened(eli, WIDE)
    page.goto("/notifications")
    expect(page.locator("main")).to_contain_text(
        "A review with you was moved to 03-Mar-2027 09:00 CET: I am on the late shift."
    )


def test_ones_own_times_fit_a_phone_and_are_undone_there(app: Flask, opened: Callable[..., Page]) -> None:
    page = opened(someone(Role.COACH, a_site()), PHONE)
    page.goto("/my-times")
    assert fits(page)
    page.get_by_label("Friday").fill("08:00-12:00, 13:00-14:00")
    page.get_by_role("button", name="Save my week").click()
    expect(page.get_by_label("Friday")).to_have_value("08:00-12:00, 13:00-14:00")
    page.get_by_role("button", name="Undo: back to the week of before").click()
    expect(page.get_by_label("Friday")).to_have_value("08:00-16:30")
