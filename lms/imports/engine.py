"""Taking a table in: check every line first, then write all good ones in one transaction, or none.

One engine for everything that can be imported. What differs (fields, lookups, writing) is a ``Target``; how a source writes
its table is a ``Mapping``. A line is named by its number in the file and a problem by its column and what to do.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from lms.exports.sheets import Cell, as_csv
from lms.imports import values
from lms.imports.mapping import Field, Mapping, check_mapping, columns_of_ids
from lms.imports.reading import Table
from lms.permissions import Actor, Permission
from lms.refusals import NotAllowed
from lms.unit_of_work import Work

Progress = Callable[[int, int], None]


class Fate(StrEnum):
    """What taking in a line does."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a line is refused: its number in the file, the heading of the column, the sentence, and a word to count by."""

    line: int
    column: str
    sentence: str
    kind: str


@dataclass(slots=True)
class Line:
    """One line on its way in: the values by field, what is wrong, and what the target found out about it."""

    number: int
    values: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)
    fate: Fate = Fate.NEW
    #: The stored record that it changes or repeats.
    record: Any = None
    #: Field -> new value, for a changed record.
    changes: dict[str, Any] = field(default_factory=dict)
    #: What a reader is shown of the changes before they confirm: field, as it is, as it will be.
    shown: list[tuple[str, object, object]] = field(default_factory=list)


class Target(Protocol):
    """What a table becomes."""

    name: str
    permission: Permission
    fields: tuple[Field, ...]
    #: The field that tells one record from another; importing the same line again changes nothing. Empty if several
    #: fields do so together: the target then refuses lines that mean the same record itself.
    key: str
    #: Whether its free texts may hold no patient.
    asks_about_patients: bool

    def look_up(self, reader: Actor, mapping: Mapping, lines: Sequence[Line], now: datetime) -> None:
        """Load, in a few statements, everything that judging the lines needs."""

    def judge(self, line: Line, report: Callable[[str, str, str], None]) -> None:
        """Set the line's fate, record and changes; ``report(field, kind, sentence)`` refuses it.

        A cell that is refused already is None or empty: the other cells are judged all the same, so that one dry run
        names everything there is to mend.
        """

    def write(self, work: Work, lines: Sequence[Line], progress: Progress) -> MappingOf[str, int]:
        """Write the good lines; return further counts for the report."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A table after the dry run. Nothing is written yet."""

    table: Table
    mapping: Mapping
    lines: tuple[Line, ...]

    @property
    def problems(self) -> list[Problem]:
        """All problems in the order of the file."""
        return [problem for line in self.lines for problem in line.problems]

    def good(self) -> list[Line]:
        """Return the lines that would be written."""
        return [line for line in self.lines if line.fate in {Fate.NEW, Fate.CHANGED}]

    def report(self, counts: MappingOf[str, int] | None = None, *, written: bool = False) -> Report:
        """Return the counts, and the problems."""
        fates = Counter(line.fate for line in self.lines)
        kinds = Counter(problem.kind for line in self.lines for problem in line.problems[:1])
        return Report(
            file=self.table.name,
            sha256=self.table.sha256,
            form=self.table.form,
            read=len(self.lines),
            new=fates[Fate.NEW],
            changed=fates[Fate.CHANGED],
            unchanged=fates[Fate.UNCHANGED],
            refused=fates[Fate.REFUSED],
            refused_by_kind=dict(sorted(kinds.items())),
            problems=tuple(self.problems),
            counts=dict(counts or {}),
            written=written,
        )


@dataclass(frozen=True, slots=True)
class Report:
    """What went in, what was taken, what was refused and why. ``read`` is the sum of the four fates."""

    file: str
    sha256: str
    form: str
    read: int
    new: int
    changed: int
    unchanged: int
    refused: int
    #: Kind of the first problem of each refused line -> lines.
    refused_by_kind: dict[str, int]
    problems: tuple[Problem, ...]
    #: What the target counted besides, such as sites opened.
    counts: dict[str, int]
    written: bool

    def as_plain(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return asdict(self)


def silent(_done: int, _total: int) -> None:
    """Report no progress."""


def check(
    table: Table, mapping: Mapping, target: Target, reader: Actor, now: datetime, progress: Progress = silent
) -> Checked:
    """Judge every line without writing anything. Raises ``NotAllowed`` if the file as a whole does not fit."""
    check_mapping(mapping, target.fields, table.columns, target.key)
    mapping = _casefolded(mapping)
    lines = [
        _parsed(row.line, dict(zip(table.columns, row.cells, strict=True)), row.fault, mapping, target)
        for row in table.rows
    ]
    _refuse_repeated(lines, mapping, target)
    target.look_up(reader, mapping, lines, now)
    for done, line in enumerate(lines, 1):
        if done % 1_000 == 0:
            progress(done, len(lines))
        if line.values:
            target.judge(line, _reporter(line, mapping))
            line.shown = line.shown or _shown(line, mapping)
        if line.problems:
            line.fate = Fate.REFUSED
    return Checked(table, mapping, tuple(lines))


def take_in(work: Work, checked: Checked, target: Target, *, all_or_nothing: bool, progress: Progress) -> Report:
    """Write the good lines inside the running command. Raises ``NotAllowed`` if all were wanted and one is not good."""
    refused = sum(line.fate == Fate.REFUSED for line in checked.lines)
    if all_or_nothing and refused:
        message = (
            f"{refused} of {len(checked.lines)} lines have errors, so nothing was taken in. Mend them and try again."
        )
        raise NotAllowed(message, field="file")
    counts = target.write(work, checked.good(), progress)
    return checked.report(counts, written=True)


def refused_rows(checked: Checked) -> bytes:
    """Return the refused lines as CSV: number, what is wrong, then the source's own cells, without confidential ones."""
    shown = [column for column in checked.table.columns if column not in checked.mapping.confidential]
    cells = {row.line: dict(zip(checked.table.columns, row.cells, strict=True)) for row in checked.table.rows}
    rows: list[list[Cell]] = []
    for line in checked.lines:
        if line.problems:
            said = " / ".join(f"{p.column}: {p.sentence}" if p.column else p.sentence for p in line.problems)
            rows.append([line.number, said, *(cells[line.number][column] for column in shown)])
    return as_csv(["line", "what to do", *shown], rows)


def _reporter(line: Line, mapping: Mapping) -> Callable[[str, str, str], None]:
    def report(name: str, kind: str, sentence: str) -> None:
        line.problems.append(Problem(line.number, mapping.columns.get(name, name), sentence, kind))

    return report


def _parsed(number: int, cells: dict[str, str], fault: str, mapping: Mapping, target: Target) -> Line:
    line = Line(number, {})
    if fault:
        line.problems.append(Problem(number, "", fault, "line cannot be read"))
        return line
    report = _reporter(line, mapping)
    for offered in target.fields:
        column = mapping.columns.get(offered.name)
        text = cells[column] if column is not None else mapping.constants.get(offered.name)
        if offered.name == target.key and mapping.ids:
            text = _put_together(cells, mapping)
        if text is None:
            continue
        text = mapping.values.get(offered.name, {}).get(text.casefold(), text)
        wrong = values.wrong_id(text) if offered.name == target.key else ""
        if wrong:
            report(offered.name, "no safe id", f"{quoted(mapping, offered.name, text)} {wrong}")
            line.values[offered.name] = None
        else:
            line.values[offered.name] = _value(offered, text, mapping, report)
    return line


def _put_together(cells: MappingOf[str, str], mapping: Mapping) -> str:
    """Return the id built out of its columns; empty if one of them is, because it would not tell records apart."""
    parts = columns_of_ids(mapping)
    if not all(cells[column] for column in parts):
        return ""
    return re.sub(r"\{([^{}]+)\}", lambda found: cells[found[1]], mapping.ids)


def _casefolded(mapping: Mapping) -> Mapping:
    codes = {name: {said.casefold(): code for said, code in known.items()} for name, known in mapping.values.items()}
    return replace(mapping, values=codes)


def _value(offered: Field, text: str, mapping: Mapping, report: Callable[[str, str, str], None]) -> object:
    """Return the cell as the field's kind of value; reports what is wrong and returns None then."""
    said = quoted(mapping, offered.name, text)
    if not text:
        if offered.required:
            report(offered.name, "missing", f"“{offered.words}” is missing. Fill the cell.")
        return None if offered.kind in values.KINDS else ""
    pattern = mapping.patterns.get(offered.name)
    if pattern is not None and not re.fullmatch(pattern, text):
        report(offered.name, "not in the source's form", f"{said} does not have the form of this column ({pattern}).")
        return None
    if len(text) > offered.longest:
        sentence = f"The text has {len(text)} characters; shorten it to {offered.longest}."
        report(offered.name, "too long", sentence)
        return None
    if offered.longest <= 200 and "\n" in text:
        report(offered.name, "line break", f"“{offered.words}” holds a line break. Write it on one line.")
        return None
    if offered.kind in values.KINDS:
        try:
            return values.of_kind(offered.kind, text, mapping.dates)
        except values.NoMoment as fault:
            report(offered.name, fault.kind, f"{said} {fault}")
            return None
    return text


def _refuse_repeated(lines: Sequence[Line], mapping: Mapping, target: Target) -> None:
    """Refuse all lines that share a key: nobody can say which of them is right."""
    by_key: defaultdict[str, list[Line]] = defaultdict(list)
    for line in lines:
        if line.values.get(target.key):
            by_key[str(line.values[target.key]).casefold()].append(line)
    for same in by_key.values():
        if len(same) > 1:
            numbers = ", ".join(str(line.number) for line in same[:5])
            for line in same:
                _reporter(line, mapping)(
                    target.key, "twice in the file", f"Lines {numbers} have the same id. Keep one."
                )


def _shown(line: Line, mapping: Mapping) -> list[tuple[str, object, object]]:
    """Return field by field what stands and what will stand, without ids of ours and without confidential columns."""
    if line.record is None:
        return []
    hidden = {name for name, column in mapping.columns.items() if column in mapping.confidential}
    return [
        (name, None, None) if name in hidden or isinstance(new, UUID) else (name, getattr(line.record, name), new)
        for name, new in line.changes.items()
        if hasattr(line.record, name)
    ]


def changed_values(record: object, wanted: MappingOf[str, object]) -> dict[str, object]:
    """Return those wanted values that differ from the record's."""
    return {name: value for name, value in wanted.items() if getattr(record, name) != value}


def quoted(mapping: Mapping, name: str, text: str) -> str:
    """Return how a problem speaks of a value: in quotation marks, or not at all if its column is confidential."""
    return "The value" if mapping.columns.get(name) in mapping.confidential else f"“{text[:40]}”"


def in_parts(values: Iterable[str], size: int = 500) -> Iterable[list[str]]:
    """Give the values in lists short enough for one ``IN``."""
    known = sorted(set(values))
    return (known[start : start + size] for start in range(0, len(known), size))
