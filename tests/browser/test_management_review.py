"""The management review in front of a browser: a pack is read, signed by quality assurance, and fits every width."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from behavior_metrics.management_review.rules import NETWORK
from tests.browser.conftest import As, fits, opened, pages_of
from tests.factories.behavior import history, moment, qa_of_the_network, quarter
from tests.factories.packs import delivered, only_network, pack_of
from tests.factories.people import PASSWORD, a_site, a_team

pytestmark = pytest.mark.browser
WIDTHS = (390, 820, 1440)


def _fits_at(page: Page, width: int) -> bool:
    page.set_viewport_size({"width": width, "height": 900})
    return fits(page)


def test_quality_assurance_reads_and_signs_the_quarter(app: Flask, at: As) -> None:
    site = a_site("LYO", "Europe/Paris")
    team = a_team(site, "Blue")
    qa = qa_of_the_network(site)
    with history(qa) as past:
        past.batches(site, team, quarter(1), 12)
        past.deviation(site, team, moment(quarter(2), 80))
        for day in (3, 9, 20, 31):
            past.recurrence(site, team, moment(quarter(1), day), channel="performer" if day > 9 else "alarm")
        past.deviation(site, team, moment(quarter(1), 40), kind="good_catch", channel="peer", step="thaw")
    pack = only_network()
    with pages_of(at, qa) as page:
        opened(page, "/behavior")
        page.get_by_role("link", name="Management review").click()
        expect(page.locator("main")).to_contain_text("waits for signature")
        assert all(_fits_at(page, width) for width in WIDTHS)
        page.get_by_role("link", name=f"{quarter(1).words} Network").click()
        expect(page.locator("main")).to_contain_text("33.3 (9.1–85.3)")
        expect(page.locator("main")).to_contain_text("cannot tell yet")
        assert all(_fits_at(page, width) for width in WIDTHS)
        page.get_by_label("Conclusion of the review").fill("Under control.")
        page.get_by_label("Your password").fill(PASSWORD)
        page.get_by_role("button", name="Sign the pack").click()
        expect(page.locator("main")).to_contain_text("valid")
        delivered()
        page.reload()
        expect(page.get_by_role("link", name="Signed PDF")).to_be_visible()
    assert pack_of(NETWORK).signed_copy_sha256 not in {"", pack.pdf_sha256}
