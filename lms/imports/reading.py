"""Reading a table out of a file that somebody sent: CSV in the encodings of spreadsheets, a workbook or JSON, within limits.

Whatever is wrong with the whole file raises ``NotAllowed`` with a sentence; what is wrong with one line stays with that line.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass

from lms.imports import csv_rows, json_rows, workbook_rows
from lms.imports.rows import MOST_COLUMNS, SourceRow, refused

_MAGIC = {
    b"%PDF": "a PDF",
    b"\xd0\xcf\x11\xe0": "an old or a protected Excel file",
    b"\x1f\x8b": "a compressed file",
    b"\x89PNG": "a picture",
}


@dataclass(frozen=True, slots=True)
class Table:
    """A file as lines of text under named columns."""

    name: str
    sha256: str
    #: How it was read, for the person who sent it: ``utf-8``, ``utf-16``, ``cp1252``, ``xlsx``, ``json`` or ``json lines``.
    form: str
    columns: tuple[str, ...]
    rows: tuple[SourceRow, ...]


def read_table(data: bytes, name: str, sheet: str | None = None) -> Table:
    """Return the table in a file: the one door for CSV, XLSX, JSON and JSON lines.

    Raises ``NotAllowed`` if it is none of these, or has not a heading and a line.
    """
    if not data.strip():
        raise refused("The file is empty. Choose the file with a heading line and at least one line below it.")
    for magic, what in _MAGIC.items():
        if data.startswith(magic):
            raise refused(f"This is {what}. Save the table as .xlsx, CSV (UTF-8) or JSON and send that.")
    is_workbook = data.startswith(b"PK\x03\x04")
    extension = name.rsplit(".", 1)[-1].lower()
    if extension == "xlsx" and not is_workbook:
        raise refused("The file is called .xlsx but is no Excel workbook. Save it as .xlsx, or rename it to .csv.")
    if extension in {"csv", *json_rows.EXTENSIONS} and is_workbook:
        raise refused(
            f"The file is called .{extension} but is an Excel workbook. Rename it to .xlsx, or save it as CSV."
        )
    if is_workbook:
        form, lines = "xlsx", list(workbook_rows.read(data, sheet))
    elif json_rows.is_json(data, extension):
        form, lines = json_rows.read(data, extension)
    else:
        form, lines = csv_rows.read(data)
    lines = [line for line in lines if line.fault or any(cell.strip() for cell in line.cells)]
    if len(lines) < 2:
        raise refused("The file has no line below its heading. Nothing can be taken in.")
    columns = _headings(lines[0])
    rows = tuple(_fitted(line, columns) for line in lines[1:])
    return Table(name, hashlib.sha256(data).hexdigest(), form, columns, rows)


def _headings(line: SourceRow) -> tuple[str, ...]:
    if line.fault:
        raise refused(f"The heading line cannot be used: {line.fault}")
    columns = tuple(cell.strip() for cell in line.cells)
    while columns and not columns[-1]:
        columns = columns[:-1]
    if "" in columns:
        raise refused(f"Column {columns.index('') + 1} has no heading. Give every column a name.")
    twice = [column for column, count in Counter(columns).items() if count > 1]
    if twice:
        raise refused(f"Two columns are called “{twice[0]}”. Rename or remove one.")
    if len(columns) > MOST_COLUMNS:
        raise refused(
            f"The file has {len(columns)} columns, more than {MOST_COLUMNS}. Remove those that are not needed."
        )
    return columns


def _fitted(row: SourceRow, columns: tuple[str, ...]) -> SourceRow:
    """Give the line as many cells as there are columns, or say what keeps it from being one."""
    width, cells = len(columns), row.cells
    while len(cells) > width and not cells[-1].strip():
        cells = cells[:-1]
    fault = row.fault
    if not fault and len(cells) != width:
        fault = (
            f"The line has {len(cells)} cells under {width} headings. A comma or quotation mark is missing or too many."
        )
    elif not fault and tuple(map(str.casefold, cells)) == tuple(map(str.casefold, columns)):
        fault = "The line repeats the headings. Remove it."
    return SourceRow(row.line, (*cells[:width], *[""] * (width - len(cells))), fault)
