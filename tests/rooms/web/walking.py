"""Walking the application from link to link as one reader, sending its forms, and keeping what every page says."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urljoin, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from lms.permissions import PUBLIC, ROLE_PERMISSIONS, Role
from tests.rooms.web.forms import Form, forms_of

#: So many different addresses of one endpoint are opened by one reader, and so many readers send the same form.
PAGES_OF_AN_ENDPOINT = 2
READERS_OF_A_FORM = 2
_LINK = re.compile(r"""(?:href|hx-get)=["']([^"'#]+)""")
#: Statuses whose page nobody sees: the browser goes on, or shows nothing.
_UNSEEN = {204, 302, 303}


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it was shown: to whom, after what, and its HTML."""

    reader: str
    endpoint: str
    asked: str
    html: str


@dataclass
class Walked:
    """What all readers were shown."""

    pages: list[Page] = field(default_factory=list)
    #: Endpoint -> the first line of the table that it gives as CSV.
    tables: dict[str, str] = field(default_factory=dict)
    #: How many readers sent a form.
    sent: Counter[str] = field(default_factory=Counter)


@dataclass
class Walk:
    """One reader's way through the application."""

    app: Flask
    browser: FlaskClient
    role: Role
    walked: Walked
    _looked_at: set[str] = field(default_factory=set)
    _opened: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _forms: dict[tuple[str, str], Form] = field(default_factory=dict)

    def read(self) -> None:
        """Open every page without an argument and follow every link from there."""
        for rule in sorted(self.app.url_map.iter_rules(), key=lambda rule: str(rule.rule)):
            if "GET" in (rule.methods or ()) and not rule.arguments:
                self._follow([str(rule.rule)])

    def send_forms(self) -> None:
        """Send every form that was seen: empty, filled with nonsense, from a page grown stale, and as it stands."""
        for (names, endpoint), form in list(self._forms.items()):
            self.walked.sent[f"{endpoint} {names}"] += 1
            if self.walked.sent[f"{endpoint} {names}"] > READERS_OF_A_FORM:
                continue
            for how, values in form.ways():
                answer = self.browser.post(form.action, data=values)
                self._keep(answer, endpoint, f"POST {form.action} {how}")
                if answer.status_code in _UNSEEN and answer.headers.get("Location"):
                    path = urlsplit(answer.headers["Location"])
                    self.get(path.path + (f"?{path.query}" if path.query else ""), f" after {endpoint} {how}")

    def _follow(self, waiting: list[str]) -> None:
        while waiting:
            url = waiting.pop()
            if url in self._looked_at:
                continue
            self._looked_at.add(url)
            path = urlsplit(url).path
            endpoint = self._open_to_reader(path, "GET")
            seen = self._opened[endpoint]
            if not endpoint or len(seen) >= PAGES_OF_AN_ENDPOINT:
                continue
            if "." in path.rsplit("/", 1)[-1]:
                self._look_into(endpoint, url)
                continue
            seen.add(url)
            html = self.get(url)
            waiting += [urljoin(url, unescape(link)) for link in reversed(_LINK.findall(html))]
            for form in forms_of(html, url):
                target = self._open_to_reader(urlsplit(form.action).path, "POST")
                if target:
                    self._forms.setdefault((form.names, target), form)

    def _look_into(self, endpoint: str, url: str) -> None:
        """Keep the first line of a table, which every reader is given alike; other files are no concern of a page."""
        if endpoint not in self.walked.tables and urlsplit(url).path.endswith(".csv"):
            answer = self.browser.get(url)
            if answer.status_code == 200:
                self.walked.tables[endpoint] = answer.get_data(as_text=True).partition("\r\n")[0]

    def get(self, url: str, after: str = "") -> str:
        """Open a page, keep what it says and return it; nothing if it is none."""
        answer = self.browser.get(url)
        return self._keep(answer, self._endpoint(urlsplit(url).path, "GET"), f"{url}{after}")

    def _keep(self, answer: TestResponse, endpoint: str, asked: str) -> str:
        if answer.status_code in _UNSEEN or answer.mimetype != "text/html":
            return ""
        html = answer.get_data(as_text=True)
        self.walked.pages.append(Page(str(self.role), endpoint, asked, html))
        return html

    def _open_to_reader(self, path: str, method: str) -> str:
        """Return the endpoint that this reader's roles open at a path; nothing for the way out."""
        endpoint = self._endpoint(path, method)
        if not endpoint or endpoint in {"static", "identity.sign_out"}:
            return ""
        permission = getattr(self.app.view_functions[endpoint], "permission", None)
        return endpoint if permission == PUBLIC or permission in ROLE_PERMISSIONS[self.role] else ""

    def _endpoint(self, path: str, method: str) -> str:
        try:
            return str(self.app.url_map.bind("localhost").match(path, method=method)[0])
        except HTTPException:
            return ""
