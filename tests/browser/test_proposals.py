"""A rule is tried, put into force and proposes to the coach who fits: the first half of story 5, in front of a browser."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from coaching.matching.rules import Share
from lms.permissions import Role
from tests.browser.conftest import As, fits, pages_of
from tests.factories.deviations import a_deviation, triage
from tests.factories.people import a_site, someone
from tests.factories.triggers import matched_by, planned_reviews

pytestmark = pytest.mark.browser
EVERY_DAY_13_TO_18 = tuple((weekday, 13 * 60, 18 * 60) for weekday in range(7))
EVERY_DAY_7_TO_16 = tuple((weekday, 7 * 60, 16 * 60) for weekday in range(7))


def fits_everywhere(page: Page) -> None:
    """Look at the page on a phone, a tablet and a desk: it is never wider than its window."""
    for width in (390, 820, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert fits(page), f"{page.url} is wider than {width}"


def test_story_5_a_rule_tried_and_the_coach_who_fits(app: Flask, at: As) -> None:
    site = a_site()
    qa, chidi = someone(Role.QA, everywhere=True), someone(Role.OPERATOR, site, name="Chidi Okafor")
    eli, farah = (someone(Role.COACH, site, name=name) for name in ("Eli Brandt", "Farah Nasser"))
    lead, second = someone(Role.SITE_LEAD, site), someone(Role.OPERATOR, site, name="Grace Lind")
    matched_by(chidi, languages=["en"], week=EVERY_DAY_7_TO_16)
    matched_by(eli, share=Share.PART, languages=["en"])
    matched_by(farah, share=Share.PART, languages=["de", "en"], week=EVERY_DAY_13_TO_18)
    planned_reviews(eli, site, 6)
    planned_reviews(farah, site, 4)
    matched_by(second, manager=farah)
    chidi_id, second_id = chidi.person.id, second.person.id
    triage(qa, a_deviation(second, people=(second_id,)))

    with pages_of(at, qa) as page:
        page.goto("/reviews/rules")
        fits_everywhere(page)
        page.get_by_role("link", name="Major or critical deviation").click()
        page.get_by_role("button", name="Try it on 180 days").click()
        expect(page.get_by_role("heading", name="It would have fired 1 time in the last 180 days")).to_be_visible()
        expect(page.locator("tbody tr", has_text="Grace Lind")).to_be_visible()
        page.get_by_label("This rule proposes reviews").check()
        page.get_by_label("Why the rule changes").fill("Talk about it while it is fresh.")
        page.get_by_role("button", name="Put it into force").click()
        expect(page.locator(".acts")).to_contain_text("on")
        expect(page.locator("tbody tr", has_text="as delivered")).to_be_visible()
        fits_everywhere(page)

    triage(qa, a_deviation(chidi, people=(chidi_id,)))

    with pages_of(at, farah) as page:
        page.goto("/")
        page.get_by_role("link", name="Look").first.click()
        why = page.locator("section.panel", has=page.get_by_role("heading", name="Why this coach"))
        expect(why).to_contain_text("no part in it · English · common working time 13:00–16:00")
        expect(why).to_contain_text("4 of 6 reviews in the coming seven days")
        expect(why).to_contain_text("Eli Brandt: 6 of 6 reviews")
        fits_everywhere(page)
        page.get_by_role("link", name="Give it to another coach").click()
        expect(page.locator("tbody tr", has_text="Eli Brandt")).to_contain_text("full")
        fits_everywhere(page)
        page.go_back()
        page.get_by_role("button", name="Accept").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Chidi Okafor")

    # Farah is Grace's line manager and Eli is still full: nobody is free
    triage(qa, a_deviation(second, people=(second_id,)))
    with pages_of(at, lead) as page:
        page.goto("/")
        page.get_by_role("link", name="Find a coach").first.click()
        fits_everywhere(page)
        page.locator("tbody tr", has_text="Grace Lind").get_by_role("link").click()
        fits_everywhere(page)
        page.get_by_label("Why this coach").fill("One of the six moves to next week.")
        page.get_by_role("button", name="Ask this coach").click()
        expect(page.locator("body")).to_contain_text("Every proposed review has a coach.")
