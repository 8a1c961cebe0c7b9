"""Walking a role's pages by following its links: one address per page, so that every kind of page is met once."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from flask import Flask
from playwright.sync_api import Page
from werkzeug.exceptions import HTTPException

#: Pages that a link leads to but that are files.
NOT_PAGES = (".csv", ".xlsx", ".json", ".jsonl", ".pdf", ".md", ".txt", ".tar", ".png", ".ics")

#: Whether all parts that a page fetches by itself are there: until then a link stands in the place of some.
ALL_THERE = "() => !document.querySelector('.htmx-request')"


def endpoint_of(app: Flask, path: str, method: str = "GET") -> str | None:
    """Return the endpoint that answers a path, or None."""
    try:
        endpoint, _ = app.url_map.bind("localhost").match(path, method=method)
    except HTTPException:
        return None
    return str(endpoint)


def walk(app: Flask, page: Page) -> Iterator[tuple[str, str]]:
    """Open every page that can be reached from the home page; give (endpoint, path) once each is open."""
    waiting, seen = ["/"], set()
    while waiting:
        target = waiting.pop(0)
        path = urlsplit(target).path
        endpoint = endpoint_of(app, path)
        if (
            endpoint is None
            or endpoint in seen
            or path.endswith(NOT_PAGES)
            or "format=" in target
            or endpoint == "static"
        ):
            continue
        if endpoint.endswith(("_csv", "_xlsx", "_json", "export", "download", "picture", "image")):
            continue
        answer = page.goto(target)
        if answer is None or "text/html" not in answer.headers.get("content-type", ""):
            continue
        seen.add(endpoint)
        assert answer.status == 200, (target, answer.status)
        page.wait_for_function(ALL_THERE)
        yield endpoint, target
        links = page.eval_on_selector_all("a[href^='/']", "links => links.map(link => link.getAttribute('href'))")
        waiting.extend(link for link in links if link not in waiting)
