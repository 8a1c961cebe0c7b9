"""A study somebody brings: a long table of intervals, one line for each stretch in which nothing but time changed.

Columns ``id``, ``start``, ``stop`` and ``event`` (0, 1 or a count, at ``stop``); ``cluster`` and ``strata`` if there are any;
every other column is a covariate and holds numbers. An interval is open at its start: what happens on a day on which a
covariate changes belongs to the old value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lms.imports.reading import Table
from lms.imports.rows import SourceRow
from lms.refusals import NotAllowed

NEEDED = ("id", "start", "stop", "event")
GROUPS = ("cluster", "strata")
#: So many problems are named; the rest is counted.
NAMED = 8
MOST_COVARIATES = 20

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Intervals:
    """The table as arrays of one length, in the order of the file."""

    unit: NDArray[np.str_]
    start: Floats
    stop: Floats
    count: Floats
    names: tuple[str, ...]
    #: Rows x covariates.
    covariates: Floats
    #: What errors are clustered by: the column of that name, or the units themselves.
    cluster: NDArray[np.str_]
    clustered_by: str
    strata: NDArray[np.str_] | None

    @property
    def events(self) -> int:
        """Events in all."""
        return int(self.count.sum())


def intervals_of(table: Table, wanted: Sequence[str] = ()) -> Intervals:
    """Return a file's table as intervals; ``wanted`` names the covariates to use, in order (none: all of them).

    Raises ``NotAllowed`` with one sentence for what is wrong with the whole, or with the first lines that cannot be used.
    """
    place = {name.strip().casefold(): index for index, name in enumerate(table.columns)}
    missing = [name for name in NEEDED if name not in place]
    if missing:
        raise NotAllowed(
            f"The file has no column {_listed(missing)}. It needs id, start, stop and event; cluster and strata if there "
            "are any; every other column is a covariate.",
            field="file",
        )
    own = [name for name in place if name not in (*NEEDED, *GROUPS)]
    names = [name.strip().casefold() for name in wanted] or own
    if unknown := [name for name in names if name not in own]:
        raise NotAllowed(f"The file has no covariate {_listed(unknown)}. It has {_listed(own)}.", field="covariates")
    if len(names) > MOST_COVARIATES:
        raise NotAllowed(
            f"{len(names)} covariates are more than {MOST_COVARIATES}. Name those to use, the declared one first.",
            field="covariates",
        )
    return _Reader(table, place, tuple(names)).read()


@dataclass
class _Reader:
    """Reads line after line and keeps what is wrong."""

    table: Table
    place: dict[str, int]
    names: tuple[str, ...]

    def read(self) -> Intervals:
        faults: list[str] = []
        numbers: list[list[float]] = []
        for row in self.table.rows:
            try:
                numbers.append(self._numbers(row))
            except ValueError as fault:
                faults.append(f"Line {row.line}: {fault}")
        if faults:
            more = f" and {len(faults) - NAMED} more lines" if len(faults) > NAMED else ""
            raise NotAllowed(" ".join(faults[:NAMED]) + more, field="file")
        unit = self._text("id")
        values = np.array(numbers, float)
        self._check_order(unit, values)
        clustered_by = "cluster" if "cluster" in self.place else "id"
        return Intervals(
            unit, values[:, 0], values[:, 1], values[:, 2], self.names, values[:, 3:], self._text(clustered_by),
            clustered_by, self._text("strata") if "strata" in self.place else None,
        )  # fmt: skip

    def _numbers(self, row: SourceRow) -> list[float]:
        if row.fault:
            raise ValueError(row.fault)
        for name in (name for name in ("id", *GROUPS) if name in self.place):
            if not row.cells[self.place[name]].strip():
                raise ValueError(f"{name} is empty.")
        start, stop, event = (_number(row, name, self.place) for name in ("start", "stop", "event"))
        if stop <= start:
            raise ValueError(f"stop {stop:g} is not after start {start:g}.")
        if event < 0 or event != int(event):
            raise ValueError(f"event is {event:g}; it must be 0, 1 or a count.")
        return [start, stop, event, *(_number(row, name, self.place) for name in self.names)]

    def _text(self, name: str) -> NDArray[np.str_]:
        return np.array([row.cells[self.place[name]].strip() for row in self.table.rows])

    def _check_order(self, unit: NDArray[np.str_], values: Floats) -> None:
        """Refuse intervals of one unit that overlap: it would be at risk twice."""
        order = np.lexsort((values[:, 0], unit))
        same = unit[order][1:] == unit[order][:-1]
        overlaps = same & (values[order, 0][1:] < values[order, 1][:-1])
        if overlaps.any():
            later = int(order[1:][overlaps][0])
            raise NotAllowed(
                f"Line {self.table.rows[later].line}: the interval of {unit[later]} begins before the one before it ends. "
                "One id can be at risk once at a time.",
                field="file",
            )


def _number(row: SourceRow, name: str, place: dict[str, int]) -> float:
    text = row.cells[place[name]].strip()
    try:
        number = float(text)
    except ValueError:
        said = f"“{text}” is no number" if text else "is empty"
        raise ValueError(f"{name} {said}.") from None
    if not isfinite(number):
        raise ValueError(f"{name} is {text}; every value must be known.")
    return number


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"“{name}”" for name in names) or "none"


def named(text: str) -> list[str]:
    """Return the names in a text, separated by commas."""
    return [name.strip() for name in text.split(",") if name.strip()]


def as_plain(rows: Intervals) -> dict[str, Any]:
    """Return the rows in plain types, for JSON."""
    return {
        field.name: value.tolist() if isinstance(value := getattr(rows, field.name), np.ndarray) else value
        for field in fields(Intervals)
    }


def from_plain(kept: dict[str, Any]) -> Intervals:
    """Return rows from their plain types."""
    length = len(kept["unit"])
    return Intervals(
        np.array(kept["unit"], str),
        np.array(kept["start"], float),
        np.array(kept["stop"], float),
        np.array(kept["count"], float),
        tuple(kept["names"]),
        np.array(kept["covariates"], float).reshape(length, len(kept["names"])),
        np.array(kept["cluster"], str),
        kept["clustered_by"],
        None if kept["strata"] is None else np.array(kept["strata"], str),
    )
