"""Lines out of an .xlsx workbook: values only, within limits, and nothing that its sender does not see."""

from __future__ import annotations

import io
import re
import sys
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time
from importlib import import_module
from types import ModuleType
from typing import Any
from xml.etree.ElementTree import ParseError

from lms.imports.rows import MOST_COLUMNS, MOST_ROWS, SourceRow, refused, source_row

#: Limits of a workbook when unpacked: real bytes, not the declared ones.
MOST_UNPACKED = 150 * 1024 * 1024
MOST_MEMBERS = 500
MOST_RATIO = 400
#: A spreadsheet keeps fifteen digits of a number.
_MOST_EXACT = 10**15
_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*>")
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s+ref="([A-Z]+(\d+):[A-Z]+(\d+))"')


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


def read(data: bytes, sheet: str | None) -> Iterator[SourceRow]:
    """Give the lines of a sheet, of the first visible one if none is named. Raises ``NotAllowed`` for a workbook that is none."""
    openpyxl = _openpyxl()
    try:
        _check_archive(data)
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        if sheet is not None and sheet not in book.sheetnames:
            raise refused(f"The workbook has no sheet called “{sheet}”.")
        shown = [page for page in book.worksheets if page.sheet_state == "visible"] or book.worksheets
        page: Any = book[sheet] if sheet is not None else shown[0]
        hidden, merged = _layout(zipfile.ZipFile(io.BytesIO(data)).read(page._worksheet_path))  # noqa: SLF001 - the only way
        width = 0
        page.reset_dimensions()  # the declared size is the sender's word; the real one is counted here
        for line, cells in enumerate(page.iter_rows(max_col=MOST_COLUMNS + 1), 1):
            if line > MOST_ROWS + 1:
                raise refused(f"The sheet has more than {MOST_ROWS} lines. Send it in parts.")
            row = _workbook_row(line, cells)
            width = width or len(row.cells)
            # a workbook does not write the empty cells at the end of a row
            row = replace(row, cells=(*row.cells, *[""] * (width - len(row.cells))))
            if not row.fault and line in merged:
                row = replace(row, fault=f"Cells are merged ({merged[line]}). Undo that and fill every cell.")
            elif not row.fault and line in hidden and any(row.cells):
                row = replace(row, fault="The row is hidden in the workbook. Show it, or delete it.")
            yield row
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
        raise refused(
            "The workbook is damaged or not an .xlsx file. Open it, save it anew and send it again."
        ) from None


def _check_archive(data: bytes) -> None:
    """Unpack every member once, counting, so that nothing larger than it looks reaches the reader."""
    archive = zipfile.ZipFile(io.BytesIO(data))
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise refused("The workbook holds too many parts. Copy the table into a new workbook.")
    if any("vbaproject" in member.filename.lower() for member in members):
        raise refused("The workbook holds macros. Save it as .xlsx without them.")
    total = 0
    for member in members:
        before = b""
        with archive.open(member) as part:
            while chunk := part.read(1 << 16):
                total += len(chunk)
                if total > MOST_UNPACKED or total > max(len(data), 4096) * MOST_RATIO:
                    raise refused("The workbook unpacks to far more than it seems. Copy the table into a new workbook.")
                # also across two chunks, and in UTF-16, where every second byte is zero
                seen = (before + chunk).replace(b"\x00", b"")
                before = chunk[-32:]
                if b"<!DOCTYPE" in seen or b"<!ENTITY" in seen:
                    raise refused("The workbook holds declarations that no spreadsheet writes. Save it anew.")


def _layout(page: bytes) -> tuple[set[int], dict[int, str]]:
    """Return the rows that are hidden, and for each row in which cells are merged the range: the reader tells neither."""
    hidden: set[int] = set()
    for row in _ROW.findall(page):
        number = re.search(rb'\br="(\d+)"', row)
        if number and re.search(rb'\bhidden="(1|true)"', row):
            hidden.add(int(number[1]))
    merged: dict[int, str] = {}
    for found in _MERGED.finditer(page):
        first, last = int(found[2]), int(found[3])
        for line in range(first, min(last, MOST_ROWS + 1) + 1):
            merged[line] = found[1].decode()
    return hidden, merged


def _workbook_row(line: int, cells: tuple[Any, ...]) -> SourceRow:
    texts: list[str] = []
    fault = ""
    for number, cell in enumerate(cells, 1):
        kind = getattr(cell, "data_type", "n")
        if kind == "f":
            fault = fault or f"Cell {number} is a formula. Copy the column and paste it as values."
        elif kind == "e":
            fault = fault or f"Cell {number} shows an error of the spreadsheet ({cell.value}). Mend it."
        elif kind == "n" and isinstance(cell.value, (int, float)) and abs(cell.value) >= _MOST_EXACT:
            fault = (
                fault
                or f"Cell {number} is a number of more than 15 digits, which no spreadsheet keeps. Format it as text."
            )
        texts.append("" if kind in {"f", "e"} else _as_text(cell.value))
    while texts and not texts[-1]:
        texts.pop()
    return source_row(line, texts, fault)


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
