"""Numbers as a CSV file that says of itself who made it, when, of what and how, and in which no cell acts as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lms.exports.sheets import harmless

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: what it is about as (word, text) lines, then column names, then rows. Numbers stay whole, never rounded."""

    about: Sequence[tuple[str, str]]
    headings: Sequence[str]
    rows: Sequence[Sequence[Cell]]

    def as_csv(self) -> bytes:
        """Return the file: UTF-8 with byte order mark, the lines about it, an empty line, column names, rows."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
        for line in (*self.about, (), self.headings, *self.rows):
            writer.writerow(_cells(line))
        return text.getvalue().encode("utf-8-sig")


def _cells(line: Iterable[Cell]) -> list[Cell]:
    return [harmless(cell) if isinstance(cell, str) else "" if cell is None else cell for cell in line]
