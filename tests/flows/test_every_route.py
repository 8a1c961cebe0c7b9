"""Every route, as every role, and as a person of another site: no route without a permission, no leak, no write by reading."""

from __future__ import annotations

import re

from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.engine.interfaces import CacheStats
from werkzeug.routing import Rule

from lms.api.rest import OPENED_BY
from lms.ids import new_id
from lms.permissions import PUBLIC, ROLE_PERMISSIONS, Permission, Role
from tests.factories.people import a_site, someone


def rules(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]


def permission_of(app: Flask, rule: Rule) -> str | None:
    return getattr(app.view_functions[rule.endpoint], "permission", None)


def test_every_route_carries_a_permission_or_is_public_on_purpose(app: Flask) -> None:
    bare = [rule.endpoint for rule in rules(app) if permission_of(app, rule) is None]
    assert bare == []
    public = {rule.endpoint for rule in rules(app) if permission_of(app, rule) == PUBLIC}
    survey_on_a_tablet = {"door", "enter", "sheets", "sheet", "read", "finish", "received"}
    assert public == {
        *("identity.sign_in", "own_calendar.feed", "people.welcome", "web.health"),
        *(f"tablet.{name}" for name in survey_on_a_tablet),
    }


def url_of(rule: Rule) -> str:
    """Fill every id with one that does not exist, every other argument with a word."""
    url = re.sub(r"<uuid:[^>]+>", lambda _: str(new_id()), rule.rule)
    url = re.sub(r"<int:[^>]+>", "1", url)
    url = re.sub(r"<any\(([^,)]+)[^>]*>", r"\1", url)
    return re.sub(r"<[^>]+>", "word", url)


def test_a_stranger_is_led_to_the_sign_in_page_from_everywhere(app: Flask, client) -> None:
    for rule in rules(app):
        if permission_of(app, rule) == PUBLIC:
            continue
        for method in rule.methods & {"GET", "POST"}:
            answer = client.open(url_of(rule), method=method)
            assert answer.status_code in {302, 303, 401}, (rule.rule, method, answer.status_code)
            if answer.status_code in {302, 303}:
                assert answer.headers["Location"].startswith("/sign-in"), rule.rule


def test_every_role_is_refused_what_its_permissions_do_not_name_and_nothing_breaks(app: Flask, sign_in) -> None:
    site = a_site()
    for role in Role:
        browser = sign_in(someone(role, site))
        for rule in rules(app):
            permission = permission_of(app, rule)
            if permission in {PUBLIC, None} or rule.endpoint == "identity.sign_out":
                continue
            if permission.startswith(OPENED_BY):  # for programs: no session opens it, whatever its role
                for method in rule.methods & {"GET", "POST", "PATCH"}:
                    assert browser.open(url_of(rule), method=method).status_code == 401, (role, rule.rule, method)
                continue
            allowed = Permission(permission) in ROLE_PERMISSIONS[role]
            for method in rule.methods & {"GET", "POST"}:
                status = browser.open(url_of(rule), method=method).status_code
                if not allowed:
                    assert status == 403, (role, rule.rule, method, status)
                else:
                    assert status < 500, (role, rule.rule, method, status)
                    if "uuid:" in rule.rule:
                        assert status in {204, 404, 422, 400, 405}, (role, rule.rule, method, status)


def test_reading_writes_nothing_and_a_page_asks_six_times_at_most_and_compiles_nothing_each_time(
    app: Flask, sign_in, queries
) -> None:
    """What SQLAlchemy made of a page's statements it finds again: making it each time costs more than asking."""
    site = a_site()
    writes, too_many, anew = {}, {}, set()

    def note(_conn, _cursor, statement: str, _values, context, _many) -> None:
        if context.compiled is not None and context.cache_hit is CacheStats.NO_CACHE_KEY:
            anew.add(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        for role in Role:
            browser = sign_in(someone(role, site))
            for rule in rules(app):
                if "GET" not in rule.methods or rule.arguments:
                    continue
                with queries() as seen:
                    status = browser.get(rule.rule).status_code
                page = (str(role), rule.rule)
                if written := [one for one in seen if not re.match(r"(?i)\s*(select|with)", one)]:
                    writes[page] = written
                if status == 200 and len(seen) > 6:
                    too_many[page] = len(seen)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert writes == {}
    assert too_many == {}
    assert anew == set()
