"""What axe finds on a page, and whether it is wider than its window: on a desk, a tablet and a phone."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.browser.axe import bring_axe
from tests.browser.conftest import DESKTOP, fits

TABLET = {"width": 820, "height": 1180}
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
    """Return what axe finds on a page, a line each."""
    bring_axe(page)
    found: list[str] = page.evaluate(CHECK, NOT_COLOURS)
    return found + faint(page)


def faint(page: Page) -> list[str]:
    """Return what is written in colours that are too much alike, a line each."""
    bring_axe(page)
    found: list[str] = page.evaluate(CHECK_COLOURS)
    return found


def faults_at_every_width(page: Page) -> list[str]:
    """Return what axe finds on a desk, a tablet and a phone, in the light and in the dark, and where the page scrolls sideways."""
    found = []
    for size in (DESKTOP, TABLET, PHONE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        for theme, looked in (("light", violations), ("dark", faint)):
            page.evaluate("theme => document.documentElement.dataset.bsTheme = theme", theme)
            found += [f"{size['width']} {theme}: {line}" for line in looked(page)]
        if not fits(page):
            found.append(f"{size['width']}: scrolls sideways")
    return found
