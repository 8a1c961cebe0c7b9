"""The people of an action's training as a file: the evidence, line by line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lms.exports.sheets import Cell
from modules.action_training.rules import Trainee

HEADINGS = ("person", "due_on", "completed_on", "sop_version", "signature", "taken_out_because")


def cells(rows: Iterable[Trainee]) -> Iterator[tuple[Cell, ...]]:
    """Give each person as the cells of a line, in the order of ``HEADINGS``."""
    for row in rows:
        signature = str(row.signature_id) if row.signature_id else ""
        yield (row.name, row.due_on, row.completed_on, row.number, signature, row.out_because if row.is_out else "")
