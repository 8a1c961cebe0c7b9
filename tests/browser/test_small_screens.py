"""On a phone the last place of the bar opens the whole rail: every page, and the way out."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from lms.permissions import Role
from tests.browser.conftest import As, fits, pages_of
from tests.factories.deviations import a_deviation
from tests.factories.people import Someone, a_site, someone

pytestmark = [pytest.mark.browser, pytest.mark.appearance]

PHONE = {"width": 390, "height": 844}


def _with_something_to_triage() -> Someone:
    site = a_site()
    a_deviation(someone(Role.OPERATOR, site))
    return someone(Role.QA, site)


def opened(page: Page) -> None:
    page.locator(".tabbar").get_by_role("button", name="More").click()
    expect(page.locator(".rail")).to_be_visible()


def test_a_phone_reaches_every_page_and_the_way_out(app: Flask, at: As) -> None:
    qa = _with_something_to_triage()
    with pages_of(at, qa) as page:
        page.set_viewport_size(PHONE)
        page.goto("/deviations/triage")  # a page with the narrow rail
        rail, pages = page.locator(".rail"), page.locator(".rail > a:not(.brand)")
        expect(rail).to_be_hidden()
        assert fits(page)
        opened(page)
        for number in range(pages.count()):
            pages.nth(number).scroll_into_view_if_needed()
            box = pages.nth(number).bounding_box()
            assert box is not None
            assert box["height"] >= 44, pages.nth(number).text_content()
        assert pages.count() > page.locator(".tabbar a").count()
        assert fits(page)
        page.keyboard.press("Escape")
        expect(rail).to_be_hidden()
        opened(page)
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/sign-in*")
        page.goto("/deviations")
        expect(page.get_by_label("Password")).to_be_visible()


def test_a_page_with_the_narrow_rail_has_the_way_out_too(app: Flask, at: As) -> None:
    with pages_of(at, _with_something_to_triage()) as page:
        page.goto("/deviations/triage")
        expect(page.locator(".shell-mini")).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/sign-in*")
