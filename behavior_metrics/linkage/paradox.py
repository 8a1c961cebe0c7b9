"""The reporting paradox in the network's own numbers: what was raised and what was found, at both ends of the window.

Records alone mislead: where people begin to speak up, more is recorded while less goes wrong. So what a team raised first
and the recurrences that were detected independently are counted apart, per 100 batches, in the first and in the last four
closed quarters.
Nothing here is a verdict: no team is marked, and none is put before another.
"""

from __future__ import annotations

from dataclasses import dataclass

from behavior_metrics.stats.intervals import Estimate, RateRatio, rate_interval, rate_ratio

#: Quarters at each end that are compared.
END = 4


@dataclass(frozen=True, slots=True)
class Ends:
    """Events and batches at the beginning and at the end."""

    before: int
    batches_before: int
    after: int
    batches_after: int

    @property
    def rates(self) -> tuple[Estimate | None, Estimate | None]:
        """Events per 100 batches at both ends; None without batches."""
        return (
            rate_interval(self.before, self.batches_before) if self.batches_before else None,
            rate_interval(self.after, self.batches_after) if self.batches_after else None,
        )

    @property
    def ratio(self) -> RateRatio | None:
        """Later rate over earlier, None where either has no batches or nothing happened at all."""
        if not (self.batches_before and self.batches_after and self.before + self.after):
            return None
        return rate_ratio(self.before, self.batches_before, self.after, self.batches_after)


@dataclass(frozen=True, slots=True)
class Paradox:
    """What was raised by the team first, what came back and was detected independently, and what was recorded at all."""

    raised: Ends
    recurred: Ends
    recorded: Ends

    @property
    def pattern(self) -> str:
        """What moved: ``more_less`` reports more and recurs less, by the rates alone; ``unknown`` where one cannot be had.

        ``unmoved`` where both intervals hold 1: then nothing is said of a direction.
        """
        said, found = self.raised.ratio, self.recurred.ratio
        if said is None or found is None:
            return "unknown"
        if all(one.estimate.low <= 1 <= one.estimate.high for one in (said, found)):
            return "unmoved"
        return f"{_way(said)}_{_way(found)}"


def paradox(before: tuple[int, int, int, int], after: tuple[int, int, int, int]) -> Paradox:
    """Compare (batches, raised first, independent recurrences, recorded) of both ends."""
    return Paradox(*(Ends(before[place], before[0], after[place], after[0]) for place in (1, 2, 3)))


def _way(ratio: RateRatio) -> str:
    return "more" if ratio.estimate.value > 1 else "less"
