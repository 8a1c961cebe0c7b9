"""Story 6, the survey nobody can trace, with exactly its numbers: a team of four and a team of five, seven items on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select

from coaching.surveys.models import SurveySealed, SurveyTicket
from lms import clock
from lms.extensions import db
from lms.permissions import Role
from tests.browser.conftest import Site, answering, fits
from tests.factories.people import PASSWORD, Someone, a_site, a_team, someone
from tests.factories.surveys import (
    CANARY,
    DECEMBER,
    NOVEMBER,
    OCTOBER,
    Crew,
    a_closed_review,
    a_crew,
    a_crew_answers,
    a_registered_key,
    noon,
    release,
)
from tests.rooms.surveys.traces import candidate_keys, opens

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}
DAY = date(2026, 10, 14)
#: She opens the sheet, and has answered 70 seconds later.
OPENED = datetime(2026, 10, 14, 13, 0, tzinfo=UTC)
SENT = OPENED + timedelta(seconds=70)
#: What differs between two loads of any page.
VOLATILE = re.compile(r'(?:content|value)="[^"]{60,}"|<time datetime="[^"]*[.][^"]*">[^<]*</time>')

COUNT_TAPS = """addEventListener("click", (event) => {
  // a tap on a label is passed on to its control as a second click without a pointer
  if (event.isTrusted && event.detail) window.taps = (window.taps ?? 0) + 1;
}, true);"""


@dataclass
class World:
    """Grace's team of four, the site's other team of five, another site's small team, and everybody who would look."""

    grace: Someone
    four: Crew
    five: Crew
    others: dict[str, Someone]


@pytest.fixture
def it_is(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    return lambda moment: monkeypatch.setattr(clock, "now", lambda: moment)


@pytest.fixture
def site(app: Flask) -> Iterator[Site]:
    with answering(app) as running:
        yield running


@pytest.fixture
def phone(site: Site, chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport=PHONE, base_url=site.address, has_touch=True, reduced_motion="reduce")  # type: ignore[arg-type]
    yield context
    context.close()


def a_world() -> World:
    here = a_site("AAA")
    five = a_crew(5, team="Team Five")
    team = a_team(here, "Team Four")
    grace = someone(Role.OPERATOR, here, team=team, name="Grace Adeyemi")
    colleagues = tuple(someone(Role.OPERATOR, here, team=team) for _ in range(3))
    eli = someone(Role.COACH, here, name="Eli Brandt")
    others = {
        "coach": eli,
        "qa": someone(Role.QA, here, name="Dana Novak"),
        "administrator": someone(Role.ADMINISTRATOR, here),
        "inspector": someone(Role.INSPECTOR, here),
    }
    someone(Role.CUSTODIAN, everywhere=True, name="Ida Berg")
    return World(grace, Crew(eli, (grace, *colleagues), team.id), five, others)


def signed_in(context: BrowserContext, reader: Someone) -> Page:
    db.session.remove()
    page = context.new_page()
    page.goto("/sign-in")
    page.get_by_label("User name").fill(reader.login)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
    return page


def test_story_6_survey_nobody_can_trace(app: Flask, phone: BrowserContext, it_is, sign_in) -> None:
    """Seven items in 70 s; nobody can tell whether she answered; five have a figure, four wait, small teams are pooled."""
    world, key = a_world(), a_registered_key()
    grace_id = world.grace.person.id
    a_crew_answers(world.five, DAY)
    a_crew_answers(Crew(world.four.coach, world.four.operators[1:], world.four.team_id), DAY)
    review_id = a_closed_review(world.four.coach, world.grace, noon(DAY))
    it_is(OPENED)
    browsers = {name: sign_in(reader) for name, reader in world.others.items()}
    addresses = [
        *("/", "/today/figures", "/today/below", "/notifications", "/reviews", f"/reviews/{review_id}"),
        *(f"/survey/{review_id}", "/survey/climate", "/survey/waves", f"/people/{grace_id}", "/trail"),
    ]
    before = _pages(browsers, addresses)
    page = signed_in(phone, world.grace)
    page.add_init_script(COUNT_TAPS)
    page.goto("/")
    _reads_what_happens(page)
    _answers(page, it_is)
    _goes_back_and_sends_again(page, review_id)
    db.session.remove()

    it_is(OPENED)
    again = _pages(browsers, addresses)
    assert {where for where in before if again[where] != before[where]} == set()
    assert {before[name, f"/survey/{review_id}"][0] for name in browsers} == {403}
    boxes = db.session.scalars(select(SurveySealed.box)).all()
    used = db.session.scalars(select(SurveyTicket.used).where(SurveyTicket.user_id == grace_id)).all()
    assert (len(boxes), sum(opens(box, candidate_keys()) for box in boxes), used) == (9, 0, [True])

    it_is(noon(OCTOBER.releasable_from))
    report = release(OCTOBER, key)
    assert [(row["cell"], row["n_band"]) for row in report.rows] == [(f"team:{world.five.team_id}", "5-9")]
    climate = _climate(phone, world.others["qa"])
    expect(climate.get_by_role("row").filter(has_text="Team Five")).to_contain_text("5 to 9")
    waits = climate.locator("section").filter(has_text="Too few, waits")
    expect(waits).to_contain_text("Site AAA, Team Four")

    a_crew_answers(a_crew(3, site="BBB", team="Team Three"), date(2026, 12, 2))
    release(NOVEMBER, key)
    it_is(noon(DECEMBER.releasable_from))
    pooled = release(DECEMBER, key)
    assert [(row["cell"], row["n_band"]) for row in pooled.rows] == [("network-small-teams", "5-9")]
    climate = _climate(phone, world.others["qa"])
    row = climate.get_by_role("row").filter(has_text="Small teams of the network together")
    expect(row).to_contain_text("2026-10 – 2026-12")
    expect(row).to_contain_text("5 to 9")
    expect(climate.get_by_role("row").filter(has_text="Team Four")).to_have_count(0)


def _reads_what_happens(page: Page) -> None:
    """Before the first item: her team's size, five people, who holds the key, what could still go wrong."""
    page.get_by_role("link", name="Open").first.tap()
    expect(page.get_by_role("heading", name="Seven questions about your team")).to_be_visible()
    main = page.locator("main")
    for words in (
        "Your team has 4 people, so it counts only together with other small teams",
        "Never shown below 5 people",
        "today Ida Berg",
    ):
        expect(main).to_contain_text(words)
    page.get_by_text("What could still go wrong").tap()
    expect(page.get_by_text("If all your colleagues put their own answers together")).to_be_visible()
    told, first = (
        page.get_by_text("What happens to your answer").bounding_box(),
        page.locator("fieldset").first.bounding_box(),
    )
    assert told is not None
    assert first is not None
    assert told["y"] < first["y"]
    assert fits(page)


def _answers(page: Page, it_is: Callable[[datetime], None]) -> None:
    """Seven choices and one Finish: eight taps. The page is never left, so it counts them all."""
    page.evaluate("window.taps = 0")
    for number, value in enumerate(CANARY):
        page.locator("fieldset").nth(number).locator("label").nth(value - 1).tap()
    assert page.locator("input:checked").count() == 7
    it_is(SENT)
    page.get_by_role("button", name="Finish").tap()
    expect(page.get_by_role("heading", name="Thank you. That is all.")).to_be_visible()
    assert page.evaluate("window.taps") == 8
    assert (SENT - OPENED).total_seconds() == 70


def _goes_back_and_sends_again(page: Page, review_id: UUID) -> None:
    """The back button shows an empty sheet, and a second Finish gets the same receipt and changes nothing."""
    page.go_back()
    page.goto(f"/survey/{review_id}")
    assert page.locator("input:checked").count() == 0
    page.get_by_role("button", name="Finish").tap()
    expect(page.get_by_role("heading", name="Thank you. That is all.")).to_be_visible()


def _climate(context: BrowserContext, reader: Someone) -> Page:
    page = signed_in(context, reader)
    page.goto("/survey/climate")
    page.get_by_role("button", name="Open the figures").tap()
    expect(page.get_by_role("heading", name="Published figures")).to_be_visible()
    assert fits(page)
    return page


def _pages(browsers, addresses: list[str]) -> dict[tuple[str, str], tuple[int, str]]:
    found = {}
    for name, browser in browsers.items():
        for address in addresses:
            answer = browser.get(address)
            found[name, address] = answer.status_code, VOLATILE.sub("", answer.get_data(as_text=True))
    return found


def test_on_a_shared_tablet_badge_and_pin_open_the_sheet_and_the_next_person_finds_the_door(
    app: Flask, phone: BrowserContext, it_is
) -> None:
    from coaching.tablet.commands import set_badge
    from lms.unit_of_work import run

    world, _key = a_world(), a_registered_key()
    review_id = a_closed_review(world.four.coach, world.grace, noon(DAY))
    it_is(OPENED)
    run(set_badge, world.grace.signing, "", badge="A-1234", pin="482913", again="482913")
    db.session.remove()
    page = phone.new_page()
    page.goto("/survey/tablet")
    page.get_by_label("Badge number").fill("a1234")
    page.get_by_label("PIN").fill("482913")
    page.get_by_role("button", name="Open my sheets").tap()
    page.get_by_role("link", name="7 questions").tap()
    page.get_by_role("link", name="Deutsch").tap()
    expect(page.get_by_role("heading", name="Sieben Fragen zu Ihrem Team")).to_be_visible()
    page.locator("fieldset").first.locator("label").nth(4).tap()
    expect(page.get_by_role("radio", name="5, Trifft eher zu").first).to_be_checked()
    page.get_by_role("button", name="Fertig").tap()
    expect(page.get_by_role("heading", name="Danke. Das ist alles.")).to_be_visible()
    expect(page.get_by_role("button", name="Download my copy")).to_have_count(0)
    assert fits(page)
    page.goto(f"/survey/tablet/{review_id}")
    expect(page.get_by_label("Badge number")).to_have_value("")
    assert "Grace" not in page.content()
    db.session.remove()
    assert len(db.session.scalars(select(SurveySealed.id)).all()) == 1
