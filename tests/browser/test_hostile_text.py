"""Text that people type is shown as text: no dialog, no request elsewhere, on any page that shows it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Site
from tests.browser.walking import walk

pytestmark = [pytest.mark.browser, pytest.mark.appearance]
PAYLOAD = '"><img src=x onerror=alert(1)><script>alert(2)</script><svg onload=alert(3)> =HYPERLINK("http://evil.example") {{7*7}}'


def test_a_hostile_good_catch_stays_text_for_everybody_who_reads_it(site: Site, open_as: Callable[..., Page]) -> None:
    dialogs: list[str] = []
    foreign: list[str] = []

    def watch(page: Page) -> None:
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        page.on(
            "request",
            lambda request: None if request.url.startswith((site.address, "data:")) else foreign.append(request.url),
        )

    operator = open_as("operator")
    watch(operator)
    operator.goto("/good-catch")
    operator.get_by_label("What happened?").fill(PAYLOAD)
    operator.get_by_label("Label and chain of identity").check()
    operator.get_by_label("What was done?").fill(PAYLOAD)
    operator.get_by_role("button", name="Send to QA").click()
    operator.get_by_role("heading", name="Thank you. QA has it.").wait_for()
    quality = open_as("qa")
    watch(quality)
    pages = [path for _, path in walk(site.app, quality)]
    assert len(pages) > 5
    assert dialogs == []
    assert foreign == []
