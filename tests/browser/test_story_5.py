"""Story 5, its second half, in the browser at a tablet's width: what a review leaves, and how it is followed up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from lms import clock
from lms.extensions import db
from tests.browser.conftest import answering, fits
from tests.factories.follow_up import Circle, an_accepted_circle
from tests.factories.people import PASSWORD, Someone

pytestmark = pytest.mark.browser
TABLET = {"width": 820, "height": 1180}
#: A Wednesday, 13:30 in Berlin. Day 14 is 17 March, day 30 is Friday 2 April.
HELD = datetime(2027, 3, 3, 12, 30, tzinfo=UTC)


@pytest.fixture
def it_is(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    return lambda moment: monkeypatch.setattr(clock, "now", lambda: moment)


@pytest.fixture
def tablet(app: Flask, chromium: Browser) -> Iterator[Callable[[Someone], Page]]:
    contexts = []
    with answering(app) as site:

        def opened(reader: Someone) -> Page:
            db.session.remove()
            context = chromium.new_context(
                viewport=TABLET, base_url=site.address, has_touch=True, reduced_motion="reduce"
            )  # type: ignore[arg-type]
            contexts.append(context)
            page = context.new_page()
            page.goto("/sign-in")
            page.get_by_label("User name").fill(reader.login)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url("**/")
            return page

        yield opened
        for context in contexts:
            context.close()


def signs(page: Page, button: str) -> None:
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name=button, exact=True).click()


def test_story_5_a_review_leaves_two_commitments_and_one_barrier_and_is_followed_up_on_day_30(
    app: Flask, tablet: Callable[[Someone], Page], it_is: Any
) -> None:
    """2 commitments due in 14 days, 1 system barrier, follow-up booked by itself on day 30; kept 1, partly 1."""
    it_is(HELD)
    circle = an_accepted_circle()
    path = f"/reviews/{circle.review_id}"
    operator = tablet(circle.operator)
    operator_writes(operator, path)
    coach = tablet(circle.coach)
    coach_writes(coach, path)
    operator.goto(path)
    expect(operator.locator("main")).to_contain_text("opens when both have signed")
    signs(operator, "Sign")
    coach.goto(path)
    signs(coach, "Sign and close")
    # what it leaves
    main = coach.locator("main")
    for words in ("Signed and closed.", "AAA-SA-2027-0001", "Sofie Janssens", "Booked for 02-Apr-2027"):
        expect(main).to_contain_text(words)
    expect(main.get_by_text("due 17-Mar-2027")).to_have_count(3)
    assert fits(coach)
    expect(operator.locator("main")).to_be_visible()
    operator.goto("/notifications")
    expect(operator.locator("main")).to_contain_text("The follow-up of your review is booked: 02-Apr-2027")
    lead = tablet(circle.lead)
    lead.goto("/system-actions/mine")
    lead.get_by_role("link", name="AAA-SA-2027-0001").click()
    lead.get_by_label("What shows it").fill("One clip board per batch, photo on the board.")
    lead.get_by_role("button", name="It is done").click()
    expect(lead.locator("main")).to_contain_text("Done, 03-Mar-2027: One clip board per batch")
    assert "copied" not in lead.content()
    # day 30: kept 1, partly 1
    it_is(datetime(2027, 4, 2, 8, 0, tzinfo=UTC))
    followed_up(tablet(circle.coach), path)
    qa = tablet(circle.qa)
    qa.goto("/reviews/overview")
    expect(qa.locator("main")).to_contain_text("partly kept")
    assert "Chidi" not in qa.content()
    assert fits(qa)
    assert [c.state for c in stored(circle)] == ["kept", "partly"]


def operator_writes(page: Page, path: str) -> None:
    # the operator writes first; what went well is asked before everything else
    page.goto(path)
    page.get_by_label("What went well").fill("I stopped when the volume looked small.")
    page.get_by_label("What happened, from your side").fill("I copied the 2.5 from the morning sheet.")
    expect(page.locator("[data-kept-state]")).to_contain_text("draft kept")
    page.reload()
    expect(page.get_by_label("What happened, from your side")).to_have_value("I copied the 2.5 from the morning sheet.")
    page.get_by_role("button", name="Save my side").click()
    expect(page.locator("main")).to_contain_text("Saved. Your coach reads it before you talk.")


def coach_writes(page: Page, path: str) -> None:
    # the coach second: two commitments as offered, due in 14 days, and one barrier for the lead of the site
    page.goto(path)
    expect(page.locator("main")).to_contain_text("I copied the 2.5 from the morning sheet.")
    page.get_by_label("What went well").fill("You said so in two minutes.")
    page.get_by_label("What you saw and heard").fill("The old sheet on the bench is a set-up problem.")
    barrier = page.get_by_role("group", name="Barrier 1")
    barrier.get_by_label("What is to change at the site").fill("Worksheets of two batches lie on one bench")
    barrier.get_by_label("Owner").select_option(label="Janssens, Sofie (site lead)")
    for number, what in ((1, "Read field 6 aloud before each entry"), (2, "One dry run with the new sheet")):
        commitment = page.get_by_role("group", name=f"Commitment {number}")
        commitment.get_by_label("What will be done").fill(what)
        commitment.get_by_label("Shown by").fill("witnessed in the next runs")
        expect(commitment.get_by_label("Due")).to_have_value("2027-03-17")
    expect(page.get_by_label("Look at it again on")).to_have_value("2027-04-02")
    assert fits(page)
    page.get_by_role("button", name="Save what was agreed").click()
    expect(page.locator("main")).to_contain_text("The operator signs first, then you.")


def followed_up(coach: Page, path: str) -> None:
    coach.goto(path)
    for state, evidence in (("kept", "initials in two runs"), ("partly kept", "one run, the simulator was booked out")):
        form = coach.locator(".verify-form").first
        form.get_by_label("What became of it").select_option(label=state)
        form.get_by_label("Done on").fill("2027-03-12")
        form.get_by_label("What shows it").fill(evidence)
        form.get_by_role("button", name="Record").click()
        expect(coach.locator("main")).to_contain_text(evidence)
    coach.get_by_role("button", name="Close the follow-up").click()
    expect(coach.locator("main")).to_contain_text("The follow-up is recorded.")


def stored(circle: Circle) -> list[Any]:
    db.session.remove()
    return circle.commitments
