"""A real Chromium in front of the demonstration network, served by a real server on this machine."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from werkzeug.serving import make_server

from lms.app import create_app
from lms.demonstration.loading import ACCOUNTS, PASSWORD
from lms.extensions import db
from lms.outbox.delivery import deliver_outbox
from tests.browser.axe import with_axe
from tests.conftest import DATABASE, memory_folder
from tests.factories.people import PASSWORD as PEOPLES_PASSWORD
from tests.factories.people import Someone
from tests.servers.carrying import carry_installation
from tests.servers.loaded_world import loaded_world, on_sqlite, settings_of

DESKTOP = {"width": 1440, "height": 900}
expect.set_options(timeout=15_000)  # the workers of a run have to share the machine's processors
#: What the fixture ``at`` gives: opens a window as somebody of the test's own world.
As = Callable[[Someone], Page]


@dataclass(frozen=True)
class Site:
    """The running application and where it answers."""

    app: Flask
    address: str

    def deliver(self) -> None:
        """Do what the scheduler does every two seconds: follow-up commands and mails."""
        with self.app.app_context():
            while deliver_outbox():
                pass
            db.session.remove()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve the demonstration network to all browser tests of this worker."""
    shared = os.environ.get("CANDOR_TEST_WORLD")  # by the whole of make test; else by the workers of this run
    loaded = loaded_world(Path(shared) if shared else tmp_path_factory.getbasetemp().parent)
    if DATABASE == "sqlite":
        with memory_folder() as folder:
            shutil.copytree(loaded, folder, dirs_exist_ok=True)
            with answering(create_app(on_sqlite(folder))) as answers:
                yield answers
        return
    from tests.servers.throwaway_postgres import throwaway_postgres

    with throwaway_postgres() as server:
        settings = settings_of(server.url(server.create_database()), str(tmp_path_factory.mktemp("browser")))
        carry_installation(loaded, settings)
        with answering(create_app(settings)) as answers:
            yield answers


@contextmanager
def answering(app: Flask) -> Iterator[Site]:
    """Let an application answer on this machine."""
    server = make_server("127.0.0.1", 0, with_axe(app), threaded=True)
    address = f"http://127.0.0.1:{server.server_port}"
    settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(settings, base_url=address)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield Site(app, address)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        app.config["SETTINGS"] = settings


@pytest.fixture
def open_as(site: Site, chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a browser window in which a role of the demonstration is signed in.

    A page that breaks a rule of the content policy, or throws, fails the test.
    """
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def opened(role: str, viewport: dict[str, int] | None = None) -> Page:
        context = chromium.new_context(
            viewport=viewport or DESKTOP,  # type: ignore[arg-type]
            base_url=site.address,
            reduced_motion="reduce",  # a colour on its way to another has no contrast to measure
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto("/sign-in")
        page.get_by_label("User name").fill(ACCOUNTS[role])
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/")
        return page

    yield opened
    for context in contexts:
        context.close()
    unexpected = [fault for fault in faults if "status of 4" not in fault]
    assert unexpected == []


@pytest.fixture
def at(app: Flask, chromium: Browser) -> Iterator[As]:
    """Return a function that opens a window in which somebody of the test's own world is signed in."""
    contexts = []
    with answering(app) as site:

        def opened(reader: Someone) -> Page:
            db.session.remove()
            context = chromium.new_context(viewport=DESKTOP, base_url=site.address, reduced_motion="reduce")  # type: ignore[arg-type]
            contexts.append(context)
            page = context.new_page()
            page.goto("/sign-in")
            page.get_by_label("User name").fill(reader.login)
            page.get_by_label("Password").fill(PEOPLES_PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url("**/")
            return page

        yield opened
        for context in contexts:
            context.close()


@contextmanager
def pages_of(opened: As, reader: Someone) -> Iterator[Page]:
    """Open a window as somebody of the test's own world, and close it with the block."""
    page = opened(reader)
    yield page
    page.close()


def opened(page: Page, address: str) -> Page:
    """Go to a page of figures, and open them by its button where they are not open yet."""
    page.goto(address)
    button = page.get_by_role("button", name="Open the figures")
    if button.count():
        button.click()
        page.wait_for_load_state("load")
    return page


def fits(page: Page) -> bool:
    """Whether the page is no wider than its window, once its style is there."""
    page.wait_for_load_state("load")
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def whole(page: Page) -> None:
    """Wait until the parts that a page asks for once it is there have taken the places kept for them."""
    page.wait_for_load_state("load")
    expect(page.locator("[hx-trigger='load'][hx-swap='outerHTML']")).to_have_count(0)
