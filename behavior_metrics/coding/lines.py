"""The numbers of the page: agreement by field and by code, and root causes by quarter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from behavior_metrics.frames.quarters import Quarter
from behavior_metrics.frames.queries import NOTHING, Counts, Frame
from behavior_metrics.stats.intervals import Estimate, rate_interval
from behavior_metrics.stats.kappa import (
    FEWEST,
    FEWEST_USES,
    Kappa,
    Pair,
    cohen_kappa,
    crossed,
    is_enough,
    one_against_rest,
    uses,
)
from lms.deviations.taxonomy import CODES


@dataclass(frozen=True, slots=True)
class CodeLine:
    """Agreement on one code against all others of its field."""

    code: str
    uses: int
    kappa: Kappa
    #: False if it was chosen too rarely, or too little was coded twice, to say anything of it.
    told: bool


@dataclass(frozen=True, slots=True)
class FieldLine:
    """Agreement on one field."""

    field: str
    codes: tuple[str, ...]
    #: First coding by row, second by column.
    table: Sequence[Sequence[int]]
    kappa: Kappa
    #: Whether it reaches what charts need; None if that cannot be told.
    enough: bool | None
    lines: tuple[CodeLine, ...]

    @property
    def used(self) -> tuple[int, ...]:
        """The codes that anybody chose, by their places."""
        return tuple(index for index, line in enumerate(self.lines) if line.uses)


def field_lines(pairs: Mapping[str, Sequence[Pair]]) -> tuple[FieldLine, ...]:
    """Return agreement on each field."""
    return tuple(_field(field, coded) for field, coded in pairs.items())


def _field(field: str, pairs: Sequence[Pair]) -> FieldLine:
    codes = CODES[field]
    table = crossed(pairs, codes)
    lines = []
    for index, code in enumerate(codes):
        kappa, chosen = one_against_rest(table, index), uses(table, index)
        told = kappa.n >= FEWEST and chosen >= FEWEST_USES and kappa.is_told
        lines.append(CodeLine(code, chosen, kappa, told))
    kappa = cohen_kappa(table)
    return FieldLine(field, codes, table, kappa, is_enough(kappa), tuple(lines))


@dataclass(frozen=True, slots=True)
class CauseLine:
    """Root causes of one quarter at all the reader's sites, per 100 batches; None where no batch was started."""

    quarter: Quarter
    closed: bool
    counts: Counts
    human: Estimate | None
    other: Estimate | None


def cause_lines(frame: Frame) -> tuple[CauseLine, ...]:
    """Return the quarters, oldest first."""
    lines = []
    for quarter in frame.window.quarters:
        counts = frame.by_quarter.get(quarter, NOTHING)
        lines.append(
            CauseLine(
                quarter,
                quarter in frame.window.closed_quarters,
                counts,
                _rate(counts.human_causes, counts.batches),
                _rate(counts.other_causes, counts.batches),
            )
        )
    return tuple(lines)


def _rate(events: int, batches: int) -> Estimate | None:
    return rate_interval(events, batches) if batches else None
