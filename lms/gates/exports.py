"""The gates of a site as a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lms.exports.sheets import Cell
from lms.gates.queries import GateRow
from lms.web.labels import label

HEADINGS = ("gate", "words", "done", "shown_by", "confirmed_at", "signed_by")


def cells(rows: Iterable[GateRow]) -> Iterator[tuple[Cell, ...]]:
    """Give each gate as the cells of a line, in the order of ``HEADINGS``."""
    for row in rows:
        signers = ", ".join(signature.printed_name for signature in row.signatures)
        words = label(row.gate.code, "gate")
        yield row.gate.code, words, "yes" if row.is_done else "no", row.shown_by, row.confirmed_at, signers
