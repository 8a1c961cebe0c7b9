"""Numbers as a CSV file that says of itself who made it, when, of what and how, and in which no cell acts as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite

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

    def as_xlsx(self) -> bytes:
        """Return a workbook: the table, and on a second sheet the lines about it. Every text is a text, never a formula."""
        import xlsxwriter  # noqa: PLC0415 - 6 MB that a worker needs once somebody asks for a workbook

        file = io.BytesIO()
        plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        workbook = xlsxwriter.Workbook(file, {"in_memory": True, **plain})
        bold = workbook.add_format({"bold": True})
        for name, lines in (("Data", (self.headings, *self.rows)), ("About", self.about)):
            page = workbook.add_worksheet(name)
            for row, line in enumerate(lines):
                for column, cell in enumerate(line):
                    if isinstance(cell, str):
                        page.write_string(row, column, cell, bold if name == "Data" and not row else None)
                    elif cell is not None and isfinite(cell):
                        page.write_number(row, column, cell)
        workbook.close()
        return file.getvalue()


def _cells(line: Iterable[Cell]) -> list[Cell]:
    return [harmless(cell) if isinstance(cell, str) else "" if cell is None else cell for cell in line]
