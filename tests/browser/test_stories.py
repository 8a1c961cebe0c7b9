"""Stories of quality heads with exactly their numbers, each in a small world of its own, in front of a browser."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from lms.capas.rules import Plan
from lms.permissions import Role
from tests.browser.conftest import As, fits, pages_of
from tests.factories.capas import an_action, in_place, kept, planned
from tests.factories.deviations import a_batch, classified, stored
from tests.factories.people import PASSWORD, Someone, a_site, someone, today

pytestmark = pytest.mark.browser


def signed(page: Page, within: str, reason: str, button: str) -> None:
    """Give a reason and a password in one of the desk's boxes and press its button."""
    box = page.locator(within)
    box.get_by_label("Reason").fill(reason)
    box.get_by_label("Your password").fill(PASSWORD)
    box.get_by_role("button", name=button).click()


def test_story_4_is_this_the_same_one_again(app: Flask, at: As) -> None:
    """R1 143 days earlier, its action in place 118 days earlier: R3; R2 at two other sites, of which one is overruled."""
    site, control = a_site(), a_site("CTL", is_control_site=True)
    chidi, dana, lead = someone(Role.OPERATOR), someone(Role.QA), someone(Role.SITE_LEAD)
    ana = someone(Role.QA, control, everywhere=True)
    codes = {"process_step": "transduction", "category": "procedure_execution", "root_cause_class": "human"}
    others = []
    for code, days_ago in (("BBB", 47), ("CCC", 97)):
        other = a_site(code)
        others.append(classified(someone(Role.OPERATOR, other), ana, days_ago=days_ago, site=other, **codes))
    first = classified(chidi, dana, days_ago=150, site=site, **codes)
    capa_id = an_action(dana, first, lead, days_ago=140).id
    in_place(lead, capa_id, days_ago=125)
    again = classified(chidi, dana, days_ago=7, site=site, **codes)
    capa, first_number, site_id = kept(capa_id).number, stored(first).number, stored(again).site_id
    other_numbers = [stored(other).number for other in others]

    with pages_of(at, dana) as page:
        page.goto(f"/deviations/{again}/triage")
        after = page.locator("section.cand", has_text="Came back after an action")
        expect(after).to_contain_text(f"{first_number}")
        expect(after).to_contain_text("143 days earlier")
        expect(after).to_contain_text(f"{capa} is in place since")
        expect(after).to_contain_text("118 days earlier")
        elsewhere = page.locator("section.cand", has_text="2 other sites have had it")
        expect(elsewhere).to_contain_text("40 days earlier")
        expect(elsewhere).to_contain_text("90 days earlier")
        for number in other_numbers:
            expect(page.locator("body")).not_to_contain_text(number)
        signed(page, "section.cand:has-text('Came back after an action')", "the same worksheet", "Confirm")
        expect(page.locator("section.cand", has_text="Came back after an action")).to_contain_text("Confirmed")
        expect(page.locator("section.cand", has_text="Same as before")).to_contain_text("Confirmed")
        assert fits(page), "signed decisions widen the desk"
        page.goto(f"/capas/{capa_id}")
        expect(page.locator(".acts")).to_contain_text("Not effective")
        expect(page.locator(".acts")).to_contain_text("Back with its owner")
        page.goto(f"/deviations?site={site_id}&recurrence=confirmed")
        expect(page.locator("tbody tr")).to_have_count(1)

    with pages_of(at, ana) as page:
        page.goto(f"/deviations/{again}/triage")
        one = page.locator("section.cand:has-text('other sites have had it') .in", has_text=other_numbers[0])
        one.locator("summary").click()
        one.get_by_label("Reason").fill("another worksheet, another field")
        one.get_by_label("Your password").fill(PASSWORD)
        one.get_by_role("button", name="Overrule").click()
        found = page.locator("section.cand:has-text('other sites have had it') div.in")
        expect(found.filter(has_text=other_numbers[0])).to_contain_text("Overruled")
        expect(found.filter(has_text=other_numbers[1])).to_contain_text("To decide")

    with pages_of(at, lead) as page:
        expect(page.get_by_text("1 action is yours")).to_be_visible()


#: Steps and causes that make nine events of one category, none of them a recurrence of another.
STEPS = ("thaw", "harvest", "sampling", "release", "shipping", "wash_selection")
CAUSES = ("method", "equipment", "material")


def events(reporter: Someone, qa: Someone, days: list[int]) -> None:
    for number, day in enumerate(days):
        codes = {
            "process_step": STEPS[number % 6],
            "root_cause_class": CAUSES[number // 6],
            "category": "documentation",
        }
        classified(reporter, qa, days_ago=day, severity="minor", **codes)


def test_story_8_did_the_action_work(app: Flask, at: As) -> None:
    """9 in 52 batches before, 3 in 41 after: not demonstrable, ratio .42, p .15; extended once to 80; no green tick."""
    chidi, dana, lead = someone(Role.OPERATOR), someone(Role.QA), someone(Role.SITE_LEAD)
    capa_id: UUID = an_action(dana, classified(chidi, dana, days_ago=3), lead, days_ago=110).id
    planned(dana, capa_id, Plan(365, 30, 40, 50, 0), category="documentation")
    in_place(lead, capa_id, days_ago=100)
    events(chidi, dana, [110 + number for number in range(9)])
    events(chidi, dana, [60, 70, 80])
    for number in range(52):
        a_batch(dana, f"B-{number}", started_on=today() - timedelta(days=101 + number * 5))
    for number in range(41):
        a_batch(dana, f"A-{number}", started_on=today() - timedelta(days=2 + number * 2))

    with pages_of(at, dana) as page:
        page.goto(f"/capas/{capa_id}")
        effect = page.locator("section.panel", has_text="Is it shown to have worked?")
        expect(effect).to_contain_text("9 in 52 batches before")
        expect(effect).to_contain_text("3 in 41 after")
        expect(effect).to_contain_text("ratio 0.42, one-sided p 0.15")
        page.get_by_label("How you read it").fill("Fewer, and it may be chance.")
        page.locator("section.sign").get_by_label("Your password").fill(PASSWORD)
        page.get_by_role("button", name="Sign the verdict").click()
        expect(page.get_by_role("status")).to_contain_text("Signed: Not demonstrable")
        expect(effect).to_contain_text("the window was extended once to 80 batches")
        expect(effect).to_contain_text("In 80 batches at most 4 would show it.")
        expect(page.locator(".tag.ok", has_text="Effective")).to_have_count(0)
        expect(page.locator("body")).to_contain_text("Too early: 100 of 30 days and 41 of 80 batches")
