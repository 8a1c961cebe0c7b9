"""Story 10 with exactly its numbers, in front of a browser: gates 11/11, two signatures, a pause, a lift, the annex."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from lms import clock
from lms.extensions import db
from lms.network.models import Site
from lms.permissions import Role
from tests.browser.conftest import As, fits
from tests.factories.assessments import a_world
from tests.factories.people import PASSWORD, Someone, a_site, someone
from tests.factories.standings import (
    a_planned_batch,
    an_onboarding_site,
    confirm_all,
    operators,
    qualified,
    rostered,
)

pytestmark = pytest.mark.browser
TREND = "Trend in environmental monitoring: three alerts within a week."


def narrow_enough(page: Page) -> None:
    assert fits(page), page.url


def sign_activation(page: Page, site_id: object) -> None:
    page.goto(f"/sites/{site_id}/gates")
    expect(page.locator("header.top")).to_contain_text("11 of 11 gates done")
    page.locator("section.sign").get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Sign the activation").click()


def states_of(page: Page) -> dict[str, str]:
    """Return the state of every site of the console, by name."""
    page.goto("/console")
    rows = page.locator("section.panel", has_text="Sites").first.locator("tbody tr")
    return {
        row.locator("th").inner_text().strip(): row.locator("td").first.inner_text().split("\n")[0].strip()
        for row in rows.all()
    }


@dataclass
class Story:
    """The network of the story: thirteen sites, of which the last is new, and its people."""

    site_id: UUID
    other_id: UUID
    task_id: UUID
    first: Someone
    ana: Someone
    ivo: Someone
    lead: Someone
    site_qa: Someone
    names: list[str]


def the_network() -> Story:
    control = a_site("S01", is_control_site=True)
    others = [control, *(a_site(f"S{number:02d}") for number in range(2, 13))]
    site, other = an_onboarding_site("S13"), others[4]
    world = a_world(site)
    seven = operators(world, 7)
    for role in (Role.QA, Role.SITE_LEAD, Role.TRAINER, Role.ASSESSOR):
        someone(role, site)
    ana = someone(Role.QA, control, everywhere=True, name="Ana Quality")
    ivo = someone(Role.RESPONSIBLE_PERSON, control, everywhere=True, name="Ivo Person")
    lead, site_qa = someone(Role.SITE_LEAD, site, name="Lea Lead"), someone(Role.QA, site, name="Dana Site")
    elsewhere = replace(world, site=other)
    qualified(elsewhere, someone(site=other, name="Olga Other"))
    confirm_all(ana, site, but="technical_agreement")
    names = [one.person.name for one in seven]
    return Story(site.id, other.id, world.task_id, seven[0], ana, ivo, lead, site_qa, names)


def test_story_10_site_13_onboarding_then_pause(app: Flask, at: As) -> None:
    """11/11, two signatures → active; paused: all 7 paused, no roster, the other 12 untouched; lifted; in the annex."""
    story = the_network()
    page, by_ivo = at(story.ana), at(story.ivo)
    the_last_gate_is_signed(page, story)
    two_signatures_make_it_active(page, by_ivo, story)
    site, other = (db.session.get_one(Site, one) for one in (story.site_id, story.other_id))
    planned, other_planned = a_planned_batch(story.lead, site).id, a_planned_batch(story.ana, other, "S05-1").id
    rostered(story.lead, planned, story.first, story.task_id)
    ivo_pauses(by_ivo, story)
    all_seven_are_paused_and_twelve_sites_are_not(page, story)
    no_roster_is_accepted(at(story.lead), planned, story)
    another_site_goes_on(page, other_planned, story.other_id)
    only_the_control_site_lifts(page, at(story.site_qa), story)
    the_annex_lists_it(page, story)


def the_last_gate_is_signed(page: Page, story: Story) -> None:
    page.goto(f"/sites/{story.site_id}/gates")
    expect(page.locator("header.top")).to_contain_text("10 of 11 gates done")
    expect(page.get_by_role("button", name="Sign the activation")).to_have_count(0)
    gate = page.locator("tr", has_text="Technical agreement in force")
    gate.locator("summary").click()
    gate.get_by_label("What shows it").fill("TA-2026-013")
    gate.get_by_label("Your password").fill(PASSWORD)
    gate.get_by_role("button", name="Sign: done").click()


def two_signatures_make_it_active(page: Page, by_ivo: Page, story: Story) -> None:
    sign_activation(page, story.site_id)
    expect(page.get_by_role("status")).to_contain_text("becomes active with the second signature")
    assert states_of(page)["Site S13"] == "onboarding"
    sign_activation(page, story.site_id)
    expect(page.get_by_role("alert")).to_contain_text("The second signature is another person's.")

    sign_activation(by_ivo, story.site_id)
    expect(by_ivo.get_by_role("status")).to_contain_text("The site is active from now on.")
    assert states_of(page) == {f"Site S{number:02d}": "active" for number in range(1, 14)}


def ivo_pauses(by_ivo: Page, story: Story) -> None:
    by_ivo.goto(f"/sites/{story.site_id}")
    by_ivo.get_by_text("Pause, suspend or end").click()
    by_ivo.get_by_label("Whom").select_option(label="The whole site")
    by_ivo.get_by_label("What is done").select_option(index=0)
    by_ivo.get_by_label("Reason").fill(TREND)
    by_ivo.locator("section.sign").get_by_label("Your password").fill(PASSWORD)
    by_ivo.get_by_role("button", name="Sign this step").click()
    expect(by_ivo.get_by_role("status")).to_contain_text("Signed: Paused")
    expect(by_ivo.get_by_text("Sign and lift")).to_have_count(0)


def all_seven_are_paused_and_twelve_sites_are_not(page: Page, story: Story) -> None:
    page.goto(f"/readiness?site={story.site_id}&status=paused")
    expect(page.locator("tbody tr")).to_have_count(7)
    for name in story.names:
        expect(page.locator("tbody")).to_contain_text(name)
    page.goto("/console")
    row = page.locator("section.panel", has_text="Training states").locator("tr", has_text="Site S13")
    expect(row.locator("a")).to_have_text(["7", "7"])
    assert states_of(page) == {f"Site S{n:02d}": "active" for n in range(1, 13)} | {"Site S13": "paused"}
    narrow_enough(page)


def no_roster_is_accepted(by_lead: Page, planned: UUID, story: Story) -> None:
    by_lead.goto(f"/planned/{planned}/roster")
    expect(by_lead.locator("main")).to_contain_text("No roster is accepted: Site S13 is paused.")
    expect(by_lead.locator("tbody tr").first).to_contain_text("refused")
    for name in story.names[1:]:
        by_lead.get_by_label("Person").select_option(label=name)
        by_lead.get_by_label("Task").select_option(index=1)
        by_lead.get_by_role("button", name="Put on the roster").click()
        expect(by_lead.get_by_role("alert")).to_contain_text("Site S13 is paused")
    expect(by_lead.locator("tbody tr")).to_have_count(1)
    expect(by_lead.locator(".rail .who")).to_contain_text("paused")


def another_site_goes_on(page: Page, other_planned: UUID, other_id: UUID) -> None:
    page.goto(f"/planned/{other_planned}/roster")
    page.get_by_label("Person").select_option(label="Olga Other")
    page.get_by_label("Task").select_option(index=1)
    page.get_by_role("button", name="Put on the roster").click()
    expect(page.get_by_role("status")).to_contain_text("On the roster, and told.")
    page.goto(f"/readiness?site={other_id}&status=qualified")
    expect(page.locator("tbody tr")).to_have_count(1)


def only_the_control_site_lifts(page: Page, by_site_qa: Page, story: Story) -> None:
    by_site_qa.goto(f"/sites/{story.site_id}")
    expect(by_site_qa.locator("main")).to_contain_text("Lifting takes a signature of the control site.")
    expect(by_site_qa.get_by_text("Sign and lift")).to_have_count(0)
    page.goto(f"/sites/{story.site_id}")
    page.get_by_text("Lift it").click()
    held = page.locator(".note", has_text=TREND)
    held.get_by_label("Reason").fill("Source found and removed; five days without an alert.")
    held.get_by_label("Your password").fill(PASSWORD)
    held.get_by_role("button", name="Sign and lift").click()
    expect(page.get_by_role("status")).to_contain_text("Signed: Lifted")
    page.goto(f"/readiness?site={story.site_id}&status=qualified")
    expect(page.locator("tbody tr")).to_have_count(7)


def the_annex_lists_it(page: Page, story: Story) -> None:
    page.goto(f"/sites/{story.site_id}/annex?year={clock.now().year}")
    steps = page.locator("section.panel", has_text="2. Pauses, suspensions and lifts").locator("tbody tr")
    expect(steps).to_have_count(3)
    expect(steps.nth(1)).to_contain_text(TREND)
    expect(steps.nth(1)).to_contain_text("Ivo Person")
    expect(steps.nth(2)).to_contain_text("Ana Quality")
    expect(steps.nth(0)).to_contain_text(re.compile("Activated.*11 of 11 gates done"))
    narrow_enough(page)
