"""A lesson on its way in front of a browser: QA drafts it, a trainer signs it, an operator of another site studies it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from lms.permissions import Role
from tests.browser.conftest import As, fits, pages_of
from tests.factories.bulletins import a_closed_deviation
from tests.factories.deviations import a_batch
from tests.factories.people import PASSWORD, a_site, someone, today

pytestmark = pytest.mark.browser


def stays_within(page: Page) -> None:
    assert fits(page), f"{page.url} scrolls sideways"


def studied(page: Page) -> None:
    """Read, answer and sign as the operator."""
    read = page.get_by_role("button", name="I have read this section")
    for left in reversed(range(read.count())):
        read.first.click()
        expect(read).to_have_count(left)
    page.get_by_role("button", name="Start attempt 1").click()
    page.get_by_label("The printed one").check()
    expect(page.locator("[data-saved]")).to_contain_text("saved")
    page.get_by_role("button", name="Review and hand in").click()
    page.get_by_role("button", name="Hand in now").click()
    page.get_by_role("link", name="Back to the module").click()
    expect(page.locator("main")).to_contain_text("I have read this bulletin and know what to look for")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Sign as").click()
    expect(page.locator("body")).to_contain_text("Signed. This training is on your record.")


def test_from_a_deviation_to_learning_at_another_site(app: Flask, at: As) -> None:
    control, home, other = a_site("CTL", is_control_site=True), a_site("AAA"), a_site("BBB")
    ana = someone(Role.QA, control, everywhere=True)
    tariq = someone(Role.TRAINER, control, everywhere=True)
    dana, chidi = someone(Role.QA, home), someone(Role.OPERATOR, home, name="Chidi Okafor")
    mia, qa_there = someone(Role.OPERATOR, other), someone(Role.QA, other)
    deviation_id = a_closed_deviation(chidi, dana, site=home)
    a_closed_deviation(mia, qa_there, site=other, days_ago=30)
    for number in range(12):
        a_batch(qa_there, f"B-{number}", other, started_on=today() - timedelta(days=20 + number))

    with pages_of(at, ana) as page:
        page.goto(f"/deviations/{deviation_id}")
        page.get_by_role("link", name="Draft a bulletin").click()
        expect(page.get_by_label("Site AAA")).to_be_checked()
        expect(page.get_by_label("Site BBB")).to_be_checked()
        stays_within(page)
        page.get_by_label("What was changed").fill("The value is printed on the worksheet now.")
        page.get_by_label("What to look for at the bench").fill("Ask Chidi which sheet is right.")
        page.get_by_label("First question").fill("Which value?\n+ The printed one\n- The listed one\n= It is checked.")
        page.get_by_role("button", name="Save the draft").click()
        expect(page.get_by_role("alert")).to_contain_text("“Chidi” could tell who it was")
        page.get_by_label("What to look for at the bench").fill("Compare the label with the worksheet first.")
        page.get_by_role("button", name="Save the draft").click()
        expect(page.locator(".acts")).to_contain_text("Draft")
        page.get_by_role("button", name="Send to a trainer").click()
        expect(page.locator(".acts")).to_contain_text("In review")
        address = page.url

    with pages_of(at, tariq) as page:
        page.get_by_text("1 bulletin waits for a trainer").wait_for()
        page.goto(address)
        page.get_by_label("Your password").fill(PASSWORD)
        page.get_by_role("button", name="Sign and assign it").click()
        expect(page.locator(".acts")).to_contain_text("Approved")

    with pages_of(at, mia) as page:
        page.goto("/training")
        page.locator(".todo li", has_text="BUL").get_by_role("link").click()
        expect(page.locator("main")).to_contain_text("Compare the label with the worksheet first.")
        for name in ("AAA", "Chidi", "Okafor", "DEV-"):
            expect(page.locator("body")).not_to_contain_text(name)
        stays_within(page)
        studied(page)

    with pages_of(at, ana) as page:
        page.goto(address)
        line = page.locator("tr", has_text="Site BBB")
        expect(line).to_contain_text("1 of 1")
        expect(line).to_contain_text("1 / 12")
        expect(line).to_contain_text("Cannot tell yet")
        stays_within(page)
