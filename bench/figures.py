"""What is made of the measurements: percentiles, ratios paired round by round, and whether a goal holds. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from statistics import median

#: A ratio whose rounds differ by more than this says more about the machine than about the program.
WIDEST_SPREAD = 2.0


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the nearest-rank percentile: the smallest value that ``percent`` of all do not exceed; 0 of nothing."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[max(0, ceil(len(ordered) * percent / 100) - 1)]


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio of two things measured in the same rounds: the median of the rounds' ratios, the lowest and the highest."""

    middle: float
    low: float
    high: float
    rounds: int

    @property
    def spread(self) -> float:
        """How many times the highest round is the lowest."""
        return self.high / self.low if self.low else float("inf")

    def __str__(self) -> str:
        return f"{self.middle:.2f}x ({self.low:.2f} to {self.high:.2f}, {self.rounds} rounds)"


def paired(over: Sequence[float], under: Sequence[float]) -> Ratio | None:
    """Return the ratio of two series of the same rounds; None if a round of either is missing or nothing was measured."""
    if len(over) != len(under) or not over or not all(under):
        return None
    ratios = [one / other for one, other in zip(over, under, strict=True)]
    return Ratio(median(ratios), min(ratios), max(ratios), len(ratios))


class Verdict(StrEnum):
    """What is said about a goal."""

    HOLDS = "holds"
    DOES_NOT = "does not hold"
    INVALID = "invalid"
    PRINTED = "printed only"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal with what was found."""

    #: ``G2``, or a word for a goal without a number.
    key: str
    what: str
    bound: str
    verdict: Verdict
    found: str
    must: bool = False


def judged_ratio(
    key: str,
    what: str,
    ratio: Ratio | None,
    *,
    at_most: float | None = None,
    at_least: float | None = None,
    errors: int = 0,
    must: bool = True,
) -> Goal:
    """Hold a ratio against its bound. Errors or rounds that spread too far make it invalid, whatever the ratio."""
    bound = f"at most {at_most:g}x" if at_most is not None else f"at least {at_least:g}x"
    if ratio is None:
        return Goal(key, what, bound, Verdict.NOT_MEASURED, "nothing to compare", must)
    if errors:
        return Goal(key, what, bound, Verdict.INVALID, f"{ratio}; {errors} errors", must)
    if ratio.spread > WIDEST_SPREAD:
        found = f"{ratio}; the rounds spread {ratio.spread:.1f}x, more than {WIDEST_SPREAD:g}x"
        return Goal(key, what, bound, Verdict.INVALID, found, must)
    holds = (at_most is None or ratio.middle <= at_most) and (at_least is None or ratio.middle >= at_least)
    verdict = (Verdict.HOLDS if holds else Verdict.DOES_NOT) if must else Verdict.PRINTED
    return Goal(key, what, bound, verdict, str(ratio), must)
