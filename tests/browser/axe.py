"""axe beside the pages that it looks at: a browser keeps what it made of a script that it fetched."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

_ADDRESS = "/axe.js"


def with_axe(app: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """Return an application that hands out axe as well."""

    def answer(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != _ADDRESS:
            return app(environ, start_response)
        start_response("200 OK", [("Content-Type", "text/javascript"), ("Cache-Control", "max-age=3600, immutable")])
        return [AXE_SCRIPT.encode()]

    return answer


def bring_axe(page: Page) -> None:
    """See that axe is there: from the page's server, or by hand where there is none."""
    if page.evaluate("typeof axe === 'object'"):
        return
    if page.url == "about:blank":
        page.evaluate(AXE_SCRIPT)
    else:
        page.add_script_tag(url=_ADDRESS)
