"""A checklist in front of a browser: written by keyboard, changed, and whole on paper."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import expect

from lms.permissions import Role
from tests.browser.conftest import As, fits, pages_of
from tests.factories.assessments import a_world
from tests.factories.people import someone

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
        expect(page.get_by_role("status")).to_contain_text("Published")
        points = page.locator("ol.points li")
        expect(points).to_have_count(3)
        expect(points.nth(1)).to_be_hidden()
        page.emulate_media(media="print")
        expect(points).to_contain_text(["Wipes the hatch critical", "Waits a minute", "Closes it"])
        expect(points.nth(1)).to_be_visible()
