"""“Download my copy” is made in the page: the server hears of one Finish and keeps nothing else."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser
from sqlalchemy import func, select
from werkzeug.serving import make_server

from coaching.surveys.models import SurveySealed
from coaching.surveys.periods import Month
from lms import clock
from lms.extensions import db
from tests.factories.people import PASSWORD
from tests.factories.surveys import a_closed_review, a_crew, a_registered_key


@pytest.mark.browser
def test_the_copy_holds_the_choices_and_reaches_the_server_never(app: Flask, chromium: Browser) -> None:
    now = clock.now()
    a_registered_key(Month.of(now.date()).quarter)
    crew = a_crew(1)
    operator = crew.operators[0]
    address = f"/survey/{a_closed_review(crew.coach, operator, now)}"
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    sent: list[tuple[str, str]] = []
    page = chromium.new_page(base_url=f"http://127.0.0.1:{server.server_port}")
    page.goto("/sign-in")
    page.get_by_label("User name").fill(operator.login)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.goto(address)
    page.get_by_role("radio", name="5, Rather true").first.check(force=True)
    page.on("request", lambda request: sent.append((request.method, request.url.partition("/survey")[2])))
    page.get_by_role("button", name="Finish").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download my copy").click()
    copy = Path(download.value.path()).read_text()
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    page.close()
    server.shutdown()
    thread.join()
    assert copy.startswith("1. When something looks odd")
    assert copy.count("5, Rather true") == 1
    assert copy.count("left out") == 6
    own = address.removeprefix("/survey")
    assert [request for request in sent if request[1]] == [("POST", own), ("GET", f"{own}/received")]
    assert "Rather true" not in kept
    assert "odd" not in kept
    assert db.session.scalar(select(func.count(SurveySealed.id))) == 1
