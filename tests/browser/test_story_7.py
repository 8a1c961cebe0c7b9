"""Story 7, does speaking up pay? And questions 8 and 9: the same study again a quarter later, and a team that reports more.

Each in a small world of its own, in front of a browser.
"""

from __future__ import annotations

import csv
import io
import re

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from behavior_metrics.linkage.commands import make_nightly_analysis
from behavior_metrics.stats.association import climate_recurrence_association
from behavior_metrics.stats.findings import Association
from behavior_metrics.stats.panel import TeamQuarter
from lms.extensions import db
from lms.permissions import Actor
from lms.unit_of_work import run
from tests.browser.conftest import As, fits, opened, pages_of
from tests.factories.behavior import (
    a_network_with_an_answer,
    history,
    moment,
    qa_of_the_network,
    quarter,
    release_climate,
    the_network_of_story_7,
)
from tests.factories.people import PASSWORD, Someone, a_site, a_team

pytestmark = pytest.mark.browser
NIGHT = Actor.system("make_nightly_analysis")


def table_of(page: Page, address: str) -> list[dict[str, str]]:
    """Read a file as its reader would: what stands after the empty line."""
    answer = page.request.get(address)
    assert answer.status == 200
    return list(csv.DictReader(io.StringIO(answer.text().removeprefix("\ufeff").partition("\r\n\r\n")[2])))


def ratio_in(page: Page, outcome: str) -> tuple[float, float, float]:
    """Read a ratio and its interval from the table of the result."""
    cell = page.locator("section", has_text="The result in words").locator("tr", has_text=outcome).locator("td").first
    value, low, high = re.findall(r"\d+\.\d+", cell.inner_text())
    return float(value), float(low), float(high)


def test_story_7_does_speaking_up_pay(app: Flask, at: As) -> None:
    """8 climate quarters x 12 sites, 88 cells: self-reported above 1, independent below 1, r .29, and the file repeats it."""
    ana = qa_of_the_network(a_site("S00", "Europe/Berlin"))
    the_network_of_story_7(ana)
    run(make_nightly_analysis, NIGHT, "due")
    with pages_of(at, ana) as page:
        opened(page, "/behavior/linkage")
        expect(page.get_by_text("Team-quarters used: 88 of 108")).to_be_visible()
        expect(page.get_by_text("lag of one quarter, declared beforehand")).to_be_visible()
        spoken, found = ratio_in(page, "Self-reported"), ratio_in(page, "Independently detected")
        assert 1 < spoken[1] < spoken[0] < spoken[2], "b > 0 with its interval"
        assert found[1] < found[0] < found[2] < 1, "b < 0 with its interval"
        main = page.locator("main")
        expect(main).to_contain_text("r .29 at 88 cells if independent, larger with clustering")
        expect(main).to_contain_text("is associated with")
        expect(main).not_to_contain_text(re.compile("caused", re.IGNORECASE))
        expect(page.get_by_role("heading", name="Every test that was run")).to_be_visible()
        expect(page.get_by_role("region", name="Tests").locator("tbody tr")).to_have_count(23)
        left_out = page.get_by_role("list", name="Left out").locator("li")
        expect(left_out).to_have_text([re.compile("^13 .*first released figure"), re.compile("^7 .*has others")])
        left_out.get_by_role("link", name="7").click()
        expect(page.locator("tbody tr")).to_have_count(7)

        method = page.request.get("/behavior/linkage-method.txt").text()
        assert "one quarter before" in method
        assert "Numbers reproduce to 1e-9" in method
        rows = table_of(page, "/behavior/linkage-rows.csv")
        shown = {
            (line["outcome"], line["estimate"]): line
            for line in table_of(page, "/behavior/linkage-estimates.csv")
            if line["lag_quarters"] == "1"
        }
        for outcome in ("independent", "self_reported"):
            again = climate_recurrence_association([_row(line, outcome) for line in rows])
            assert isinstance(again, Association)
            for name in ("value", "low", "high"):
                kept = float(shown[outcome, "within"][name])
                assert kept == pytest.approx(getattr(again.within, name), rel=1e-9)
        pdf = page.request.get("/behavior/linkage.pdf")
        assert pdf.headers["content-type"] == "application/pdf"
        assert pdf.body().startswith(b"%PDF-1.7")


def _row(line: dict[str, str], outcome: str) -> TeamQuarter:
    climate, n_low = line["climate_of_quarter_before"], line["n_at_least"]
    return TeamQuarter(
        line["site"], line["team"], int(line["quarter_index"]), int(line[outcome]), float(line["batches"]),
        float(climate) if climate else None, float(line["rounding"]), int(n_low) if n_low else None,
    )  # fmt: skip


def test_story_7_one_quarter_of_twelve_sites_is_refused(app: Flask, at: As) -> None:
    """12 cells: no line, and r would have to be .73."""
    ana = qa_of_the_network(a_site("S00", "Europe/Berlin"))
    sites = [a_site(f"S{number:02d}", "Europe/Berlin") for number in range(12)]
    teams = [a_team(site, "Blue") for site in sites]
    for number, team in enumerate(teams):
        release_climate(quarter(2), 4.0 + 0.2 * number, team=team)
    with history(ana) as past:
        for site, team in zip(sites, teams, strict=True):
            past.batches(site, team, quarter(1), 1)
    with pages_of(at, ana) as page:
        opened(page, "/behavior/linkage")
        main = page.locator("main")
        expect(main).to_contain_text("Cannot tell yet.")
        expect(main).to_contain_text("With 12 points, only a correlation beyond .73 could be told from chance.")
        expect(main).to_contain_text("no line on purpose")
        expect(main).to_contain_text("None: the gate is not met, so nothing was estimated.")
        expect(page.get_by_role("heading", name="The result in words")).to_have_count(0)
        page.get_by_label("How you read it").fill("Too early to say.")
        page.get_by_label("Your password").fill(PASSWORD)
        page.get_by_role("button", name="Sign the study").click()
        expect(page.get_by_role("status")).to_contain_text("Signed.")
        expect(main).to_contain_text("Cannot tell yet.")


def test_question_8_reproduce_last_quarter_s_correlation_exactly(app: Flask, at: As) -> None:
    ana = qa_of_the_network(a_site("S00", "Europe/Berlin"))
    a_network_with_an_answer(ana)
    run(make_nightly_analysis, NIGHT, "due")
    with pages_of(at, ana) as page:
        opened(page, "/behavior/linkage")
        then = ratio_in(page, "Independently detected")
        page.get_by_label("How you read it").fill("Fewer come back where people speak up. No other reading tried.")
        page.get_by_label("Your password").fill(PASSWORD)
        page.get_by_role("button", name="Sign the study").click()
        expect(page.get_by_role("status")).to_contain_text("Signed.")
        signed = page.url
        kept = table_of(page, f"{signed}/estimates.csv")
        _later(ana)
        opened(page, "/behavior/linkage")
        assert ratio_in(page, "Independently detected") != then, "the study of now is another one"
        page.get_by_role("link", name="Signed studies").click()
        page.locator("tbody tr th a").click()
        assert page.url == signed
        assert ratio_in(page, "Independently detected") == then
        page.get_by_role("button", name="Make it anew").click()
        anew = page.locator("#anew")
        expect(anew).to_contain_text("Every figure came out the same, to 1e-9")
        changed = anew.get_by_role("region", name="Changes")
        expect(changed.locator("tr", has_text="Batches")).to_contain_text("S00: Blue")
        expect(changed.locator("tr", has_text="independently detected").first).to_be_visible()
        assert table_of(page, f"{signed}/estimates.csv") == kept
        assert fits(page)


def _later(ana: Someone) -> None:
    """Let records of quarters that the study looked at come in late, and another night pass."""
    site = a_site("S00", "Europe/Berlin")
    team = a_team(site, "Blue")
    with history(ana) as past:
        past.batches(site, team, quarter(2), 2)
        past.recurrence(site, team, moment(quarter(1), 88), severity="major")
    run(make_nightly_analysis, NIGHT, "due")
    db.session.remove()


def test_question_9_a_team_that_reports_more_and_recurs_less_is_neither_praised_nor_flagged(app: Flask, at: As) -> None:
    site = a_site("S00", "Europe/Berlin")
    ana, blue, red = qa_of_the_network(site), a_team(site, "Blue"), a_team(site, "Red")
    with history(ana) as past:
        past.deviation(site, None, moment(quarter(9), 1))
        for back in range(8, 0, -1):
            for team in (blue, red):
                past.batches(site, team, quarter(back), 10)
            early = back > 4
            for step in range(3 if early else 0):
                past.recurrence(site, blue, moment(quarter(back), 3, step), channel="qc_em_result")
            for step in range(1 if early else 5):
                past.deviation(site, blue, moment(quarter(back), 5, step), channel="performer", step="harvest")
            past.recurrence(site, red, moment(quarter(back), 9), channel="qc_em_result")
    with pages_of(at, ana) as page:
        opened(page, "/behavior/linkage")
        page.get_by_label("Beside them, one team").select_option(label="Site S00: Blue")
        page.get_by_role("button", name="Show", exact=True).click()
        part = page.locator("#paradox")
        expect(part).to_contain_text("Site S00: Blue: reports more and recurs less")
        of_team = part.locator("tbody").nth(1)
        expect(of_team.locator("tr", has_text="Raised by the team first")).to_contain_text(re.compile(r"^.*\D4 .*20 "))
        expect(of_team.locator("tr", has_text="Came back")).to_contain_text(re.compile(r"^.*\D12 .*0 "))
        expect(part).to_contain_text("neither praised nor flagged")
        expect(part.locator(".tag, .ok, .warn, .bad, mark")).to_have_count(0)
        page.goto("/behavior")
        for word in ("best", "worst", "rank", "praise"):
            expect(page.locator("main")).not_to_contain_text(re.compile(rf"\b{word}", re.IGNORECASE))
