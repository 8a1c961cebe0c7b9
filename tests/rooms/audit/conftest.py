"""The trail's pages and commands, also where the application was started without them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from lms.audit import registration


@pytest.fixture(scope="session", autouse=True)
def _registered(_application: tuple[Flask, Callable[[], None]]) -> None:
    if "audit" not in _application[0].blueprints:
        registration.register(_application[0])
