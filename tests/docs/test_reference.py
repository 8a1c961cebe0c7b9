"""The reference pages say what the code says."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.docs.reference import DOCS, PAGES


@pytest.mark.parametrize("name", PAGES)
def test_a_reference_page_equals_the_code(app: Flask, name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name](), (
        f"docs/{name} is old: python -m tests.docs.reference"
    )
