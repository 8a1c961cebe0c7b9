"""One line of a file on its way in: its cells cleaned of what is only typing, and what is wrong with it as a line."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from lms.refusals import NotAllowed

MOST_ROWS = 50_000
MOST_COLUMNS = 200
#: What one cell of a spreadsheet can hold at most.
LONGEST_CELL = 32_767
#: More marks than this over one letter are no writing (UAX #15, stream-safe text) and slow to put in order.
MOST_MARKS = 30

#: Characters that are not seen and change what is: zero width, direction, byte order mark; joiners only beside plain
#: letters, because between other letters and in emoji they are part of the writing.
_UNSEEN = re.compile(
    "[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\u00ad]"
    "|(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])"
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One line of the file. ``line`` is the number a spreadsheet or an editor shows; ``fault`` what is wrong with it."""

    line: int
    cells: tuple[str, ...]
    fault: str = ""


def refused(sentence: str) -> NotAllowed:
    """Return the refusal of a whole file."""
    return NotAllowed(sentence, field="file")


def source_row(line: int, cells: list[str], fault: str = "") -> SourceRow:
    """Return the line with clean cells. The first cell that no text can be made of becomes the line's fault."""
    if not fault:
        for number, cell in enumerate(cells, 1):
            wrong = _wrong(cell)
            if wrong:
                fault = f"Cell {number} {wrong}"
                break
    return SourceRow(line, tuple(_clean(cell, fault) for cell in cells), fault)


def _wrong(cell: str) -> str:
    if _CONTROL.search(cell):
        return "holds a control character that no text has. Type the cell again."
    if len(cell) > LONGEST_CELL:
        return f"holds {len(cell)} characters; at most {LONGEST_CELL} can be read."
    if cell.isascii():
        return ""
    if _SURROGATE.search(cell):
        return "holds bytes of another encoding than the rest of the file. Type the cell again and save as “CSV UTF-8”."
    if "\ufffd" in cell:
        return "holds “\ufffd”, left where an earlier conversion lost a letter. Type the cell again."
    if _piled_up(cell):
        return f"has more than {MOST_MARKS} marks over one letter. Type the cell again."
    return ""


def _piled_up(cell: str) -> bool:
    run = 0
    for character in cell:
        run = run + 1 if unicodedata.combining(character) else 0
        if run > MOST_MARKS:
            return True
    return False


def _clean(cell: str, fault: str) -> str:
    """Normalise what is only a matter of typing: composed letters, hard spaces, unseen characters, outer blanks."""
    if fault:  # only shown, in the file of refused lines
        cell = _SURROGATE.sub("\ufffd", _CONTROL.sub("", cell[:LONGEST_CELL]))
        return cell if _piled_up(cell) else cell.strip()
    if not cell.isascii():
        cell = _UNSEEN.sub("", unicodedata.normalize("NFC", cell)).replace("\u00a0", " ")
    return cell.replace("\r\n", "\n").strip()
