"""axe finds nothing on any page that any role can reach, in the light and in the dark, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page

from lms.demonstration.loading import ACCOUNTS
from tests.browser.conftest import Site, opened
from tests.browser.seeing import PHONE, faint, violations
from tests.browser.walking import walk

pytestmark = [pytest.mark.browser, pytest.mark.appearance]


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
#: What stands on a page but for its rail and head, without what no two pages share: the same for another role is not looked
#: at again. Each role's rail and head stand on its home page.
MAIN = """() => {
    const main = document.querySelector("main").cloneNode(true);
    for (const hidden of main.querySelectorAll("input[type=hidden]")) hidden.value = "";
    return main.outerHTML;
}"""
_mains: set[str] = set()


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
        main = page.evaluate(MAIN)
        if main in _mains and path != "/":
            continue
        _mains.add(main)
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
    assert faint(page) == []
    page.add_style_tag(content=planted)
    assert len(faint(page)) == 1
    page.close()
