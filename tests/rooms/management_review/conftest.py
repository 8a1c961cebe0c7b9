"""Readers of these pages have opened the figures; that one has to is tested with the openings."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests.factories.people import Someone


@pytest.fixture
def sign_in(sign_in: Callable[[Someone], FlaskClient]) -> Callable[[Someone], FlaskClient]:
    """Return a function that gives a browser in which somebody is signed in and has opened the room's figures."""

    def signed_in(someone: Someone) -> FlaskClient:
        browser = sign_in(someone)
        browser.post("/behavior/figures")  # refused to who may not see them
        return browser

    return signed_in
