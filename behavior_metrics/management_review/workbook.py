"""A pack as a workbook: one sheet for each section, numbers as numbers, and a README with definitions."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from math import isfinite

from behavior_metrics.management_review.figures import Column, Figure, Pack, Table, Value
from behavior_metrics.management_review.saying import document, word

#: Kinds of columns whose figures take four cells: value, limits, and why there is none.
FIGURES = ("rate", "share", "ratio")
README = "README"
Cell = str | int | float | None


def headings(columns: Sequence[Column]) -> list[str]:
    """Return the headings of a sheet: a figure takes four columns."""
    named: list[str] = []
    for column in columns:
        if column.kind in FIGURES:
            ends = (document("low"), document("high"), word("reading", "pack_heading").lower())
            named += [column.heading, *(f"{column.heading}: {end}" for end in ends)]
        else:
            named.append(column.heading)
    return named


def cells(table: Table) -> Iterator[list[Cell]]:
    """Give the rows of a table as typed cells."""
    for row in table.rows:
        line: list[Cell] = []
        for value, column in zip(row, table.columns, strict=True):
            line += _figure(value) if column.kind in FIGURES else [_plain(value)]
        yield line


def _figure(value: Value) -> list[Cell]:
    if isinstance(value, Figure):
        return [*(_plain(part) for part in (value.value, value.low, value.high)), value.untold or None]
    return [_plain(value), None, None, None]


def _plain(value: Value) -> Cell:
    if isinstance(value, Figure):
        return value.value
    # a sheet has no infinity
    return "∞" if isinstance(value, float) and not isfinite(value) else value


def as_xlsx(pack: Pack, lines: Sequence[tuple[str, str]], *, made_at: datetime) -> bytes:
    """Return the workbook. ``lines`` are those of document control; the same pack gives the same bytes."""
    import xlsxwriter  # noqa: PLC0415 - 6 MB that only this step needs

    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(file, options)
    book.set_properties({"title": document("title"), "created": made_at.replace(tzinfo=None)})
    bold, wrap = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    readme = book.add_worksheet(README)
    readme.set_column(0, 0, 28, wrap)
    readme.set_column(1, 1, 110, wrap)
    first = f"{document('title')} {pack.quarter}, {pack.scope_name}"
    mark = [("", document("demonstration"))] if pack.demonstration else []
    about = [(first, ""), *mark, *lines, ("", document("readme")), *pack.definitions]
    for number, (name, text) in enumerate(about):
        readme.write_string(number, 0, name, bold)
        readme.write_string(number, 1, text)
    for section in pack.sections:
        sheet = book.add_worksheet(section.title.replace("?", "")[:31])
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 30, 15)
        at = 0
        for sentence in section.said:
            sheet.write_string(at, 0, sentence)
            at += 1
        for table in section.tables:
            sheet.write_string(at + 1, 0, table.title, bold)
            lines_of: list[Sequence[Cell]] = [headings(table.columns), *cells(table)]
            for number, row in enumerate(lines_of, at + 2):
                for column, cell in enumerate(row):
                    style = bold if number == at + 2 else None
                    if isinstance(cell, int | float):
                        sheet.write_number(number, column, cell, style)
                    elif cell is not None:
                        sheet.write_string(number, column, cell, style)
            at += len(table.rows) + 3
    book.close()
    return file.getvalue()
