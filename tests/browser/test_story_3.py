"""Story 3, a good catch at the bench, with exactly its numbers: on a phone, 4 taps and one sentence, at most 90 seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from sqlalchemy import select

from lms import clock
from lms.deviations.models import Deviation
from lms.extensions import db
from lms.permissions import Role
from tests.browser.conftest import answering, fits
from tests.factories.deviations import triage
from tests.factories.people import PASSWORD, Someone, a_site, a_team, someone

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}
SENTENCE = "The bag label came off at hand-over and I stopped before the scan."
#: A Tuesday, 10:42:30 in Berlin; 85 seconds later it is 10:43:55, and 90 seconds later 10:44.
OPENED = datetime(2027, 3, 2, 9, 42, 30, tzinfo=UTC)
SENT = OPENED + timedelta(seconds=90)


@dataclass
class Thumb:
    """Taps on a phone, each counted; words are typed without a tap. The page counts what reaches it as well."""

    page: Page
    taps: int = 0

    def tap(self, what: Locator) -> None:
        what.tap()
        self.taps += 1

    def seen_by_the_page(self) -> int:
        return int(self.page.evaluate("Number(sessionStorage.getItem('taps'))"))


COUNT_TAPS = """addEventListener("click", (event) => {
  // a tap on a label is passed on to its control as a second click without a pointer
  if (event.isTrusted && event.detail) sessionStorage.setItem("taps", Number(sessionStorage.getItem("taps")) + 1);
}, true);"""


@pytest.fixture
def it_is(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    return lambda moment: monkeypatch.setattr(clock, "now", lambda: moment)


@pytest.fixture
def tablet(app: Flask, chromium: Browser) -> Iterator[BrowserContext]:
    """One shared device of the cleanroom, with the width of a phone."""
    with answering(app) as site:
        context = chromium.new_context(viewport=PHONE, base_url=site.address, has_touch=True, reduced_motion="reduce")  # type: ignore[arg-type]
        yield context
        context.close()


def signed_in(context: BrowserContext, reader: Someone) -> Page:
    db.session.remove()
    page = context.new_page()
    page.goto("/sign-in")
    page.get_by_label("User name").fill(reader.login)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
    return page


def at_the_bench() -> tuple[Someone, Someone]:
    site = a_site()
    return someone(Role.OPERATOR, site, team=a_team(site), name="Chidi Obi"), someone(Role.QA, site, name="Dana Novak")


def has_dropped_its_drafts(page: Page) -> None:
    """The receipt is there before its script has run, and the draft is dropped by that script."""
    page.wait_for_function("!Object.keys(localStorage).some(key => key.startsWith('candor-catch'))")


def test_story_3_a_good_catch_at_the_bench(app: Flask, tablet: BrowserContext, it_is: Any, sign_in: Any) -> None:
    """Occurred 10:42, recorded 10:44; QA's answer in two working days; self-reported; his training record says nothing."""
    chidi, dana = at_the_bench()
    his_page = f"/people/{chidi.person.id}"
    it_is(OPENED)
    page = signed_in(tablet, chidi)
    page.add_init_script(COUNT_TAPS)
    page.goto("/")
    thumb = Thumb(page)
    thumb.tap(page.locator(".tabbar").get_by_role("link", name="Good catch"))
    thumb.tap(page.get_by_label("What happened?"))
    page.keyboard.type(SENTENCE)
    thumb.tap(page.locator(".chips label", has_text="Label and chain of identity"))
    it_is(SENT)
    thumb.tap(page.get_by_role("button", name="Send to QA"))
    expect(page.get_by_role("heading", name="Thank you. QA has it.")).to_be_visible()
    assert thumb.taps == thumb.seen_by_the_page() == 4
    assert (SENT - OPENED).total_seconds() <= 90
    receipt = page.locator("main")
    for words in (
        "02-Mar-2027 10:42 CET",
        "02-Mar-2027 10:44 CET",
        "within two working days, by 04-Mar-2027 10:44 CET",
    ):
        expect(receipt).to_contain_text(words)
    assert fits(page)
    has_dropped_its_drafts(page)
    db.session.remove()
    raised = db.session.scalars(select(Deviation)).one()
    assert (raised.self_reported, raised.kind, raised.process_step) == (True, "good_catch", "labelling")
    number, deviation_id, own = raised.number, raised.id, page.url

    it_is(SENT + timedelta(days=1))
    triage(dana, deviation_id, process_step="labelling", kind="good_catch", answer="Thank you. The roll is withdrawn.")
    it_is(SENT + timedelta(days=1, minutes=10))
    page = signed_in(tablet, chidi)
    page.goto("/notifications")
    expect(page.locator("main")).to_contain_text(f"QA answered {number}: Thank you. The roll is withdrawn.")
    page.goto(own)
    expect(page.locator("main")).to_contain_text("The roll is withdrawn.")
    browser = sign_in(dana)
    assert number in browser.get("/deviations?self_reported=1").get_data(as_text=True)
    assert "in time" in browser.get(f"/deviations/{deviation_id}/beside").get_data(as_text=True)
    records = [sign_in(chidi).get("/my-qualifications"), browser.get(his_page)]
    for record in records:
        assert record.status_code == 200
        text = record.get_data(as_text=True)
        assert "Chidi Obi" in text
        for words in (number, "bag label", "roll is withdrawn"):
            assert words not in text


def test_without_a_network_the_sentence_stays_on_the_device_for_its_author_alone(
    app: Flask, tablet: BrowserContext, it_is: Any
) -> None:
    chidi, _dana = at_the_bench()
    bea = someone(Role.OPERATOR, name="Bea Ito")
    it_is(OPENED)
    page = signed_in(tablet, chidi)
    page.goto("/good-catch")
    page.get_by_label("What happened?").tap()
    page.keyboard.type(SENTENCE)
    page.locator(".chips label", has_text="Label and chain of identity").tap()
    tablet.set_offline(True)
    page.get_by_role("button", name="Send to QA").tap()
    expect(page.get_by_role("alert")).to_contain_text("Kept on this device, not sent yet.")
    expect(page.get_by_label("What happened?")).to_have_value(SENTENCE)
    tablet.set_offline(False)
    expect(page.get_by_role("alert")).to_contain_text("The connection is back. Press the button again.")
    assert db.session.scalars(select(Deviation)).all() == []

    page.locator("form[action$='/sign-out']").evaluate("form => form.submit()")
    page.wait_for_url("**/sign-in**")
    page.close()
    other = signed_in(tablet, bea)
    other.goto("/good-catch")
    expect(other.get_by_label("What happened?")).to_have_value("")
    expect(other.locator("[data-offer]")).to_be_hidden()
    assert "bag label" not in other.content()
    other.locator("form[action$='/sign-out']").evaluate("form => form.submit()")
    other.wait_for_url("**/sign-in**")
    other.close()

    it_is(SENT)
    page = signed_in(tablet, chidi)
    page.goto("/good-catch")
    expect(page.locator("[data-offer]")).to_contain_text("kept on this device, not sent yet")
    expect(page.get_by_label("What happened?")).to_have_value("")
    page.reload()
    page.get_by_role("button", name="Go on with it").tap()
    expect(page.get_by_label("What happened?")).to_have_value(SENTENCE)
    expect(page.get_by_label("When?")).to_have_value("2027-03-02T10:42")
    page.get_by_role("button", name="Send to QA").tap()
    expect(page.get_by_role("heading", name="Thank you. QA has it.")).to_be_visible()
    expect(page.locator("main")).to_contain_text("02-Mar-2027 10:42 CET")
    expect(page.locator("main")).to_contain_text("02-Mar-2027 10:44 CET")
    has_dropped_its_drafts(page)
    page.goto("/good-catch")
    expect(page.locator("[data-offer]")).to_be_hidden()
    db.session.remove()
    assert db.session.scalars(select(Deviation.process_step)).all() == ["labelling"]
