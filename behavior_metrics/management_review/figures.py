"""What a pack says, as tables of typed values: both files are made of it, and its fingerprint is what is signed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any, Self

from behavior_metrics.stats.intervals import Estimate

#: Raised whenever a figure or its words change, so that a kept pack says which method made it. 2: words of released cells.
METHOD_VERSION = 2


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its limits, or (``untold``) the words for why there is none."""

    value: float | None
    low: float | None
    high: float | None
    untold: str = ""

    @classmethod
    def of(cls, estimate: Estimate | None, untold: str) -> Self:
        """Return an estimate as a figure; without one, why."""
        if estimate is None:
            return cls(None, None, None, untold)
        return cls(estimate.value, estimate.low, estimate.high)


Value = str | int | float | Figure | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: ``kind`` is ``text``, ``count``, ``number``, ``small``, ``rate`` (per 100), ``share`` (0 to 1), ``ratio``."""

    key: str
    heading: str
    kind: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table with what to know when reading it."""

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a pack. ``standing``: it says how things stood on the as-of date, and goes on changing after it."""

    key: str
    title: str
    said: tuple[str, ...]
    tables: tuple[Table, ...] = ()
    standing: bool = False


@dataclass(frozen=True, slots=True)
class Pack:
    """A whole pack. ``as_of`` is as people read it; ``picture`` is the funnel as SVG, or empty."""

    scope: str
    scope_name: str
    quarter: str
    as_of: str
    demonstration: bool
    sections: tuple[Section, ...]
    definitions: tuple[tuple[str, str], ...]
    method_version: int = METHOD_VERSION
    picture: str = ""
    picture_words: str = ""

    def as_text(self) -> str:
        """Write it, to the last digit."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read it."""
        kept: dict[str, Any] = json.loads(text)
        sections = tuple(_section(one) for one in kept.pop("sections"))
        definitions = tuple((term, said) for term, said in kept.pop("definitions"))
        return cls(sections=sections, definitions=definitions, **kept)


def _section(kept: dict[str, Any]) -> Section:
    tables = tuple(
        Table(
            one["key"],
            one["title"],
            tuple(Column(**column) for column in one["columns"]),
            tuple(tuple(Figure(**cell) if isinstance(cell, dict) else cell for cell in row) for row in one["rows"]),
            one["note"],
        )
        for one in kept["tables"]
    )
    return Section(kept["key"], kept["title"], tuple(kept["said"]), tables, kept["standing"])


def fingerprint(pack: Pack) -> str:
    """Return the SHA-256 of what the pack says of what: 64 hexadecimal digits.

    The as-of date and the pictures are left out, so that the same records give the same digits on another day; numbers
    count to nine significant digits, which is what a computation repeats on another machine.
    """
    said = [pack.method_version, pack.scope, pack.quarter, *(_said(section) for section in pack.sections)]
    return _sha256(said)


def changed_sections(signed: Pack, now: Pack) -> list[str]:
    """Return the keys of the sections on the closed quarter that other records fill otherwise.

    What says how things stood on the as-of date (``standing``) is left out: it was true then, whatever came after.
    """
    later = {section.key: _sha256(_said(section)) for section in now.sections}
    return [
        section.key
        for section in signed.sections
        if not section.standing and later.get(section.key) != _sha256(_said(section))
    ]


def _said(section: Section) -> list[object]:
    tables = [
        [table.key, [column.key for column in table.columns], [[_plain(cell) for cell in row] for row in table.rows]]
        for table in section.tables
    ]
    return [section.key, list(section.said), tables]


def _plain(cell: Value) -> object:
    if isinstance(cell, Figure):
        return [_plain(part) for part in (cell.value, cell.low, cell.high, cell.untold)]
    return f"{cell:.9g}" if isinstance(cell, float) else cell


def _sha256(said: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps(said, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()


def as_read(cell: Value, kind: str) -> str:
    """Return a value as it stands on paper: ``3.2 (0.6–7.1)``, ``67 % (30–90 %)``, or why there is none."""
    if cell is None:
        return "–"
    if isinstance(cell, str):
        return cell
    if not isinstance(cell, Figure):
        return f"{cell:,}" if isinstance(cell, int) else f"{cell:.2f}" if kind == "small" else f"{cell:.1f}"
    if cell.value is None or cell.low is None or cell.high is None:
        return cell.untold
    if kind == "share":
        return f"{100 * cell.value:.0f} % ({100 * cell.low:.0f}–{100 * cell.high:.0f} %)"
    digits = 1 if kind == "rate" else 2
    value, low, high = (f"{part:.{digits}f}" if isfinite(part) else "∞" for part in (cell.value, cell.low, cell.high))
    return f"{value} ({low}–{high})"
