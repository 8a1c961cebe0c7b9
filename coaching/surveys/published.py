"""A release as it is written down: rows of plain text, each with its hash, for the trail and for the release table. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from coaching.surveys.instrument import Instrument, Series, shipped
from coaching.surveys.periods import Month
from coaching.surveys.release import ReleasedCell, ResponseBand, Scope, SizeBand
from coaching.surveys.reliability import Reliability
from lms.audit.canonical import row_hash

#: A published row: the columns of ``survey_release`` as text and whole numbers, and ``hash``.
Row = dict[str, Any]


@dataclass(frozen=True)
class Release:
    """One release, ready to be recorded. ``number`` counts the releases of the installation."""

    number: int
    month: Month
    on: date
    rows: tuple[Row, ...]
    #: Answers that went into the figures, at least: a multiple of five.
    opened: int | None
    straight_lines: int | None
    too_few: bool
    reliability: tuple[Row, ...]


def as_row(cell: ReleasedCell, instrument: Instrument, site_id: UUID | None, on: date) -> Row:
    """Return a released cell as a row. ``site_id`` is the site of a team's cell."""
    is_team = cell.scope is Scope.TEAM
    row: Row = {
        "cell": cell.cell,
        "instrument_version": instrument.name,
        "first_month": str(cell.first_month),
        "last_month": str(cell.last_month),
        "scope": str(cell.scope),
        "team_id": str(cell.place) if is_team else None,
        "site_id": _text(site_id if is_team else cell.place),
        "instrument": cell.instrument,
        "n_band": str(cell.size),
        "score": str(cell.score),
        "response": _text(cell.response),
        "released_on": on.isoformat(),
    }
    return {**row, "hash": hash_of(row)}


def as_cell(row: Mapping[str, Any]) -> ReleasedCell:
    """Return the released cell that a row describes."""
    scope = Scope(row["scope"])
    place = row["team_id"] if scope is Scope.TEAM else row["site_id"]
    return ReleasedCell(
        scope=scope,
        place=UUID(str(place)) if place else None,
        instrument=row["instrument"],
        first_month=Month.parse(row["first_month"]),
        last_month=Month.parse(row["last_month"]),
        size=SizeBand(row["n_band"]),
        score=Decimal(row["score"]),
        response=ResponseBand(row["response"]) if row["response"] else None,
    )


def name_of(row: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return what a row is called by: cell, instrument and first month, its key in the release table."""
    return row["cell"], row["instrument_version"], row["first_month"]


def hash_of(row: Mapping[str, Any]) -> str:
    """Return the hash of a row's columns, however often it went through a database."""
    return row_hash({name: value for name, value in row.items() if name != "hash"})


def discrepancies(recorded: Iterable[Row], stored: Iterable[Row]) -> list[str]:
    """Compare the rows in the trail with those in the release table; one sentence for each that differs."""
    trail = {name_of(row): row["hash"] for row in recorded}
    table = {name_of(row): hash_of(row) for row in stored}
    sentences = {
        "is in the trail but not in the release table": trail.keys() - table.keys(),
        "is in the release table but was never released": table.keys() - trail.keys(),
        "differs from what was released": {name for name in trail.keys() & table.keys() if trail[name] != table[name]},
    }
    return sorted(f"{' '.join(name)} {sentence}." for sentence, names in sentences.items() for name in names)


def reliability_row(instrument: Instrument, found: Reliability) -> Row:
    """Return a reliability as text, three decimals; the agreement is None where there were too few teams."""
    teams = found.teams
    return {
        "instrument_version": instrument.name,
        "alpha": f"{found.alpha:.3f}",
        "omega": f"{found.omega:.3f}" if found.omega is not None else None,
        "icc1": f"{teams.icc1:.3f}" if teams else None,
        "icc1_p": f"{teams.icc1_p:.3f}" if teams else None,
        "icc2": f"{teams.icc2:.3f}" if teams else None,
        "median_rwg": f"{teams.median_rwg:.3f}" if teams else None,
        "within_variance": f"{teams.within_variance:.3f}" if teams else None,
        "team_means_hold": teams.team_means_hold if teams else None,
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)


class Measured(NamedTuple):
    """What a figure's band and instrument say of it: the band, ends of the scale, what it is a multiple of, whether a pulse."""

    n_band: SizeBand
    low: int
    high: int
    grain: Decimal
    is_pulse: bool


@cache
def measured(band: str, instrument: int) -> Measured:
    """Return it; there are few bands and instruments, and ten thousand figures."""
    by, size = shipped()[instrument], SizeBand(band)
    step = size.grain * by.range
    grain = Decimal(step.numerator) / Decimal(step.denominator)
    return Measured(size, by.low, by.high, grain, by.series is Series.PULSE)
