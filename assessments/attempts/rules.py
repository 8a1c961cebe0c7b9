"""Drawing, scoring and releasing of attempts. Pure; chance comes in as an argument."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from uuid import UUID

from assessments.items.rules import ItemKind


@dataclass(frozen=True, slots=True)
class PoolItem:
    """A question that may be drawn, in its current version."""

    item_id: UUID
    version_id: UUID
    critical: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What was asked, what is right and what was chosen, as option positions."""

    kind: str
    critical: bool
    right: frozenset[int]
    chosen: frozenset[int]

    @property
    def is_right(self) -> bool:
        """Whether exactly the right options were chosen."""
        return self.chosen == self.right

    @property
    def credit(self) -> Fraction:
        """Partial credit, 0 to 1: for several answers, right minus wrong over the number of right ones, never below 0."""
        if self.kind == ItemKind.SINGLE:
            return Fraction(self.is_right)
        balance = len(self.chosen & self.right) - len(self.chosen - self.right)
        return Fraction(max(0, balance), len(self.right))


@dataclass(frozen=True, slots=True)
class Score:
    """The result of an attempt. ``percent`` counts wholly right items and is rounded down; credit decides nothing."""

    correct: int
    out_of: int
    percent: int
    credit_percent: int
    critical_missed: int
    passed: bool


def draw(pool: Sequence[PoolItem], count: int, seen: Collection[UUID], chance: random.Random) -> list[PoolItem]:
    """Return ``count`` items in random order: those not seen in an earlier attempt first, and a critical one if there is any."""
    order = sorted(chance.sample(list(pool), len(pool)), key=lambda item: item.item_id in seen)
    picked = order[:count]
    if picked and not any(item.critical for item in picked):
        picked[-1] = next((item for item in order if item.critical), picked[-1])
    return chance.sample(picked, len(picked))


def score(answers: Iterable[Answer], pass_percent: int) -> Score:
    """Return the result: passed if enough items are wholly right and no critical one is wrong."""
    answers = list(answers)
    correct = sum(answer.is_right for answer in answers)
    missed = sum(answer.critical and not answer.is_right for answer in answers)
    credit = sum((answer.credit for answer in answers), Fraction(0))
    out_of = len(answers)
    return Score(
        correct=correct,
        out_of=out_of,
        percent=correct * 100 // out_of,
        credit_percent=int(credit * 100 / out_of),
        critical_missed=missed,
        passed=correct * 100 >= pass_percent * out_of and missed == 0,
    )


def is_released(*, passed: bool, used: int, allowed: int) -> bool:
    """Whether right answers and explanations may be shown: once passed, or when no attempt is left to use them in."""
    return passed or used >= allowed
