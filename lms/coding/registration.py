"""Coding joins the application: its words."""

from __future__ import annotations

from lms.coding.words import VOCABULARIES
from lms.web import labels


def register() -> None:
    """Register everything that coding brings."""
    for vocabulary, words in VOCABULARIES.items():
        labels.register(vocabulary, words)
