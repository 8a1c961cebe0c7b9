"""Writing tables that people open in a spreadsheet: CSV and XLSX in which no cell can act as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime

Cell = str | int | float | date | datetime | None

#: A cell that begins so may be run as a formula by a spreadsheet, full-width forms included (OWASP, CSV injection).
_ACTING = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def harmless(text: str) -> str:
    """Return the text with an apostrophe before it if a spreadsheet could run it."""
    return f"'{text}" if _acts(text) else text


def restored(text: str) -> str:
    """Return what ``harmless`` was given, so that an exported file can be taken in again unchanged."""
    return text[1:] if text.startswith("'") and _acts(text[1:]) else text


def _acts(text: str) -> bool:
    return text.startswith(_ACTING) or text.lstrip().startswith(_ACTING)


def as_csv(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return a UTF-8 CSV with byte order mark, every text quoted, whole numbers as numbers, moments in ISO 8601."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow([harmless(heading) for heading in headings])
    for row in rows:
        values = [_plain(cell) for cell in row]
        writer.writerow([harmless(value) if isinstance(value, str) else value for value in values])
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(headings: Sequence[str], rows: Iterable[Sequence[Cell]], sheet: str) -> bytes:
    """Return a workbook with one sheet; every text is a text cell, so nothing in it is a formula or a link."""
    import xlsxwriter  # noqa: PLC0415 - 6 MB that a worker needs once somebody asks for a workbook

    file = io.BytesIO()
    workbook = xlsxwriter.Workbook(
        file,
        {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    page = workbook.add_worksheet(sheet[:31])
    bold = workbook.add_format({"bold": True})
    for column, heading in enumerate(headings):
        page.write_string(0, column, heading, bold)
    page.freeze_panes(1, 0)
    for line, row in enumerate(rows, 1):
        for column, cell in enumerate(row):
            value = _plain(cell)
            if isinstance(value, int | float):
                page.write_number(line, column, value)
            elif value:
                page.write_string(line, column, value)
    workbook.close()
    return file.getvalue()


def _plain(cell: Cell) -> str | int | float:
    match cell:
        case None:
            return ""
        case bool():
            return "yes" if cell else "no"
        case int() | float():
            return cell
        case datetime() | date():
            return cell.isoformat()
        case _:
            return cell
