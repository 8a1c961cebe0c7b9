"""Reading a table out of a file that somebody sent: CSV in the encodings of spreadsheets, or a workbook, within limits.

Whatever is wrong with the whole file raises ``NotAllowed`` with a sentence; what is wrong with one line stays with that line.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import sys
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from importlib import import_module
from types import ModuleType
from typing import Any
from xml.etree.ElementTree import ParseError

from lms.exports.sheets import restored
from lms.refusals import NotAllowed

MOST_ROWS = 50_000
MOST_COLUMNS = 200
#: What one cell of a spreadsheet can hold at most.
LONGEST_CELL = 32_767
#: Limits of a workbook when unpacked: real bytes, not the declared ones.
MOST_UNPACKED = 150 * 1024 * 1024
MOST_MEMBERS = 500
MOST_RATIO = 400

_DELIMITERS = (",", ";", "\t", "|")
_MAGIC = {
    b"%PDF": "a PDF",
    b"\xd0\xcf\x11\xe0": "an old or a protected Excel file",
    b"\x1f\x8b": "a compressed file",
    b"\x89PNG": "a picture",
}
#: Characters that are not seen and change what is: zero width, direction, byte order mark.
_UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\u00ad]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One line of the file. ``line`` is the number a spreadsheet or an editor shows; ``fault`` what is wrong with it."""

    line: int
    cells: tuple[str, ...]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A file as lines of text under named columns."""

    name: str
    sha256: str
    #: How it was read, for the person who sent it: ``utf-8``, ``cp1252`` or ``xlsx``.
    form: str
    columns: tuple[str, ...]
    rows: tuple[SourceRow, ...]


def read_table(data: bytes, name: str, sheet: str | None = None) -> Table:
    """Return the table in a file. Raises ``NotAllowed`` if it is not a CSV or XLSX file with a heading and a line."""
    if not data.strip():
        raise _refused("The file is empty. Choose the file with a heading line and at least one line below it.")
    for magic, what in _MAGIC.items():
        if data.startswith(magic):
            raise _refused(f"This is {what}. Save the table as .xlsx or as CSV (UTF-8) and send that.")
    is_workbook = data.startswith(b"PK\x03\x04")
    extension = name.rsplit(".", 1)[-1].lower()
    if extension == "xlsx" and not is_workbook:
        raise _refused("The file is called .xlsx but is no Excel workbook. Save it as .xlsx, or rename it to .csv.")
    if extension == "csv" and is_workbook:
        raise _refused("The file is called .csv but is an Excel workbook. Rename it to .xlsx, or save it as CSV.")
    form, lines = ("xlsx", list(_workbook_lines(data, sheet))) if is_workbook else _csv_lines(data)
    lines = [line for line in lines if line.fault or any(cell.strip() for cell in line.cells)]
    if len(lines) < 2:
        raise _refused("The file has no line below its heading. Nothing can be taken in.")
    columns = _headings(lines[0])
    rows = tuple(_fitted(line, len(columns)) for line in lines[1:])
    return Table(name, hashlib.sha256(data).hexdigest(), form, columns, rows)


def _refused(sentence: str) -> NotAllowed:
    return NotAllowed(sentence, field="file")


def _headings(line: SourceRow) -> tuple[str, ...]:
    if line.fault:
        raise _refused(f"The heading line cannot be used: {line.fault}")
    columns = tuple(cell.strip() for cell in line.cells)
    while columns and not columns[-1]:
        columns = columns[:-1]
    if "" in columns:
        raise _refused(f"Column {columns.index('') + 1} has no heading. Give every column a name.")
    twice = [column for column, count in Counter(columns).items() if count > 1]
    if twice:
        raise _refused(f"Two columns are called “{twice[0]}”. Rename or remove one.")
    if len(columns) > MOST_COLUMNS:
        raise _refused(
            f"The file has {len(columns)} columns, more than {MOST_COLUMNS}. Remove those that are not needed."
        )
    return columns


def _fitted(row: SourceRow, width: int) -> SourceRow:
    """Give the line as many cells as there are columns, or say that it has not."""
    cells = row.cells
    while len(cells) > width and not cells[-1].strip():
        cells = cells[:-1]
    fault = row.fault
    if not fault and len(cells) != width:
        fault = (
            f"The line has {len(cells)} cells under {width} headings. A comma or quotation mark is missing or too many."
        )
    return SourceRow(row.line, (*cells[:width], *[""] * (width - len(cells))), fault)


def _clean(cell: str) -> str:
    """Normalise what is only a matter of typing: composed letters, hard spaces, unseen characters, outer blanks."""
    return _UNSEEN.sub("", unicodedata.normalize("NFC", cell)).replace("\u00a0", " ").replace("\r\n", "\n").strip()


def _row(line: int, cells: list[str], fault: str = "") -> SourceRow:
    if not fault:
        for number, cell in enumerate(cells, 1):
            if _CONTROL.search(cell):
                fault = f"Cell {number} holds a control character that no text has. Type the cell again."
            elif len(cell) > LONGEST_CELL:
                fault = f"Cell {number} holds {len(cell)} characters; at most {LONGEST_CELL} can be read."
    return SourceRow(line, tuple(_clean(_CONTROL.sub("", cell[:LONGEST_CELL])) for cell in cells), fault)


# -- CSV -----------------------------------------------------------------------------------------------------------------


def _csv_lines(data: bytes) -> tuple[str, list[SourceRow]]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _refused("The file is in UTF-16. Save it again as “CSV UTF-8”.")
    form, text = _decoded(data)
    delimiter = _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[SourceRow] = []
    start = 1
    try:
        for cells in reader:
            rows.append(_row(start, [restored(cell) for cell in cells]))
            start = reader.line_num + 1
            if len(rows) > MOST_ROWS + 1:
                raise _refused(f"The file has more than {MOST_ROWS} lines. Send it in parts.")
    except csv.Error:
        message = f"The quotation marks around line {start} do not close, or a cell is far too long. Mend that line."
        raise _refused(message) from None
    return form, rows


def _decoded(data: bytes) -> tuple[str, str]:
    for form in ("utf-8-sig", "cp1252"):
        try:
            return form.removesuffix("-sig"), data.decode(form)
        except UnicodeDecodeError as error:
            line = data[: error.start].count(b"\n") + 1
    message = f"Line {line} is in no encoding that is known here. Save the file as “CSV UTF-8”."
    raise _refused(message)


def _delimiter(text: str) -> str:
    """Return the delimiter that splits the first line into most cells; a comma if there is but one column."""
    first = re.sub(r'"[^"]*"', "", next((line for line in text.splitlines() if line.strip()), ""))
    return max(_DELIMITERS, key=lambda delimiter: (first.count(delimiter), delimiter == ","))


# -- workbooks -----------------------------------------------------------------------------------------------------------


def _openpyxl() -> ModuleType:
    """Return the reader of workbooks, loaded for the first one, and without numpy, which it would take along if it is there.

    numpy would stay in a web worker for as long as it lives, and no cell of a workbook needs it.
    """
    if "openpyxl" not in sys.modules and "numpy" not in sys.modules:
        # an import of it fails then, which openpyxl is made for
        sys.modules["numpy"] = None  # type: ignore[assignment]
        try:
            return import_module("openpyxl")
        finally:
            del sys.modules["numpy"]
    return import_module("openpyxl")


def _workbook_lines(data: bytes, sheet: str | None) -> Iterator[SourceRow]:
    openpyxl = _openpyxl()
    try:
        _check_archive(data)
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        if sheet is not None and sheet not in book.sheetnames:
            raise _refused(f"The workbook has no sheet called “{sheet}”.")
        page: Any = book[sheet] if sheet is not None else book.worksheets[0]
        page.reset_dimensions()  # the declared size is the sender's word; the real one is counted here
        for line, cells in enumerate(page.iter_rows(max_col=MOST_COLUMNS + 1), 1):
            if line > MOST_ROWS + 1:
                raise _refused(f"The sheet has more than {MOST_ROWS} lines. Send it in parts.")
            yield _workbook_row(line, cells)
    except (
        zipfile.BadZipFile,
        zlib.error,
        ParseError,
        openpyxl.utils.exceptions.InvalidFileException,
        KeyError,
        ValueError,
        TypeError,
        IndexError,
        AttributeError,
        OSError,
        EOFError,
        RuntimeError,
        NotImplementedError,
    ):
        raise _refused(
            "The workbook is damaged or not an .xlsx file. Open it, save it anew and send it again."
        ) from None


def _check_archive(data: bytes) -> None:
    """Unpack every member once, counting, so that nothing larger than it looks reaches the reader."""
    archive = zipfile.ZipFile(io.BytesIO(data))
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise _refused("The workbook holds too many parts. Copy the table into a new workbook.")
    if any("vbaproject" in member.filename.lower() for member in members):
        raise _refused("The workbook holds macros. Save it as .xlsx without them.")
    total = 0
    for member in members:
        with archive.open(member) as part:
            while chunk := part.read(1 << 16):
                total += len(chunk)
                if total > MOST_UNPACKED or total > max(len(data), 4096) * MOST_RATIO:
                    raise _refused(
                        "The workbook unpacks to far more than it seems. Copy the table into a new workbook."
                    )
                if b"<!DOCTYPE" in chunk or b"<!ENTITY" in chunk:
                    raise _refused("The workbook holds declarations that no spreadsheet writes. Save it anew.")


def _workbook_row(line: int, cells: tuple[Any, ...]) -> SourceRow:
    texts: list[str] = []
    fault = ""
    for number, cell in enumerate(cells, 1):
        kind = getattr(cell, "data_type", "n")
        if kind == "f":
            fault = fault or f"Cell {number} is a formula. Copy the column and paste it as values."
        elif kind == "e":
            fault = fault or f"Cell {number} shows an error of the spreadsheet ({cell.value}). Mend it."
        texts.append("" if kind in {"f", "e"} else _as_text(cell.value))
    while texts and not texts[-1]:
        texts.pop()
    return _row(line, texts, fault)


def _as_text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "1" if value else "0"
        case float() if value.is_integer():
            return str(int(value))
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case datetime() | date():
            return value.isoformat()
        case _:
            return str(value)
