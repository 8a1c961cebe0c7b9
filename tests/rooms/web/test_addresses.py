"""Addresses made the short way are those that Flask makes, to the letter."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import flask
import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.routing import BuildError

from behavior_metrics.frames.quarters import Quarter
from lms.web.addresses import url_for

ID = UUID("0198c0de-0000-7000-8000-000000000001")
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "nothing": ("deviations.index", {}),
    "an id in the path": ("annex.annex", {"site_id": ID}),
    "an id, a day, a number, nothing": (
        "deviations.index",
        {"site": ID, "from": date(2026, 1, 1), "self_reported": 1, "team": None, "to": ""},
    ),
    "what reads as text": ("behavior_records.index", {"figure": "late", "quarter": Quarter(8106), "page": 2}),
    "a path that is chosen from": ("behavior_linkage.rows_file", {"file_type": "csv", "reason": "never"}),
    "several": ("deviations.index", {"state": ["open", "closed"]}),
    "the whole address": ("deviations.index", {"q": "a", "_external": True}),
    "an anchor": ("deviations.index", {"q": "a", "_anchor": "list"}),
    "true and false": ("deviations.index", {"late": True, "early": False}),
    "letters that mean something": ("deviations.index", {"q": "50 %s & more=#?/ü~+'(x)"}),
}


@pytest.mark.parametrize("case", CASES)
def test_an_address_is_the_one_that_flask_makes(app: Flask, case: str) -> None:
    endpoint, values = CASES[case]
    with app.test_request_context("/", base_url="https://site.example/candor"):
        for _ in range(2):  # built, and remembered
            assert url_for(endpoint, **values) == flask.url_for(endpoint, **values)


def test_whatever_is_asked_for_in_a_query(app: Flask) -> None:
    @given(st.text(), st.integers(), st.text())
    def alike(first: str, second: int, third: str) -> None:
        assert url_for("deviations.index", q=first, page=second, site=third) == flask.url_for(
            "deviations.index", q=first, page=second, site=third
        )

    with app.test_request_context("/"):
        alike()


def test_an_address_within_the_room_is_that_of_the_page_it_is_asked_on(app: Flask) -> None:
    with app.test_client() as browser:
        for page in ("/deviations", "/capas"):
            browser.get(page)
            assert url_for(".index", q=ID) == flask.url_for(".index", q=ID)


def test_what_is_missing_in_a_path_is_told(app: Flask) -> None:
    with app.test_request_context("/"), pytest.raises(BuildError):
        url_for("annex.annex", site_id=None)
