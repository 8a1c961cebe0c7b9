"""A checklist in front of a browser: written by keyboard, approved by another, and whole on paper."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import expect

from lms.permissions import Role
from tests.browser.conftest import As, fits, pages_of
from tests.browser.seeing import faults_at_every_width
from tests.factories.assessments import a_world
from tests.factories.people import PASSWORD, someone

pytestmark = pytest.mark.browser


def test_a_checklist_is_written_changed_and_printed(app: Flask, at: As) -> None:
    a_world()
    with pages_of(at, someone(Role.TRAINER, everywhere=True)) as page:
        page.goto("/checklists/new")
        page.get_by_label("Code").fill("CL-1")
        page.get_by_label("Task").select_option(index=1)
        page.get_by_label("Title").fill("Opening the hatch")
        page.get_by_label("Point 1.").fill("Wipes the hatch")
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        page.get_by_label("Point 2.").fill("Closes it")
        page.get_by_role("button", name="Put a row above: Point 2").press("Enter")
        expect(page.get_by_label("Point 2.")).to_be_focused()
        page.keyboard.type("Waits a minute")
        assert fits(page)
        page.get_by_label("Reason").fill("First of its kind")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("Sent for approval")
        assert faults_at_every_width(page) == []
    with pages_of(at, someone(Role.QA, everywhere=True)) as page:
        page.get_by_role("link", name="Review", exact=True).press("Enter")
        expect(page.locator("ol.points li")).to_contain_text(["Wipes the hatch", "Waits a minute", "Closes it"])
        assert faults_at_every_width(page) == []
        page.get_by_label("Your password").fill("not mine")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert").first).to_be_visible()
        page.get_by_label("Your password").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("Approved and signed")
        expect(page.get_by_text("valid", exact=True)).to_be_visible()
        assert fits(page)
        page.emulate_media(media="print")
        expect(page.get_by_text("In force", exact=True)).to_be_visible()  # paper says whether it may be used
        page.emulate_media(media="screen")
        page.goto("/checklists")
        points = page.locator("ol.points li")
        expect(points).to_have_count(3)
        expect(points.nth(1)).to_be_hidden()
        page.emulate_media(media="print")
        expect(points).to_contain_text(["Wipes the hatch critical", "Waits a minute", "Closes it"])
        expect(points.nth(1)).to_be_visible()
