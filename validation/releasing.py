"""Months of invented answers through the product's own release, and beside it what other ways of publishing would say.

Every cell comes out of ``coaching.surveys.release.plan_release``: which answers form it, the mean over persons, the roster,
the draw and the rounding are the product's. The other ways are computed from that very mean and draw, so that they differ
in the rounding alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final
from unittest.mock import patch
from uuid import UUID

import numpy as np

from coaching.surveys import release
from coaching.surveys.instrument import Instrument, shipped
from coaching.surveys.periods import Month
from coaching.surveys.release import ReleaseCase, TeamMonth, plan_release, round_score, rounding_draw
from coaching.surveys.sealing import SealedAnswer
from validation.worlds import SCALE, Floats, Worlds, sheet_of

INSTRUMENT: Final = shipped()[1]
ROUND_KEY: Final = bytes(range(32))
FIRST: Final = Month(2026, 1)
_TENTH: Final = Fraction(1, 10) * Fraction(SCALE)


@dataclass(frozen=True)
class Cell:
    """One cell at the moment of rounding."""

    mean: Fraction
    draw: Fraction
    instrument: Instrument
    persons: int
    team: UUID
    month: int


def graded_by_roster(cell: Cell) -> float:
    """Publish as the product does."""
    return float(round_score(cell.mean, cell.draw, cell.instrument, cell.persons))


def exactly(cell: Cell) -> float:
    """Publish the mean itself: common practice, with k = 5 alone."""
    return float(cell.mean)


def to_a_tenth(cell: Cell) -> float:
    """Publish the mean rounded to 0.1 of a scale of 1-5."""
    return float(round(cell.mean / _TENTH) * _TENTH)


def graded_anew_each_month(cell: Cell) -> float:
    """Round as the product does, with a fresh draw each month: averaging takes it away."""
    draw = rounding_draw(ROUND_KEY, cell.team, [UUID(int=cell.month)])
    return float(round_score(cell.mean, draw, cell.instrument, cell.persons))


def graded_by_team(cell: Cell) -> float:
    """Round as the product does, with one draw for the team for ever: subtracting months takes it away."""
    return float(round_score(cell.mean, rounding_draw(ROUND_KEY, cell.team, []), cell.instrument, cell.persons))


def laplace(cell: Cell) -> float:
    """Publish with Laplace noise of epsilon 1 for each month, as differential privacy would ask."""
    draw = float(rounding_draw(ROUND_KEY, cell.team, [UUID(int=cell.persons << 64 | cell.month)])) - 0.5
    scale = cell.instrument.range / cell.persons
    return float(cell.mean) - scale * float(np.sign(draw)) * float(np.log1p(-2 * abs(draw) + 1e-15))


Rule = Callable[[Cell], float]
RULES: Final[tuple[Rule, ...]] = (
    graded_by_roster,
    exactly,
    to_a_tenth,
    graded_anew_each_month,
    graded_by_team,
    laplace,
)
#: What each rule published: world x month.
Published = dict[Rule, Floats]


def publish(worlds: Worlds, people: int, months: range, *, rules: Sequence[Rule] = RULES) -> Published:
    """Release each world's team of its first so many people, month by month."""
    found = {rule: np.empty((worlds.count, len(months))) for rule in rules}
    for world in range(worlds.count):
        totals = worlds.sums[world, :people]
        for column, month in enumerate(months):
            cell = released(world, [int(total) for total in totals[:, month]], month)
            for rule in rules:
                found[rule][world, column] = rule(cell)
    return found


def released(world: int, totals: Sequence[int], month: int) -> Cell:
    """Release one month of one team through the product, and return its one cell as it stood before rounding."""
    return cells_of(case_of(world, totals, month), month)[0]


def case_of(world: int, totals: Sequence[int], month: int) -> ReleaseCase:
    """Return what the release of a month looks at: a team in which each member gave a sheet with this sum."""
    team, when = UUID(int=0x7EA << 96 | world), Month.from_ordinal(FIRST.ordinal + month)
    members = [UUID(int=0xBEEF << 96 | world << 16 | number) for number in range(len(totals))]
    answers = {
        number.to_bytes(16, "big"): SealedAnswer(
            INSTRUMENT.code, team, when, member.bytes[-10:], sheet_of(total, INSTRUMENT)
        )
        for number, (member, total) in enumerate(zip(members, totals, strict=True))
    }
    everybody = frozenset(members)
    return ReleaseCase(
        month=when,
        answers=answers,
        rosters=(TeamMonth(team, UUID(int=1), when, everybody, {INSTRUMENT.code: everybody}),),
        people=frozenset(member.bytes[-10:] for member in members),
        instruments={INSTRUMENT.code: INSTRUMENT},
        round_key=ROUND_KEY,
    )


def cells_of(case: ReleaseCase, month: int = 0) -> list[Cell]:
    """Release a case and return its cells as they stood before rounding.

    Raises ``AssertionError`` if what was published is not what the product's rounding makes of them.
    """
    seen: list[Cell] = []

    def watched(mean: Fraction, draw: Fraction, instrument: Instrument, persons: int) -> Decimal:
        seen.append(Cell(mean, draw, instrument, persons, UUID(int=0), month))
        return round_score(mean, draw, instrument, persons)

    with patch.object(release, "round_score", watched):
        plan = plan_release(case)
    if [float(cell.score) for cell in plan.cells] != [graded_by_roster(cell) for cell in seen]:
        raise AssertionError("the release published something else than its own rounding")
    return [
        Cell(one.mean, one.draw, one.instrument, one.persons, cell.place or UUID(int=0), month)
        for one, cell in zip(seen, plan.cells, strict=True)
    ]
