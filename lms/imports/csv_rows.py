"""Lines out of a CSV file, in the encodings and with the separators that spreadsheets write."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from lms.exports.sheets import restored
from lms.imports.rows import MOST_ROWS, SourceRow, refused, source_row

_DELIMITERS = (",", ";", "\t", "|")
#: Lines whose quotation marks do not close, after which the file is no table any more.
MOST_OPEN = 1_000
#: Letters that were read as UTF-8, and bytes that could not be.
_WHOLE, _STRAY = re.compile("[^\x00-\x7f\udc80-\udcff]"), re.compile("[\udc80-\udcff]")


def read(data: bytes) -> tuple[str, list[SourceRow]]:
    """Return the encoding and the lines, the heading first. Raises ``NotAllowed`` for a file that cannot be split into lines."""
    form, text = decoded(data)
    rows: list[SourceRow] = []
    for row in _records(text, _delimiter(text)):
        rows.append(row)
        if len(rows) > MOST_ROWS + 1:
            raise refused(f"The file has more than {MOST_ROWS} lines. Send it in parts.")
    return form, rows


def decoded(data: bytes) -> tuple[str, str]:
    """Return the encoding and the text.

    Bytes that are no UTF-8 in a file that otherwise is become lone surrogates, for which their line is refused; reading
    the whole file as cp1252 for their sake would spoil every other line.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return "utf-16", data.decode("utf-16")
        except UnicodeDecodeError:
            raise refused("The file begins as UTF-16 and does not go on so. Save it again as “CSV UTF-8”.") from None
    if b"\x00" in data[:2]:
        raise refused("The file is in UTF-16 without its mark. Save it again as “CSV UTF-8”.")
    try:
        return "utf-8", data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("utf-8-sig", errors="surrogateescape")
    if len(_WHOLE.findall(text)) > len(_STRAY.findall(text)):
        return "utf-8", text
    try:
        return "cp1252", data.decode("cp1252")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        message = f"Line {line} is in no encoding that is known here. Save the file as “CSV UTF-8”."
        raise refused(message) from None


def _delimiter(text: str) -> str:
    """Return the delimiter that splits the first line into most cells; a comma if there is but one column."""
    first = re.sub(r'"[^"]*"', "", next((line for line in io.StringIO(text) if line.strip()), ""))
    return max(_DELIMITERS, key=lambda delimiter: (first.count(delimiter), delimiter == ","))


def _records(text: str, delimiter: str) -> Iterator[SourceRow]:
    """Give the lines. One whose quotation marks do not close is refused alone, and reading goes on with the next line.

    A mark that opens and is closed by another line's mark would swallow the lines between: such a line has not as many
    cells as there are headings. A mark that nothing closes makes everything after it one cell, so the file is refused.
    """
    lines = io.StringIO(text, newline="").readlines()
    width = start = opened = 0
    while start < len(lines):
        offset, fault = start, ""
        reader = csv.reader(lines[start:], delimiter=delimiter, strict=True)
        try:
            for cells in reader:
                end = offset + reader.line_num
                if end > start + 1 and width and (len(cells) < width or any(cells[width:])):
                    fault = _unclosed(start)
                    break
                width = width or len(cells)
                yield source_row(start + 1, [restored(cell) for cell in cells])
                start = end
        except csv.Error as error:
            fault = _unclosed(start)
            if "unexpected end" in str(error) or not width:
                raise refused(fault) from None
        if not fault:
            return
        opened += 1
        if opened > MOST_OPEN:
            raise refused(f"The quotation marks of more than {MOST_OPEN} lines do not close. Save the table anew.")
        yield source_row(start + 1, lines[start].rstrip("\r\n").split(delimiter), fault)
        start += 1


def _unclosed(start: int) -> str:
    return f"The quotation marks around line {start + 1} do not close, or a cell is far too long. Mend that line."
