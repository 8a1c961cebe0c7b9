"""The desk asks for the system's causes when human performance is chosen, keeps what was typed, and a second person codes."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import expect

from lms.permissions import Role
from tests.browser.conftest import As, fits, pages_of
from tests.factories.deviations import a_deviation, stored
from tests.factories.people import someone

pytestmark = pytest.mark.browser

AREAS = (
    "Process or procedure",
    "Equipment",
    "Material",
    "Environment",
    "Organisation and planning",
    "Design or automation",
)


def test_from_the_desk_to_a_settled_second_coding(app: Flask, at: As) -> None:
    chidi, dana, emil = someone(Role.OPERATOR), someone(Role.QA), someone(Role.QA)
    deviation_id = a_deviation(chidi)

    with pages_of(at, dana) as page:
        page.goto(f"/deviations/{deviation_id}/triage")
        expect(page.locator("#human")).to_be_hidden()
        expect(page.locator(".critical-note")).to_be_hidden()
        page.get_by_label("Process step").select_option(value="labelling")
        page.get_by_label("Category", exact=True).select_option(value="labelling_identity")
        page.get_by_role("radio", name="Harm to the patient").first.check()
        page.locator("input[name=severity][value=critical]").check()
        expect(page.locator(".critical-note")).to_contain_text("the same day")
        page.get_by_label("Why this severity").fill("The identity of a unit was in doubt.")
        page.get_by_label("Root cause, provisional").select_option(value="human")
        expect(page.locator("#human")).to_be_visible()
        page.get_by_label("Type of error").select_option(value="slip")
        for area in AREAS[:-1]:
            page.locator("#human").get_by_label(area, exact=True).fill(f"{area}: looked at, found in order.")
        page.get_by_role("button", name="Save the triage").click()
        expect(page.get_by_role("alert")).to_contain_text("design and automation")
        for area in AREAS[:-1]:
            expect(page.locator("#human").get_by_label(area, exact=True)).to_have_value(
                f"{area}: looked at, found in order."
            )
        page.locator("#human").get_by_label(AREAS[-1], exact=True).fill("The printer does what it was made for.")
        for width in (1440, 820, 390):
            page.set_viewport_size({"width": width, "height": 900})
            assert fits(page), width
        page.get_by_role("button", name="Save the triage").click()
        expect(page.locator("body")).to_contain_text("The recurrence rule has looked again.")

    with pages_of(at, emil) as page:
        page.get_by_role("link", name="Open the list").click()
        page.get_by_role("link", name="Code it").click()
        expect(page.locator("main")).not_to_contain_text("The identity of a unit was in doubt.")
        page.get_by_label("Process step").select_option(value="labelling")
        page.get_by_label("Category", exact=True).select_option(value="labelling_identity")
        page.get_by_label("Root cause").select_option(value="design")
        page.locator("input[name=severity][value=critical]").check()
        page.get_by_role("button", name="Save my coding").click()
        expect(page.locator("main")).to_contain_text("Design or automation")
        page.get_by_label("Root cause").select_option(value="design")
        page.get_by_label("What decided it").fill("The printer takes two labels at once.")
        page.get_by_role("button", name="Propose this").click()
        expect(page.locator("body")).to_contain_text("The other of the two has been told.")

    with pages_of(at, dana) as page:
        page.goto("/second-coding")
        page.get_by_role("link", name=stored(deviation_id).number).click()
        page.get_by_role("button", name="Agree to the proposal").click()
        expect(page.locator("body")).to_contain_text("Settled.")
        page.goto(f"/deviations/{deviation_id}")
        expect(page.locator("main")).to_contain_text("Design or automation")
        page.goto("/second-coding")
        expect(page.locator("main")).to_contain_text("Nothing to settle.")
