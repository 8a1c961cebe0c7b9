"""Pages of behaviour metrics on paper: only what can be read, no wider than the sheet, and light however dark the window."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import expect

from tests.browser.conftest import As, fits, opened, pages_of, whole
from tests.factories.behavior import a_life, qa_of_the_network
from tests.factories.packs import only_network
from tests.factories.people import a_site

pytestmark = [pytest.mark.browser, pytest.mark.appearance]

#: A4 less its margins, in the browser's pixels.
SHEET = {"width": 703, "height": 990}
PAGES = (
    "", "/accountability", "/accountability/check", "/accountability/weights", "/linkage", "/linkage/left-out",
    "/linkage/studies", "/recurrence", "/climate", "/coaching", "/comparability", "/quality", "/quality/months",
    "/coding", "/management-review", "/studies",
)  # fmt: skip
#: What can only be pressed.
PRESSED = "form, button, .btn, nav, summary, a[href*='.csv'], a[href*='.xlsx']"


def test_on_paper_stands_what_can_be_read(app: Flask, at: As) -> None:
    qa = qa_of_the_network(a_site("S00", "Europe/Berlin"))
    a_life(qa, "S00", "S01", "S02")
    pack = f"/management-review/{only_network().id}"
    with pages_of(at, qa) as page:
        opened(page, "/behavior")
        page.evaluate("localStorage.setItem('candor-theme', 'dark')")
        page.emulate_media(media="print")
        page.set_viewport_size(SHEET)  # type: ignore[arg-type]
        for name in (*PAGES, pack):
            page.goto(f"/behavior{name}")
            whole(page)
            assert fits(page), f"{name} is wider than its sheet"
            pressed = page.locator(PRESSED).locator("visible=true")
            assert [found.inner_text() for found in pressed.all()] == [], name
            expect(page.locator("footer.print-only")).to_contain_text("Printed copy, uncontrolled unless stamped")
            page.pdf()
            assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark", "the window is as it was"
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        head = page.locator(".tbl thead th").first.evaluate("cell => getComputedStyle(cell).backgroundColor")
        assert head == "rgb(238, 242, 245)", "a dark head of a table would be printed"
