"""Events before and after a bulletin at one site, with exact intervals, or “cannot tell yet”."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from math import comb, exp, lgamma, log

#: Below so many batches on either side, or events on both together, nothing is said.
LEAST_BATCHES, LEAST_EVENTS = 10, 5
_TAIL = 0.025


class Word(StrEnum):
    """What may be said of the effect at a site. Never that one thing caused the other."""

    CANNOT_TELL = "cannot_tell"
    FEWER = "fewer"
    MORE = "more"
    NO_DIFFERENCE = "no_difference"


@dataclass(frozen=True, slots=True)
class Effect:
    """Counts of events and batches before and after the approval of a bulletin."""

    before: int
    batches_before: int
    after: int
    batches_after: int

    @property
    def can_tell(self) -> bool:
        """Whether exposure and counts allow a word."""
        enough = min(self.batches_before, self.batches_after) >= LEAST_BATCHES
        return enough and self.before + self.after >= LEAST_EVENTS

    @property
    def ratio(self) -> tuple[float, float] | None:
        """95 % interval of the rate after over the rate before; None where it cannot be told."""
        if not self.can_tell:
            return None
        return ratio_interval(self.after, self.batches_after, self.before, self.batches_before)

    @property
    def word(self) -> Word:
        """What may be said."""
        if self.ratio is None:
            return Word.CANNOT_TELL
        low, high = self.ratio
        if high < 1:
            return Word.FEWER
        return Word.MORE if low > 1 else Word.NO_DIFFERENCE


def per_hundred(events: int, batches: int) -> tuple[float, float, float] | None:
    """Return events per 100 batches with their exact 95 % interval (Garwood 1936); None without batches.

    R: ``100 * poisson.test(events, batches)$conf.int``.
    """
    if not batches:
        return None
    low = _where(lambda mean: 1 - _poisson(events - 1, mean), _TAIL, events) if events else 0.0
    high = _where(lambda mean: 1 - _poisson(events, mean), 1 - _TAIL, 4 * events + 20)
    return tuple(100 * mean / batches for mean in (events, low, high))  # type: ignore[return-value]


def ratio_interval(after: int, batches_after: int, before: int, batches_before: int) -> tuple[float, float]:
    """Return the exact conditional 95 % interval of the ratio of two Poisson rates (Clopper-Pearson on the share after).

    R: ``poisson.test(c(after, before), c(batches_after, batches_before))$conf.int``.
    """
    total = after + before
    low = _where(lambda share: 1 - _binomial(after - 1, total, share), _TAIL, 1) if after else 0.0
    high = _where(lambda share: 1 - _binomial(after, total, share), 1 - _TAIL, 1) if before else 1.0
    exposure = batches_before / batches_after
    return low / (1 - low) * exposure, high / (1 - high) * exposure if high < 1 else float("inf")


def _poisson(count: int, mean: float) -> float:
    """Return the probability of at most so many."""
    if mean <= 0:
        return 1.0
    return sum(exp(k * log(mean) - mean - lgamma(k + 1)) for k in range(count + 1))


def _binomial(count: int, total: int, share: float) -> float:
    return sum(comb(total, k) * share**k * (1 - share) ** (total - k) for k in range(count + 1))


def _where(rising: Callable[[float], float], level: float, highest: float) -> float:
    """Return where a rising function reaches a level, by halving."""
    low, high = 0.0, float(highest)
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < level else (low, middle)
    return (low + high) / 2
