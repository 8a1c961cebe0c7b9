"""A pack on A4 as a tagged PDF (PDF/UA-1). Everything in it is data of the pack; nothing is computed here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from behavior_metrics.frames.quarters import Quarter
from behavior_metrics.management_review.figures import Column, Pack, Table, as_read
from behavior_metrics.management_review.saying import TEXT, document
from lms.annex.printing import set_pages

TEMPLATE = Path(__file__).with_name("pack.typ")
#: Kind of a column -> its share of the width; the first column is as wide as a name.
_WIDTHS = {TEXT: 27.0, "count": 13.0, "number": 21.0, "small": 13.0}
_FIRST, _FIGURE = 26.0, 23.0
#: Room that a letter of a heading takes in these shares.
_LETTER = 1.5


def control(pack: Pack, *, revision: int, content_hash: str) -> list[tuple[str, str]]:
    """Return the lines of document control, as both files carry them."""
    return [
        (document("scope"), pack.scope_name),
        (document("quarter"), Quarter.parse(pack.quarter).words),
        (document("revision"), str(revision)),
        (document("as_of"), pack.as_of),
        (document("basis"), document("basis_said")),
        (document("made_by"), document("made_by_said")),
        (document("method"), str(pack.method_version)),
        (document("content"), content_hash),
    ]


def as_pdf(pack: Pack, *, revision: int, content_hash: str, signatures: Sequence[str] = ()) -> bytes:
    """Return the pages. ``signatures`` are lines of name, meaning, moment and reason; without any it says unsigned."""
    lines = control(pack, revision=revision, content_hash=content_hash)
    signed = [(document("signature"), line) for line in signatures]
    data: dict[str, object] = {
        "title": document("title"),
        "scope": pack.scope_name,
        "quarter": Quarter.parse(pack.quarter).words,
        "control": [*lines, *(signed or [(document("signature"), document("unsigned"))])],
        "mark": document("demonstration") if pack.demonstration else "",
        "foot": document("foot"),
        "short": f"{document('revision')} {revision} · {content_hash[:12]}",
        "empty": document("empty"),
        "sections": [
            {
                "title": section.title,
                "said": section.said,
                "tables": [_set(table) for table in section.tables],
                "picture": pack.picture if section.key == "recurrence" else "",
            }
            for section in pack.sections
        ],
        "picture_title": document("picture"),
        "picture_words": pack.picture_words,
        "definitions_title": document("definitions"),
        "definitions": pack.definitions,
    }
    return set_pages(TEMPLATE, data)


def _set(table: Table) -> dict[str, object]:
    rows = [[as_read(cell, column.kind) for cell, column in zip(row, table.columns, strict=True)] for row in table.rows]
    return {
        "title": table.title,
        "headings": [column.heading for column in table.columns],
        "widths": [_width(at, column) for at, column in enumerate(table.columns)],
        "texts": [column.kind == TEXT for column in table.columns],
        "rows": rows,
        "note": table.note,
    }


def _width(at: int, column: Column) -> float:
    """Return the share of the width a column needs: for what stands in it, and for the longest word above it."""
    longest = max(len(part) for part in column.heading.replace("-", " ").split())
    return max(_FIRST if at == 0 else _WIDTHS.get(column.kind, _FIGURE), 3 + _LETTER * longest)
