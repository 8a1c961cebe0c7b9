"""Exploring in a browser: what is drawn is what the table says, by mouse and by keyboard, in the light and in the dark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import As, fits, opened
from tests.browser.seeing import violations
from tests.factories.behavior import a_life, history, qa_of_the_network, quarter, release_climate
from tests.factories.people import a_site, a_team

pytestmark = [pytest.mark.browser, pytest.mark.appearance]

PAGE = "/behavior/explore"
#: Whatever the page policy refuses is written to the console as an error, with what it was.
WATCH = """addEventListener('securitypolicyviolation',
    event => console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`))"""


@pytest.fixture
def page(app: Flask, at: As) -> Iterator[Page]:
    """Open a window of somebody of quality assurance in a world of three sites and one released figure."""
    qa = qa_of_the_network(a_site("AAA"))
    a_life(qa, "AAA", "BBB", "CCC")
    big, blue = a_site("AAA"), a_team(a_site("AAA"), "Blue")
    with history(qa) as past:
        for back in (8, 7, 6, 4, 3, 2, 1):
            past.batches(big, blue, quarter(back), 30)
    release_climate(quarter(2), 5.25, team=blue)
    faults: list[str] = []
    window = at(qa)
    window.add_init_script(WATCH)
    window.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    window.on("pageerror", lambda error: faults.append(str(error)))
    yield window
    assert [fault for fault in faults if "status of 422" not in fault] == []


def drawn(page: Page, query: str = "") -> None:
    """Go to a choice and wait for its picture."""
    page.goto(f"{PAGE}{query}")
    expect(page.locator("[data-explore-chart] svg")).to_be_visible()
    expect(page.locator("[data-explore-picture]")).to_be_hidden()


def lines_of(page: Page) -> list[Any]:
    """Give the lines of the first track, as the page's data block holds them."""
    found: list[Any] = page.evaluate(
        "JSON.parse(document.querySelector('[data-explore-data]').textContent).tracks[0].lines"
    )
    return found


def series(page: Page, kind: str) -> list[str]:
    """Give the ids of the series of a kind that the chart holds."""
    found: list[str] = page.locator("[data-explore-chart]").evaluate(
        "box => echarts.getInstanceByDom(box).getOption().series.map(one => one.id)"
    )
    return [one for one in found if one.startswith(kind)]


def test_a_press_on_a_point_leads_to_the_list_whose_length_is_the_figure(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/behavior/recurrence")
    page.wait_for_load_state("load")
    assert not any("echarts" in url for url in asked)
    drawn(page)
    assert sum("echarts" in url for url in asked) == 1
    assert len(series(page, "line-")) == 3
    for row, at in ((0, 0), (1, 3), (2, 7)):
        figure = page.locator("table.explore-tbl tbody tr").nth(row).locator("td").nth(at).locator("a").inner_text()
        key = lines_of(page)[row]["key"]
        page.locator("[data-explore-chart]").evaluate("box => box.scrollIntoView({block: 'center'})")
        # two of the sites have the same figures: the others are switched off, so that this one's mark is on top
        for other in range(3):
            button = page.locator("[data-explore-legend] button").nth(other)
            if (button.get_attribute("aria-pressed") == "true") != (other == row):
                button.click()
        x, y = page.locator("[data-explore-chart]").evaluate(
            """(box, [key, at]) => {
                const chart = echarts.getInstanceByDom(box), id = `line-0-${key}`;
                const line = chart.getOption().series.find(one => one.id === id);
                const [x, y] = chart.convertToPixel({seriesId: id}, [at, line.data[at].value]);
                const {left, top} = box.getBoundingClientRect();
                return [left + x, top + y];
            }""",
            [key, at],
        )
        page.mouse.click(x, y)
        page.wait_for_url("**/behavior/records?**")
        assert re.search(rf"\b{figure} records?\b", page.locator(".top").inner_text())
        page.go_back()
        expect(page.locator("[data-explore-chart] svg")).to_be_visible()


def test_the_legend_switches_lines_and_the_address_keeps_it(page: Page) -> None:
    drawn(page, "?second=classified")
    legend = page.get_by_role("group", name="Lines, on or off")
    expect(legend.get_by_role("button")).to_have_text(["Site AAA", "Site BBB", "Site CCC"])
    assert len(series(page, "band-")) == 6, "three lines on two tracks, each with its interval"
    switch = legend.get_by_role("button", name="Site BBB")
    switch.focus()
    page.keyboard.press("Space")
    expect(switch).to_have_attribute("aria-pressed", "false")
    assert len(series(page, "line-")) == 4, "of both tracks"
    page.reload()
    expect(page.locator("[data-explore-chart] svg")).to_be_visible()
    expect(legend.get_by_role("button", name="Site BBB")).to_have_attribute("aria-pressed", "false")
    assert len(series(page, "line-")) == 4
    page.get_by_role("link", name="Heat map").click()
    expect(page.locator("[data-explore-chart] svg")).to_be_visible()
    assert len(series(page, "tiles-")) == 6, "another page, all lines on"


def test_no_mark_vanishes_in_a_narrow_window_and_what_cannot_be_told_is_hollow(page: Page) -> None:
    drawn(page)
    surface = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--surface').trim()")
    valued = [point for line in lines_of(page) for point in line["points"] if point["value"] is not None]
    hollow = [point for point in valued if point["standing"] == "untold"]
    assert 0 < len(hollow) < len(valued)
    for width in (1440, 820, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(
            """() => {
                const box = document.querySelector("[data-explore-chart]");
                return box.querySelector("svg").clientWidth === box.clientWidth;
            }"""
        )
        fills: list[str] = page.locator("[data-explore-chart]").evaluate(
            """box => {
                const chart = echarts.getInstanceByDom(box), found = [];
                const model = chart.getModel();
                model.eachSeries(one => {
                    if (!one.id.startsWith("line-")) return;
                    const data = one.getData();
                    data.each(at => {
                        const mark = data.getItemGraphicEl(at)?.childAt(0);
                        if (mark && !mark.ignore) found.push(mark.style.fill);
                    });
                });
                return found;
            }"""
        )
        assert len(fills) == len(valued), width
        assert fills.count(surface) == len(hollow), width
        assert fits(page), width


def test_the_keyboard_alone_reads_every_point_and_opens_its_list(page: Page) -> None:
    drawn(page, "?split=all")
    block = lines_of(page)[0]["points"]
    said = page.locator("[data-explore-said]")
    forward = page.get_by_role("button", name="Next point")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # past the rail, by the link that every page begins with
    for _ in range(40):
        page.keyboard.press("Tab")
        if forward.evaluate("button => button === document.activeElement"):
            break
    expect(forward).to_be_focused()
    for at, point in enumerate(block):
        page.keyboard.press("Enter")
        expect(said).to_have_text(f"{at + 1} of {len(block)}: {point['said']}")
    page.keyboard.press("Enter")
    expect(said).to_contain_text(f"1 of {len(block)}:")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Open the list")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/behavior/records?**")
    figure = re.search(r": (\d+) in \d+ batches", block[0]["said"])
    assert figure is not None
    assert f"{figure[1]} record" in page.locator(".top").inner_text()


def test_light_and_dark_are_drawn_in_their_own_inks_and_axe_finds_nothing(page: Page) -> None:
    opened(page, "/behavior/climate")
    team = a_team(a_site("AAA"), "Blue").id
    for query in (
        "",
        "?view=heat&per=count",
        f"?place={team}&split=all&second=climate",
        "?split=process_step&measure=batches",
    ):
        page.goto(f"{PAGE}{query}")
        if "batches" not in query:
            expect(page.locator("[data-explore-chart] svg")).to_be_visible()
        for theme in ("light", "dark"):
            if page.evaluate("document.documentElement.dataset.bsTheme") != theme:
                page.get_by_role("button", name="Light or dark").click()
            if "batches" not in query:
                ink = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--ink').trim()")
                expect(page.locator("[data-explore-chart]").get_by_text(re.compile("^Recurred"))).to_have_attribute(
                    "fill", ink
                )
            assert violations(page) == [], (query, theme)
        page.get_by_role("button", name="Light or dark").click()


def test_released_climate_stands_below_a_team_on_the_same_quarters(page: Page) -> None:
    team = a_team(a_site("AAA"), "Blue").id
    opened(page, f"{PAGE}?place={team}&split=all&second=climate")
    expect(page.locator("[data-explore-chart] svg")).to_be_visible()
    assert len(series(page, "line-")) == 2
    back = page.get_by_role("button", name="Previous point")
    for _ in range(3):
        back.click()
    expect(page.locator("[data-explore-said]")).to_contain_text("5.25")
    expect(page.locator("[data-explore-said]")).to_contain_text("at least 5 answered")
    expect(page.get_by_role("link", name="Open the list")).to_be_hidden()


def test_without_scripts_the_server_draws_and_the_table_says_the_same(page: Page, chromium: Browser) -> None:
    drawn(page)
    rows = page.locator("table.explore-tbl tbody").inner_text()
    plain = chromium.new_context(
        java_script_enabled=False, storage_state=page.context.storage_state(), base_url=page.url.split("/behavior")[0]
    )
    bare = plain.new_page()
    bare.goto(PAGE)
    expect(bare.locator("[data-explore-picture] svg.cht:visible")).to_have_count(1)
    expect(bare.locator("[data-explore-chart]")).to_be_hidden()
    expect(bare.get_by_role("link", name="CSV")).to_be_visible()
    assert bare.locator("table.explore-tbl tbody").inner_text() == rows
    bare.get_by_label("Split").select_option("team")
    bare.get_by_role("button", name="Show").click()
    expect(bare.locator("table.explore-tbl tbody")).to_contain_text("Site AAA: Blue")
    assert "split=team" in bare.url
    plain.close()


def test_on_paper_stands_what_the_server_drew(page: Page) -> None:
    drawn(page)
    page.emulate_media(media="print")
    expect(page.locator("[data-explore-picture] svg.cht:visible")).to_have_count(1)
    expect(page.locator("[data-explore-chart]")).to_be_hidden()
    page.emulate_media(media="screen")
    expect(page.locator("[data-explore-chart]")).to_be_visible()
    expect(page.locator("[data-explore-picture]")).to_be_hidden()


def test_a_name_is_read_as_words_wherever_it_is_shown(page: Page) -> None:
    name = "<img src=x onerror=alert(1)>"
    a_team(a_site("AAA"), name)
    drawn(page, f"?split=team&place={a_site('AAA').id}")
    legend = page.get_by_role("group", name="Lines, on or off")
    expect(legend.get_by_role("button").first).to_have_text(f"Site AAA: {name}")
    page.get_by_role("button", name="Next point").click()
    expect(page.locator("[data-explore-said]")).to_contain_text(name)
    expect(page.locator("[data-explore-chart] svg text", has_text=f"Site AAA: {name}, Q")).to_be_visible()
    assert page.locator("img").count() == 0
