"""Behaviour metrics without a pointer: every walk is made by Tab, Enter, Space and arrows, and each stop is looked at."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import FileChooser, Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from behavior_metrics.management_review.rules import NETWORK
from lms.permissions import Role
from tests.browser.conftest import DESKTOP, As, fits, pages_of
from tests.factories.behavior import a_network_with_an_answer, history, moment, qa_of_the_network, quarter
from tests.factories.packs import delivered, only_network, pack_of
from tests.factories.people import PASSWORD, Someone, a_site, a_team, someone
from tests.rooms.behavior_metrics.test_imported_study import the_file

pytestmark = [pytest.mark.browser, pytest.mark.appearance]

#: No page has more stops than this before what is looked for.
MOST = 250
#: What is wrong with where the focus is, nothing if all is well (WCAG 2.2: 2.4.3, 2.4.7, 2.4.11).
FAULT = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect(), style = getComputedStyle(at);
  if (at === document.body) return "nothing has the focus";
  const what = at.outerHTML.slice(0, 120);
  if (at.tabIndex > 0) return `an order of its own: ${what}`;
  const left = Math.max(box.left, 0), right = Math.min(box.right, innerWidth);
  const top = Math.max(box.top, 0), bottom = Math.min(box.bottom, innerHeight);
  if (right - left < 4 || bottom - top < 4) return `outside the window: ${what}`;
  if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) return `no ring: ${what}`;
  const over = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
  return over && (at.contains(over) || over.contains(at)) ? "" : `covered by ${over && over.outerHTML.slice(0, 80)}: ${what}`;
}"""
HERE = "node => node === document.activeElement"
#: Whether nothing of the page has the focus yet, and the content is to be reached.
BELOW_THE_TOP = "node => document.activeElement === document.body && node.closest('#main') !== null"


def to(target: Locator, key: str = "Tab") -> None:
    """Go to something stop by stop; each stop has a ring, is in the window and lies behind nothing.

    On a page that has just opened, what stands on every page is skipped by the link for it.
    """
    page = target.page
    if key == "Tab" and target.evaluate(BELOW_THE_TOP, timeout=10_000):
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        page.keyboard.press("Enter")
    for _ in range(MOST):
        if target.evaluate(HERE, timeout=10_000):
            return
        page.keyboard.press(key)
        fault = page.evaluate(FAULT)
        assert fault == "", f"on the way to {target}: {fault}"
    raise AssertionError(f"{target} is not reached by {key}")


def press(target: Locator, key: str = "Enter") -> None:
    """Go to something and press a key on it."""
    to(target)
    target.page.keyboard.press(key)


def write(target: Locator, words: str) -> None:
    """Go to a field and type over what stands in it."""
    to(target)
    target.page.keyboard.press("Control+a")
    target.page.keyboard.type(words)


def refused(page: Page, sentence: str, field: Locator) -> None:
    """See the refusal with the focus on it, and let its sentence lead to the field."""
    expect(page.get_by_role("alert")).to_be_focused()
    press(page.get_by_role("alert").get_by_role("link", name=sentence))
    expect(field).to_be_focused()


def chooser_of(page: Page) -> FileChooser:
    """Open what chooses a file for the field with the focus. A browser that is kept busy may pass over a key: once more."""
    for _ in range(2):
        with suppress(PlaywrightTimeout):
            with page.expect_file_chooser(timeout=10_000) as chosen:
                page.keyboard.press("Space")
            return chosen.value
    with page.expect_file_chooser() as chosen:
        page.keyboard.press("Space")
    return chosen.value


def opened(page: Page, address: str) -> None:
    """Go to a page of figures and open them by its button."""
    page.goto(address)
    press(page.get_by_role("button", name="Open the figures"))
    page.wait_for_load_state("load")


def panel(page: Page, heading: str | re.Pattern[str]) -> Locator:
    """Return the panel under a heading."""
    return page.locator("section", has=page.get_by_role("heading", name=heading))


@pytest.fixture
def ana(app: Flask) -> Someone:
    return qa_of_the_network(a_site("S00", "Europe/Berlin"))


def test_a_study_is_asked_for_read_signed_and_made_anew(ana: Someone, at: As) -> None:
    a_network_with_an_answer(ana)
    with pages_of(at, ana) as page:
        opened(page, "/behavior/linkage")
        press(page.get_by_role("button", name="Compute now"))
        expect(page.get_by_role("status").first).to_contain_text("Asked for")
        to(page.get_by_role("link", name="Signed studies"))
        delivered()
        expect(page.get_by_role("heading", name="The result in words")).to_be_visible(timeout=20_000)
        expect(page.get_by_role("link", name="Signed studies"), "the page came anew").to_be_focused()

        forest = panel(page, "Change in recurrence per +1 point")
        press(forest.get_by_text("Show as table"), "Space")
        to(forest.get_by_role("region", name="Estimates"))
        to(forest.get_by_text("Show as table"), "Shift+Tab")
        page.keyboard.press("Enter")
        expect(forest.get_by_role("region", name="Estimates")).to_be_hidden()

        used = panel(page, re.compile("^Team-quarters used"))
        press(used.get_by_text("Show as table"))
        figure = used.get_by_role("region", name="Team-quarters").get_by_role("link", name=re.compile("^[12]$")).first
        many = int(figure.inner_text())
        press(figure)
        expect(page.locator("tbody tr")).to_have_count(many)
        press(page.locator(".crumb").get_by_role("link", name="Behaviour"))
        press(page.get_by_role("link", name="Linkage", exact=True))

        remark, password = page.get_by_label("How you read it"), page.get_by_label("Your password")
        write(password, "not mine")
        press(page.get_by_role("button", name="Sign the study"))
        refused(page, "Say how you read the study: it is part of what you sign.", remark)
        write(remark, "Fewer come back where people speak up.")
        write(password, "not mine")
        page.keyboard.press("Enter")
        refused(page, "The name or the password is not right.", password)
        expect(remark).to_have_value("Fewer come back where people speak up.")
        write(password, PASSWORD)
        press(page.get_by_role("button", name="Sign the study"))
        expect(page.get_by_role("status")).to_contain_text("Signed.")
        signed = page.url

        press(page.locator(".crumb").get_by_role("link", name="Signed studies"))
        press(page.locator("tbody th a"))
        expect(page).to_have_url(signed)
        press(page.get_by_role("button", name="Make it anew"))
        expect(page.locator("#anew")).to_contain_text("Every figure came out the same, to 1e-9")
        expect(page.locator("#anew"), "it goes on where it was").to_be_focused()


def test_who_writes_is_not_interrupted_by_a_study_that_is_ready(ana: Someone, at: As) -> None:
    a_network_with_an_answer(ana)
    with pages_of(at, ana) as page:
        opened(page, "/behavior/linkage")
        press(page.get_by_role("button", name="Compute now"))
        expect(page.get_by_role("status").first).to_contain_text("Asked for")
        delivered()
        expect(page.get_by_role("heading", name="The result in words")).to_be_visible(timeout=20_000)
        with history(ana) as past:
            past.batches(a_site("S00"), a_team(a_site("S00"), "Blue"), quarter(2), 1)
        page.reload()
        press(page.get_by_role("button", name="Compute now"))
        expect(page.get_by_role("status").first).to_contain_text("Asked for")
        write(page.get_by_label("How you read it"), "Half a sentence, and then")
        with page.expect_response(lambda answer: answer.headers.get("hx-refresh") == "true", timeout=20_000):
            delivered()
        page.keyboard.type(" the other half.")
        expect(page.get_by_label("How you read it")).to_have_value("Half a sentence, and then the other half.")


def test_a_figure_opens_its_list_and_leads_back(ana: Someone, at: As) -> None:
    site = a_site("S00")
    team = a_team(site, "Blue")
    with history(ana) as past:
        past.batches(site, team, quarter(1), 6)
        past.deviation(site, team, moment(quarter(2), 80))
        for day in (3, 20):
            past.recurrence(site, team, moment(quarter(1), day), channel="performer")
    with pages_of(at, ana) as page:
        opened(page, "/behavior/accountability")
        parts = page.get_by_role("region", name="Parts of the index")
        press(parts.locator("tr", has_text="Raised by us first").get_by_role("link").last)
        expect(page.locator("tbody tr")).to_have_count(2)
        press(page.locator(".crumb").get_by_role("link", name="Accountability"))
        press(page.get_by_role("link", name="Recurrence", exact=True))
        press(panel(page, "By site").get_by_role("row", name=re.compile("S00")).get_by_role("link", name="2").first)
        expect(page.locator("tbody tr")).to_have_count(2)
        press(page.locator("tbody th a").first)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.goto("/behavior/climate")
        to(page.locator("select[name=team]"))
        page.keyboard.press("ArrowDown")
        press(page.get_by_role("button", name="Show", exact=True))
        expect(page).to_have_url(re.compile(r"team="))


def test_weights_are_proposed_and_signed_by_another(ana: Someone, at: As) -> None:
    other = someone(Role.QA, a_site("S00"), everywhere=True, name="Ben Okafor")
    with pages_of(at, ana) as page:
        page.goto("/behavior/accountability/weights")
        write(page.get_by_label("Raised by us first"), "90")
        press(page.get_by_role("button", name="Propose"))
        refused(page, "Say why the weights should change.", page.get_by_label("Why these weights"))
        write(page.get_by_label("Why these weights"), "raising counts for more")
        to(page.get_by_label("Raised by us first"), "Shift+Tab")
        write(page.get_by_label("Raised by us first"), "30")
        write(page.get_by_label("Training kept current"), "10")
        press(page.get_by_role("button", name="Propose"))
        expect(page.locator("main")).to_contain_text("Nothing changes until another of quality assurance signs.")
    with pages_of(at, other) as page:
        page.goto("/behavior/accountability/weights")
        write(page.get_by_label("Your password"), "not mine")
        press(page.get_by_role("button", name="Sign the weights"))
        refused(page, "The name or the password is not right.", page.get_by_label("Your password"))
        write(page.get_by_label("Your password"), PASSWORD)
        press(page.get_by_role("button", name="Sign the weights"))
        expect(page.locator("body")).to_contain_text("version 2 is in force")


def test_a_pack_is_made_anew_signed_and_downloaded(ana: Someone, at: As) -> None:
    site = a_site("S00")
    team = a_team(site, "Blue")
    with history(ana) as past:
        past.batches(site, team, quarter(1), 6)
        past.deviation(site, team, moment(quarter(2), 80))
        past.recurrence(site, team, moment(quarter(1), 5), channel="performer")
    only_network()
    with pages_of(at, ana) as page:
        page.goto("/behavior/management-review")
        press(page.get_by_role("link", name=f"{quarter(1).words} Network"))
        press(page.get_by_role("button", name="Open the figures"))
        press(page.get_by_text("Make it anew from the records of now"), "Space")
        press(page.get_by_role("button", name="Make revision 2"))
        expect(page.get_by_role("status").first).to_contain_text("Asked for")
        delivered()
        expect(page.locator("main")).to_contain_text("waits for signature", timeout=20_000)
        reason, password = page.get_by_label("Conclusion of the review"), page.get_by_label("Your password")
        press(page.get_by_role("button", name="Sign the pack"))
        refused(page, "Say in a sentence what the review concluded.", reason)
        write(reason, "Under control.")
        write(password, PASSWORD)
        press(page.get_by_role("button", name="Sign the pack"))
        expect(page.locator("main")).to_contain_text("valid")
        delivered()
        page.reload()
        to(page.get_by_role("link", name="Signed PDF"))
        with page.expect_download() as download:
            page.keyboard.press("Enter")
        assert download.value.suggested_filename.endswith("-network-r2.signed.pdf")
        definitions = page.locator("details", has_text="Definitions and methods")
        press(definitions.locator("summary"))
        expect(definitions.locator("dl")).to_be_visible()
        open_list = page.get_by_role("link", name="Open the list").last
        to(open_list, "Shift+Tab")
        press(open_list)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert pack_of(NETWORK).revision == 2


def test_a_study_of_one_s_own_is_brought_read_and_forgotten(ana: Someone, at: As, tmp_path: Path) -> None:
    file = tmp_path / "spells.csv"
    file.write_bytes(the_file())
    with pages_of(at, ana) as page:
        page.goto("/behavior/studies")
        press(page.get_by_role("button", name="Make the analyses"))
        refused(page, "Choose a file.", page.get_by_label("File (CSV, XLSX or JSON)"))
        chooser_of(page).set_files(file)
        press(page.get_by_role("button", name="Make the analyses"))
        expect(page.locator("main")).to_contain_text("being computed")
        delivered()
        expect(page.locator("main")).to_contain_text("0.810 (0.639–1.027)", timeout=20_000)
        twin = page.get_by_text("Show as table").first
        press(twin)
        page.keyboard.press("Tab")
        expect(page.locator("details[open] .scroll-x").first).to_be_focused()
        page.set_viewport_size({"width": 390, "height": 844})
        assert fits(page), "the hash of the file breaks on a phone"
        page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
        page.goto("/behavior/studies")
        press(page.locator("summary", has_text="Forget"))
        press(page.get_by_role("button", name="Forget it"))
        expect(page.locator("main")).to_contain_text("You brought no study yet.")
