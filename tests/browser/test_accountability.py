"""The page of the product's sentence in front of a browser: a picture, its table, its lists, and one's own part."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from playwright.sync_api import expect

from behavior_metrics.linkage.commands import make_nightly_analysis
from behavior_metrics.sentence.commands import make_nightly_follow_through
from lms.permissions import Actor, Role
from lms.unit_of_work import run
from tests.browser.conftest import As, fits, opened, pages_of
from tests.factories.accountability import a_full_quarter
from tests.factories.behavior import qa_of_the_network, quarter, release_climate
from tests.factories.people import PASSWORD, a_site, a_team, someone

pytestmark = pytest.mark.browser

HOME = "/behavior/accountability"


def test_a_quality_head_reads_the_sentence_and_opens_what_stands_behind_it(app: Flask, at: As) -> None:
    site, team = a_site(), a_team(a_site(), "Blue")
    qa = qa_of_the_network(site)
    other = someone(Role.QA, site, everywhere=True, name="Ben Okafor")
    a_full_quarter(qa, site, team, back=2, kept=4)
    people = a_full_quarter(qa, site, team, back=1)
    for back, score in ((3, 4.5), (2, 5.0), (1, 5.5)):
        release_climate(quarter(back), score, team=team)
    run(make_nightly_follow_through, Actor.system("make_nightly_follow_through"), "due")
    run(make_nightly_analysis, Actor.system("make_nightly_analysis"), "due")

    with pages_of(at, qa) as page:
        opened(page, HOME)
        expect(page.locator("svg.cht:visible")).to_be_visible()
        expect(page.locator("body")).to_contain_text("The follow-through index is unvalidated.")
        expect(page.locator("body")).to_contain_text("Climate → follow-through, a quarter later")
        expect(page.locator("body")).to_contain_text("Cannot tell yet.")
        assert fits(page), "the page"
        page.get_by_text("Show as table").click()
        row = page.locator("tr", has=page.get_by_role("rowheader", name=quarter(1).words))
        kept = row.get_by_role("link", name=re.compile(r"^5$")).first
        expect(kept).to_be_visible()
        kept.click()
        expect(page.locator("body")).to_contain_text("5 records")
        assert fits(page), "the list"
        page.goto(f"{HOME}/check")
        expect(page.locator("body")).to_contain_text("Do the weights decide?")
        assert fits(page), "the check"
        page.goto(f"{HOME}/weights")
        for part, percent in (("Raised by us first", "30"), ("Training kept current", "10")):
            page.get_by_label(part).fill(percent)
        page.get_by_label("Why these weights").fill("raising counts for more")
        page.get_by_role("button", name="Propose").click()
        expect(page.locator("body")).to_contain_text("Nothing changes until another of quality assurance signs.")
        assert fits(page), "the weights"

    with pages_of(at, other) as page:
        page.goto(f"{HOME}/weights")
        page.get_by_label("Your password").fill(PASSWORD)
        page.get_by_role("button", name="Sign the weights").click()
        expect(page.locator("body")).to_contain_text("version 2 is in force")
        opened(page, HOME)
        expect(page.locator("body")).to_contain_text("Weights version 2.")

    with pages_of(at, people[0]) as page:
        page.goto("/my-follow-through")
        expect(page.locator("h1")).to_contain_text("What I raised, promised and did")
        expect(page.locator("body")).to_contain_text("3 of 3 by their day")
        assert fits(page), "one's own part"
