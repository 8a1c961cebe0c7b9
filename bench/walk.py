"""Walking the application as a reader does, from link to link, and counting what each page asks of the database."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urljoin, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.engine import Engine
from werkzeug.exceptions import HTTPException
from werkzeug.routing import AnyConverter, Rule

from bench.load import beside
from lms.extensions import Base, db

#: So many different addresses of one endpoint are opened by one reader.
PAGES_OF_AN_ENDPOINT = 3
#: What opens a transaction or asks the driver for itself is no query of the page.
_OVERHEAD = re.compile(r"(?i)\s*(pragma|begin|commit|rollback|savepoint|release|show|select pg_catalog)")
_WRITE = re.compile(
    r"(?i)\s*(insert|update|delete|merge|replace|create|drop|alter|truncate)\b|.*\b(insert into|delete from)\b"
)
_LINK = re.compile(r"""(?:href|src|hx-get)=["']([^"'#]+)""")


@dataclass(frozen=True, slots=True)
class Visit:
    """A page that was opened: by whom, with what status, and what it asked of the database."""

    endpoint: str
    url: str
    login: str
    status: int
    size: int
    statements: tuple[str, ...]
    #: addresses that the page fetches by itself
    beside: tuple[str, ...] = ()

    @property
    def writes(self) -> list[str]:
        """The statements that change something."""
        return [statement for statement in self.statements if _WRITE.match(statement)]


@dataclass
class _Walk:
    client: FlaskClient
    app: Flask
    login: str
    visits: list[Visit] = field(default_factory=list)
    opened: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def open(self, endpoint: str, url: str) -> Visit | None:
        """Open an address of an endpoint; None if it was opened before, or enough others of it were."""
        seen = self.opened[endpoint]
        if url in seen or len(seen) >= PAGES_OF_AN_ENDPOINT:
            return None
        seen.add(url)
        with _statements() as statements:
            answer = self.client.get(url)
            body = answer.get_data()
        page = body.decode("utf-8", "replace") if answer.mimetype == "text/html" else ""
        asked = tuple(statements)
        visit = Visit(endpoint, url, self.login, answer.status_code, len(body), asked, tuple(beside(page)))
        self.visits.append(visit)
        if answer.status_code == 200:
            self._follow(url, page)
        return visit

    def _follow(self, base: str, page: str) -> None:
        for found in _LINK.findall(page):
            target = urlsplit(urljoin(f"http://localhost{base}", unescape(found)))
            if target.netloc != "localhost":
                continue
            endpoint = endpoint_of(self.app, target.path)
            if endpoint is not None:
                self.open(endpoint, target.path + (f"?{target.query}" if target.query else ""))


def endpoint_of(app: Flask, path: str) -> str | None:
    """Return the endpoint that answers GET at a path; None for files and for what no page answers."""
    try:
        endpoint, _ = app.url_map.bind("localhost").match(path, method="GET")
    except HTTPException:
        return None
    return None if endpoint == "static" else str(endpoint)


def readable_rules(app: Flask) -> list[Rule]:
    """Return every rule that answers GET, files apart."""
    return [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and rule.endpoint != "static"]


def signed_in(app: Flask, login: str, password: str) -> FlaskClient:
    """Return a browser in which somebody is signed in. Raises ``RuntimeError`` if refused."""
    client = app.test_client()
    form = {"csrf_token": token_of(client, "/sign-in"), "login": login, "password": password}
    answer = client.post("/sign-in", data=form)
    if answer.status_code not in {302, 303}:
        message = f"{login} cannot sign in: {answer.status_code}"
        raise RuntimeError(message)
    return client


def token_of(client: FlaskClient, path: str = "/") -> str:
    """Return the token that the forms of a page carry; empty if it has none."""
    found = re.search(r'name="csrf-token" content="([^"]+)"', client.get(path).get_data(as_text=True))
    return found[1] if found else ""


def walk(app: Flask, client: FlaskClient, login: str) -> list[Visit]:
    """Open every page that a reader can reach: all rules without an argument, every link, then rules filled with known ids."""
    own = _Walk(client, app, login)
    rules = readable_rules(app)
    for rule in sorted(rules, key=lambda rule: str(rule.rule)):
        if not rule.arguments:
            own.open(str(rule.endpoint), str(rule.rule))
    for rule in rules:
        if rule.arguments and not any(visit.status == 200 for visit in own.visits if visit.endpoint == rule.endpoint):
            for url in _filled(app, rule):
                visit = own.open(str(rule.endpoint), url)
                if visit is not None and visit.status == 200:
                    break
    return own.visits


def _filled(app: Flask, rule: Rule) -> Iterator[str]:
    """Give addresses of a rule: each ``thing_id`` from the newest rows of the table of that thing, other choices as named."""
    values: dict[str, list[str]] = {}
    for name in rule.arguments:
        converter = rule._converters[name]  # noqa: SLF001 - Werkzeug keeps a rule's choices nowhere else
        if isinstance(converter, AnyConverter):
            values[name] = sorted(converter.items)
        elif name.endswith("_id"):
            values[name] = _newest_ids(app, name.removesuffix("_id"))
        else:
            return
    for number in range(max((len(found) for found in values.values()), default=0)):
        chosen = {name: found[min(number, len(found) - 1)] for name, found in values.items() if found}
        if len(chosen) == len(values):
            built = rule.build(chosen)
            if built is not None:
                yield built[1]


def _newest_ids(app: Flask, thing: str) -> list[str]:
    """Return the newest ids of the table of a thing: the one of that name, or the shortest that ends with it."""
    with app.app_context():
        tables = [
            table
            for name, table in Base.metadata.tables.items()
            if (name == thing or name.endswith(f"_{thing}")) and "id" in table.c
        ]
        if not tables:
            return []
        ids = min(tables, key=lambda table: len(table.name)).c.id
        return [
            str(found) for found in db.session.scalars(select(ids).order_by(ids.desc()).limit(PAGES_OF_AN_ENDPOINT))
        ]


@contextmanager
def _statements() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not _OVERHEAD.match(statement):
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)
