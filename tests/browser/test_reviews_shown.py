"""A review and a dark page on paper, and the list of reviews in a window: what is there, and that it fits."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import expect

from coaching.notes.commands import write_note
from coaching.notes.rules import Readers
from lms.permissions import Role
from lms.unit_of_work import run
from tests.browser.conftest import As, pages_of
from tests.factories.follow_up import a_closed_circle
from tests.factories.people import a_site, someone

pytestmark = [pytest.mark.browser, pytest.mark.appearance]


def test_on_paper_stands_what_was_agreed_and_no_note_or_button(app: Flask, at: As) -> None:
    circle = a_closed_circle()
    run(write_note, circle.coach.actor, "", circle.review_id, readers=Readers.COACH, text="for my eyes only")
    with pages_of(at, circle.coach) as page:
        page.goto(f"/reviews/{circle.review_id}")
        note = page.get_by_text("for my eyes only").first
        expect(note).to_be_visible()
        page.emulate_media(media="print")
        expect(note).to_be_hidden()
        expect(page.get_by_text("SECRET read field 2 aloud")).to_be_visible()
        expect(page.get_by_role("heading", name="4 Agreement")).to_be_visible()
        assert (
            page.locator("button:visible, .btn:visible, input:visible, select:visible, textarea:visible").count() == 0
        )


def test_the_list_of_reviews_held_fits_a_window_of_1440(app: Flask, at: As) -> None:
    circle = a_closed_circle(clean_batches=20, clean_days=90)
    with pages_of(at, circle.qa) as page:
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto("/reviews/overview")
        # the widest words that can stand in the narrow columns
        page.evaluate(
            """words => document.querySelectorAll("tbody tr:first-child td").forEach((cell, n) => {
              if (words[n]) cell.innerHTML = words[n].map(one => `<span class="tag mut">${one}</span>`).join("<br>");
            })""",
            {2: ["taken into another review"], 5: ["no longer needed", "not enough seen yet"]},
        )
        table = page.locator(".scroll-x").first
        assert table.evaluate("e => e.scrollWidth <= e.clientWidth")


def test_a_dark_page_is_light_on_paper_and_dark_again_after_it(app: Flask, at: As) -> None:
    with pages_of(at, someone(Role.QA, a_site())) as page:
        page.goto("/")
        page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
        page.evaluate(
            "addEventListener('beforeprint', () => { window.printed = document.documentElement.dataset.bsTheme })"
        )
        page.pdf()
        assert page.evaluate("window.printed") == "light"
        assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
