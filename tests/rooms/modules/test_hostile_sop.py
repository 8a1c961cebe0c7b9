"""An SOP written to attack its readers, opened in a real browser: no dialog, no request elsewhere, no fault of the policy."""

from __future__ import annotations

import threading

import pytest
from flask import Flask
from playwright.sync_api import Browser
from sqlalchemy import select
from werkzeug.serving import make_server

from lms.extensions import db
from lms.permissions import Role
from lms.unit_of_work import run
from modules.assignments.models import Assignment
from modules.documents import commands as documents
from tests.factories import modules as made
from tests.factories.people import PASSWORD, someone
from tests.pure.modules.test_markdown import HOSTILE

pytestmark = [pytest.mark.browser, pytest.mark.appearance]


def test_a_hostile_sop_harms_nobody_who_reads_studies_compares_or_edits_it(app: Flask, chromium: Browser) -> None:
    text = "# T\n\n" + "\n\n".join(f"## {n} Section {n} {payload}\n\n{payload}" for n, payload in enumerate(HOSTILE, 1))
    operator, trainer = someone(Role.OPERATOR), someone(Role.TRAINER, everywhere=True)
    taught = made.a_taught_sop(text=text)
    first = made.assigned(operator, taught.module_id).id
    made.complete(operator, first)
    made.revise(taught.document_id, text=text.replace("Section", "Part"))
    own = made.assigned(operator, taught.module_id).id
    draft = run(documents.draft_next_version, trainer.actor, "", taught.document_id).id
    pages = {
        operator.login: [f"/training/{own}", f"/training/{first}", f"/sops/{taught.document_id}?version=2"],
        trainer.login: [
            f"/sops/{taught.document_id}/compare?old=1&new=2",
            f"/sops/versions/{draft}/edit",
            f"/sops/versions/{draft}/review",
        ],
    }
    assert db.session.scalar(select(Assignment.state).where(Assignment.id == first)) == "completed"
    db.session.remove()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    faults: list[str] = []
    try:
        for login, paths in pages.items():
            page = chromium.new_context(base_url=address).new_page()
            page.on("dialog", lambda dialog: (faults.append(f"dialog: {dialog.message}"), dialog.dismiss()))
            page.on("request", lambda r: None if r.url.startswith(address) else faults.append(f"request: {r.url}"))
            page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
            page.goto("/sign-in")
            page.get_by_label("User name").fill(login)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            for path in paths:
                answer = page.goto(path)
                assert answer is not None
                assert answer.status == 200, path
                page.wait_for_load_state("networkidle")
                assert (
                    page.locator(".sop script, .sop iframe, .sop object, .sop svg, .sop form, .sop style").count() == 0
                )
            if login == trainer.login:
                page.goto(f"/sops/versions/{draft}/edit")
                page.get_by_label("Text, in Markdown").press_sequentially("\n<img src=x onerror=alert(9)>")
                page.wait_for_timeout(1500)
    finally:
        server.shutdown()
        thread.join()
    assert faults == []
