"""Words put around figures: every title, heading and sentence of a pack by its key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from behavior_metrics.management_review.figures import Column, Table, Value
from lms.web.labels import label

TEXT = "text"


def word(key: str, vocabulary: str, **figures: object) -> str:
    """Return a text of a vocabulary with its figures in it."""
    return label(key, vocabulary) % figures


def said(key: str, **figures: object) -> str:
    """Return a sentence."""
    return word(key, "pack_said", **figures)


def row_word(key: str, **figures: object) -> str:
    """Return what stands at the head of a row."""
    return word(key, "pack_row", **figures)


def untold(key: str) -> str:
    """Return a reading, such as ``cannot tell yet``."""
    return word(key, "pack_reading")


def document(key: str, **figures: object) -> str:
    """Return a word of the document around the sections."""
    return word(key, "pack_document", **figures)


def table(key: str, kinds: Mapping[str, str], rows: Iterable[tuple[Value, ...]]) -> Table:
    """Return a table whose columns are named by key, each with its kind."""
    columns = tuple(Column(name, word(name, "pack_heading"), kind) for name, kind in kinds.items())
    return Table(key, word(key, "pack_table"), columns, tuple(rows))
