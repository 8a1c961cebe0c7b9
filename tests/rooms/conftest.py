"""The people whom most rooms know at one site: who reports, who assures quality, and who leads."""

from __future__ import annotations

import pytest
from flask import Flask

from lms.permissions import Role
from tests.factories.people import Someone, someone


@pytest.fixture
def dana(app: Flask) -> Someone:
    """Return quality assurance of the site."""
    return someone(Role.QA)


@pytest.fixture
def chidi(app: Flask) -> Someone:
    """Return an operator of the site."""
    return someone(Role.OPERATOR)


@pytest.fixture
def lead(app: Flask) -> Someone:
    """Return the site's lead."""
    return someone(Role.SITE_LEAD)
