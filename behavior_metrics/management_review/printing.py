"""A pack on A4 as a tagged PDF (PDF/UA-1). Everything in it is data of the pack; nothing is computed here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from behavior_metrics.frames.quarters import Quarter
from behavior_metrics.management_review.figures import Column, Pack, Table, as_read
from behavior_metrics.management_review.saying import TEXT, document
from lms.annex.printing import set_pages

TEMPLATE = Path(__file__).with_name("pack.typ")
#: Millimetres that a letter takes, in a cell and in a heading, and the edges of a cell.
_LETTER, _BOLD, _EDGES = 1.35, 1.5, 3.0
#: Letters after which a text, and a heading of several words, is set in two lines.
_LONGEST, _SHORT = 34, 10


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
        "widths": [_width(column, [row[at] for row in rows]) for at, column in enumerate(table.columns)],
        "texts": [column.kind == TEXT for column in table.columns],
        "rows": rows,
        "note": table.note,
    }


def _width(column: Column, cells: Sequence[str]) -> float:
    """Return the share of the width a column needs: for what stands in it, and for the longest word above it."""
    word = max(len(part) for part in column.heading.replace("-", " ").split())
    heading = max(word, min(_SHORT, len(column.heading)))
    return _EDGES + max(_BOLD * heading, _LETTER * min(_LONGEST, max(map(len, cells), default=0)))
