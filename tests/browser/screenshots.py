"""Make the pictures of the documentation: ``python -m tests.browser.screenshots [--data DIR]``.

Serves the demonstration network (loads it if the data folder is empty), signs in as every role and writes
``docs/screenshots/<role>-<page>.png``. Nothing is changed but one started knowledge check, and that the climate was opened.
Sheets of a PDF need Poppler's ``pdftoppm``.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import select
from werkzeug.serving import make_server

from coaching.reviews.models import CoachingReview
from config import ROOT, read_settings
from lms import schema
from lms.app import create_app
from lms.demonstration.loading import ACCOUNTS, PASSWORD, is_loaded, load_demonstration
from lms.extensions import db
from lms.identity.models import Account
from lms.outbox.delivery import deliver_outbox
from tests.servers.chromium import CHROMIUM_ARGUMENTS, chromium_path

PICTURES = ROOT / "docs" / "screenshots"
#: The last one is a sheet of A4 at 96 dots to the inch.
DESK, TABLET, PHONE, SHEET = (1440, 900), (820, 1180), (390, 844), (794, 1123)


@dataclass(frozen=True)
class Picture:
    """A picture: who looks, what it is called, how to get there from Today, and through which window."""

    role: str
    page: str
    way: Callable[[Page], None]
    window: tuple[int, int] = DESK
    dark: bool = False
    printed: bool = False
    #: The link on that page whose PDF is shown in its place, and which sheet of it.
    pdf: str = ""
    sheet: int = 1


def _at(address: str) -> Callable[[Page], None]:
    def way(page: Page) -> None:
        page.goto(address)

    return way


def _press(address: str, selector: str) -> Callable[[Page], None]:
    """Open an address and follow the first link or button that a selector finds."""

    def way(page: Page) -> None:
        page.goto(address)
        page.locator(selector).first.click()
        page.wait_for_load_state()

    return way


def _study(page: Page) -> None:
    page.goto("/training")
    page.locator(".todo .go a").first.click()


def _attempt(page: Page) -> None:
    _study(page)
    read = page.get_by_role("button", name=re.compile("I have read this"))
    for left in range(read.count(), 0, -1):
        read.first.click()
        page.wait_for_function(
            "left => [...document.querySelectorAll('button')].filter(b => b.textContent.includes('I have read this')).length < left",
            arg=left,
        )
    page.get_by_role("button", name=re.compile("Start attempt|Go on with the open attempt")).click()
    page.locator("label.opt").nth(1).click()
    page.get_by_text(re.compile(r"^saved ")).wait_for()


def _compare(page: Page) -> None:
    page.goto("/sops?q=SOP-CT-004")
    page.locator("tbody th a").first.click()
    page.get_by_role("button", name="Show what differs").click()


def _qualified(page: Page) -> None:
    page.goto("/qualified")
    page.locator("input[name=person]").fill("operator")
    page.locator("select[name=task]").select_option(index=1)
    page.get_by_role("button", name="Show the answer").click()


def _climate(page: Page) -> None:
    page.goto("/survey/climate")
    page.get_by_role("button", name="Open the figures").click()


def _opened(address: str) -> Callable[[Page], None]:
    """Open a page that shows climate: its figures are opened once in each window."""

    def way(page: Page) -> None:
        page.goto(address)
        page.get_by_role("button", name="Open the figures").click()

    return way


def _baselines(page: Page) -> None:
    page.goto("/behavior/recurrence")
    page.locator("tbody th a[href*='/behavior/recurrence?site=']").first.click()
    page.locator("main a[href$='/baselines']").first.click()
    page.wait_for_load_state()


def _explored(page: Page) -> None:
    page.goto("/behavior/explore?measure=independent&per=rate&split=site&view=lines")
    page.locator("[data-explore-chart] svg").wait_for()


def _menu(page: Page) -> None:
    page.goto("/")
    page.locator(".tabbar button").click()


def _booking(page: Page) -> None:
    """Open the week of free times of the first review that has a time, or can have one."""
    page.goto("/coaching/desk")
    links = page.locator("main a[href^='/reviews/']:not([href*=proposals])").all()
    for address in {str(link.get_attribute("href")): None for link in links}:
        page.goto(address)
        if page.locator("a[href$='/schedule']").count():
            page.locator("a[href$='/schedule']").first.click()
            return


PICTURES_TO_MAKE = (
    *(Picture(role, "today", _at("/")) for role in ACCOUNTS),
    Picture("operator", "today-phone", _at("/"), PHONE),
    Picture("operator", "study", _study),
    Picture("operator", "attempt", _attempt, TABLET),
    Picture("qa", "behaviour", _opened("/behavior")),
    Picture("qa", "linkage", _opened("/behavior/linkage")),
    Picture("qa", "accountability", _opened("/behavior/accountability")),
    Picture("qa", "accountability-dark", _opened("/behavior/accountability"), dark=True),
    Picture("qa", "recurrence", _at("/behavior/recurrence")),
    Picture("qa", "coaching-dose", _at("/behavior/coaching")),
    Picture("qa", "comparability", _at("/behavior/comparability")),
    Picture("qa", "data-quality", _at("/behavior/quality")),
    Picture("qa", "management-review", _at("/behavior/management-review")),
    Picture("qa", "team-climate-dark", _opened("/behavior/climate"), dark=True),
    Picture("qa", "explore", _explored),
    Picture("qa", "explore-dark", _explored, dark=True),
    Picture("qa", "baselines", _baselines),
    Picture("qa", "linkage-dark", _opened("/behavior/linkage"), dark=True),
    Picture("qa", "recurrence-phone", _at("/behavior/recurrence"), PHONE),
    Picture("qa", "accountability-printed", _opened("/behavior/accountability"), SHEET, printed=True),
    Picture("qa", "recurrence-printed", _at("/behavior/recurrence"), SHEET, printed=True),
    Picture("qa", "linkage-report", _opened("/behavior/linkage"), pdf="a.btn:has-text('PDF')"),
    Picture("operator", "my-follow-through", _at("/my-follow-through")),
    Picture("qa", "triage", _press("/deviations/triage", ".desk .q a.li")),
    Picture("qa", "matrix", _at("/matrix")),
    Picture("qa", "matrix-dark", _at("/matrix"), dark=True),
    Picture("coach", "review", _press("/reviews/coaching", "main a[href^='/reviews/']:not([href*=proposals])"), TABLET),
    Picture("coach", "desk", _at("/coaching/desk")),
    Picture("coach", "booking", _booking),
    Picture("coach", "series", _at("/reviews/series")),
    Picture("coach", "team-meeting", _press("/reviews/teams", "tbody th a")),
    Picture("coach", "calibration", _at("/calibration")),
    Picture("qa", "reviews-held", _at("/reviews/overview")),
    Picture("operator", "menu-phone", _menu, PHONE),
    Picture("qa", "climate", _climate),
    Picture("qa", "programme", _at("/programme")),
    Picture("qa", "review-rules", _at("/reviews/rules")),
    Picture("custodian", "releases", _at("/survey/releases")),
    Picture("trainer", "sop-compare", _compare),
    Picture("inspector", "qualified", _qualified),
)


@contextmanager
def demonstration(folder: Path) -> Iterator[tuple[Flask, str]]:
    """Serve the demonstration network of a folder; load it first if there is none."""
    settings = read_settings({"CANDOR_DATA_DIR": str(folder), "CANDOR_IDLE_MINUTES": "60"})
    app = create_app(settings)
    with app.app_context():
        schema.upgrade()
        if not is_loaded():
            load_demonstration(app)
        while deliver_outbox():
            pass
        db.session.remove()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    address = f"http://127.0.0.1:{server.server_port}"
    app.config["SETTINGS"] = replace(settings, base_url=address)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield app, address
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _signed_in(browser: Browser, address: str, picture: Picture) -> Page:
    width, height = picture.window
    context = browser.new_context(viewport={"width": width, "height": height}, base_url=address)
    page = context.new_page()
    page.goto("/sign-in")
    page.get_by_label("User name").fill(ACCOUNTS[picture.role])
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
    return page


def _take(page: Page, picture: Picture) -> None:
    picture.way(page)
    if picture.dark:
        page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
    if picture.printed:
        page.emulate_media(media="print")
    page.wait_for_load_state("networkidle")
    path = PICTURES / f"{picture.role}-{picture.page}.png"
    if picture.pdf:
        _take_sheet(page, picture, path)
    else:
        page.screenshot(path=path, animations="disabled", caret="hide")


def _take_sheet(page: Page, picture: Picture, path: Path) -> None:
    address = page.locator(picture.pdf).first.get_attribute("href")
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(page.request.get(str(address)).body())
        file.flush()
        sheet = str(picture.sheet)
        command = [
            "pdftoppm",
            "-png",
            "-singlefile",
            "-r",
            "96",
            "-f",
            sheet,
            "-l",
            sheet,
            file.name,
            str(path.with_suffix("")),
        ]
        subprocess.run(command, check=True)


def survey(app: Flask) -> Picture:
    """Return the picture of the sheet of the operator's latest closed review."""
    with app.app_context():
        review_id = db.session.scalar(
            select(CoachingReview.id)
            .join(Account, Account.person_id == CoachingReview.coachee_id)
            .where(Account.login == ACCOUNTS["operator"], CoachingReview.closed_at.is_not(None))
            .order_by(CoachingReview.closed_at.desc())
        )
        db.session.remove()
    return Picture("operator", "survey-phone", _at(f"/survey/{review_id}"), PHONE)


def main() -> None:
    """Make all pictures."""
    parser = argparse.ArgumentParser(description="Make the pictures of the documentation.")
    parser.add_argument("--data", type=Path, help="data folder of a demonstration network; without it one is loaded")
    parser.add_argument("--only", default="", help="make only the pictures whose name contains this")
    asked = parser.parse_args()
    PICTURES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as empty,
        demonstration(asked.data or Path(empty)) as (app, address),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(CHROMIUM_ARGUMENTS))
        for picture in (*PICTURES_TO_MAKE, survey(app)):
            name = f"{picture.role}-{picture.page}"
            if asked.only in name:
                page = _signed_in(browser, address, picture)
                _take(page, picture)
                page.context.close()
                print(name)
        browser.close()


if __name__ == "__main__":
    main()
