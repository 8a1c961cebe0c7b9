"""axe finds nothing on any page that any role can reach, in the light and in the dark, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page

from lms.demonstration.loading import ACCOUNTS
from tests.browser.conftest import Site, opened
from tests.browser.walking import walk

pytestmark = [pytest.mark.browser, pytest.mark.appearance]
PHONE = {"width": 390, "height": 844}


#: Only what is wrong is carried out of the browser: a whole report of a long list is a megabyte.
CHECK = """options => axe.run({...options, resultTypes: ["violations"]}).then(({violations}) =>
    violations.map(({id, nodes}) => `${id}: ${nodes[0].html.slice(0, 120)} (${nodes.length})`))"""
#: All rules but the contrast of colours, which takes most of the time and says the same of each row of a table.
NOT_COLOURS = {"rules": {"color-contrast": {"enabled": False}}}
#: The contrast of what is written, once for each kind: an element's tag, classes and attributes and its ancestors', the
#: column of a cell, and whether a row is an odd or an even one.
CHECK_COLOURS = """() => {
    const kinds = new Map(), known = new Map();
    const kind = element => {
        if (!element || element === document.documentElement) return "";
        if (!known.has(element)) {
            const attributes = [...element.attributes].map(({name, value}) =>
                ["class", "style", "fill", "role", "type"].includes(name) || name.startsWith("aria-") ? `${name}=${value}` : name);
            const at = [...element.parentElement.children].indexOf(element);
            const place = { TR: at % 2, TD: at, TH: at }[element.tagName] ?? "";
            known.set(element, `${kind(element.parentElement)}>${element.tagName}${place} ${attributes.join(" ")}`);
        }
        return known.get(element);
    };
    for (const element of document.body.querySelectorAll("*")) {
        const writes = element.matches("input, select, textarea")
            || [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
        if (writes && element.checkVisibility() && !kinds.has(kind(element))) kinds.set(kind(element), element);
    }
    return axe.run({include: [...kinds.values()]}, {runOnly: ["color-contrast"], resultTypes: ["violations"]}).then(({violations}) =>
        violations.map(({id, nodes}) => `${id}: ${nodes[0].html.slice(0, 120)} (${nodes.length})`));
}"""


def violations(page: Page) -> list[str]:
    """Return what axe finds on a page that ``AXE_SCRIPT`` was given to, a line each."""
    found: list[str] = page.evaluate(CHECK, NOT_COLOURS)
    return found + faint(page)


def faint(page: Page) -> list[str]:
    """Return what is written in colours that are too much alike, a line each; as above."""
    found: list[str] = page.evaluate(CHECK_COLOURS)
    return found


#: Lines of what there is to do whose day runs into the title beside it.
RUN_TOGETHER = """() => [...document.querySelectorAll(".todo > li")].filter(line => {
    const day = document.createRange();
    day.selectNodeContents(line.querySelector(".when"));
    return day.getBoundingClientRect().right > line.querySelector(".when + div").getBoundingClientRect().left;
}).map(line => line.innerText)"""
#: Pages whose figures are opened by a button, once for a session: what stands behind it is looked at too.
FIGURES = ("/behavior", "/survey/climate")
#: Pages that were looked at in the dark and on a phone already, for another role.
_seen: set[str] = set()


@pytest.mark.parametrize("role", ACCOUNTS)
def test_no_page_of_a_role_has_a_violation(site: Site, open_as: Callable[..., Page], role: str) -> None:
    page = open_as(role)
    for figures in FIGURES:
        page.goto("/")
        if page.locator(f"a[href='{figures}']").count():
            opened(page, figures)
    found: dict[str, list[str]] = {}
    reached = []
    for endpoint, path in walk(site.app, page):
        reached.append(endpoint)
        page.evaluate(AXE_SCRIPT)
        if bad := violations(page) + page.evaluate(RUN_TOGETHER):
            found[path] = bad
        if endpoint in _seen and path != "/":
            continue
        _seen.add(endpoint)
        page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
        if bad := faint(page):
            found[f"{path} in the dark"] = bad
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > PHONE["width"]:
            found[f"{path} at 390"] = [f"scrolls sideways: {width} px"]
        page.set_viewport_size({"width": 1440, "height": 900})
    assert len(reached) > 1
    assert found == {}, "\n".join(f"{path}: {bad}" for path, bad in found.items())


@pytest.mark.parametrize(
    "planted",
    [
        "td:nth-child(2) { color: #ddd }",
        "tr:nth-child(even) > td { background: #222 }",
        "tr.late td { color: #eee }",
        "td b { color: #ddd }",
        "[aria-current=true] { color: #ddd }",
        "input { color: #ddd; background: #fff }",
    ],
)
def test_what_is_faint_in_one_kind_of_thing_alone_is_found(chromium: Browser, planted: str) -> None:
    page = chromium.new_page()
    rows = "".join(f"<tr><td>{row}</td><td>said</td></tr>" for row in range(8))
    page.set_content(
        "<style>body { color: #111; background: #fff }</style>"
        f"<table>{rows}<tr class='late'><td>late <b>by two</b></td></tr></table>"
        "<a href='#'>one</a> <a href='#' aria-current='true'>two</a> <label>Name <input value='typed'></label>"
    )
    page.evaluate(AXE_SCRIPT)
    assert faint(page) == []
    page.add_style_tag(content=planted)
    assert len(faint(page)) == 1
    page.close()
