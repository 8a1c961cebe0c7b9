"""The coach's desk, the programme and the just-culture step in front of a browser: read by axe, wide and narrow, light and dark."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from coaching.triggers import commands as triggers
from lms import clock
from lms.permissions import Role
from lms.unit_of_work import run
from tests.browser.conftest import As, pages_of
from tests.browser.seeing import faults_at_every_width
from tests.factories.coaching import a_held_review
from tests.factories.just_culture import CONCERN, answered, concerned, stated
from tests.factories.people import PASSWORD, a_site, someone
from tests.factories.programme import a_past_review, a_past_trigger, operators_of

pytestmark = [pytest.mark.browser, pytest.mark.appearance]


def faults(page: Page, paths: Iterable[str]) -> list[str]:
    """Return what is wrong with the pages, each line with its page."""
    found = []
    for path in paths:
        page.goto(path)
        found += [f"{path} {fault}" for fault in faults_at_every_width(page)]
    return found


def test_a_full_desk_is_read_and_worked_at_every_width(app: Flask, at: As) -> None:
    held = a_held_review()
    coach, now = held.coach, clock.now()
    monday = now - timedelta(days=now.weekday())
    for number, one in enumerate(operators_of(a_site(), 5)):
        a_past_review(coach, one, monday + timedelta(days=number), due=[(now.date() + timedelta(days=number), True)])
        run(triggers.propose_routine_review, coach.actor, "", coachee_id=one.person.id)
    with pages_of(at, coach) as page:
        assert faults(page, ["/coaching/desk", "/coaching/desk?week=2026-W53", "/calibration"]) == []
        page.goto("/coaching/desk")
        page.locator(".board .slip").first.click()
        expect(page).to_have_url(re.compile("/reviews/"))


def test_the_programme_is_read_at_every_width(app: Flask, at: As) -> None:
    coach, now = someone(Role.COACH), clock.now()
    for code in ("AAA", "BBB"):
        people = operators_of(a_site(code), 6)
        for back in range(1, 8):
            for number, one in enumerate(people):
                moment = now - timedelta(days=30 * back + number)
                a_past_review(coach, one, moment, held=number < 4, barrier="Two forms." if number % 2 else "")
        for one in people:
            a_past_trigger(coach, one, now - timedelta(days=60), days=4)
    with pages_of(at, someone(Role.QA, everywhere=True)) as page:
        page.goto("/programme")
        expect(page.locator(".fit svg:visible")).to_have_count(1)
        assert faults(page, ["/programme"]) == []


def test_the_just_culture_step_by_its_three_people(app: Flask, at: As) -> None:
    them = concerned()
    case_id = stated(them)
    answered(them.first, case_id)
    answered(them.second, case_id, route="coaching")
    with pages_of(at, them.first) as page:
        assert faults(page, [f"/deviations/{them.deviation_id}/just-culture"]) == []
        page.goto(f"/deviations/{them.deviation_id}/just-culture")
        page.get_by_label("The concern").fill(CONCERN)
        page.get_by_label("Your password").fill(PASSWORD)
        page.get_by_role("button", name="Sign and open").click()
        expect(page.locator("h2", has_text="Your answers, alone")).to_be_visible()
        assert faults(page, [page.url]) == []
        for group in page.locator("fieldset").all():
            group.get_by_role("radio").first.check()
        page.get_by_label("Why").fill("The hatch was blocked and three of us would have signed there.")
        page.get_by_role("button", name="Keep my answers").click()
        expect(page.locator("body")).to_contain_text("once both are in")
    for reader in (them.second, them.person):
        with pages_of(at, reader) as page:
            assert faults(page, [f"/just-culture/{case_id}", "/just-culture"]) == []
