"""Coaching reviews held and what recurred a quarter later, by site: counts side by side, no model of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from behavior_metrics.counting.queries import NOTHING, Counts
from behavior_metrics.frames.quarters import Quarter, Window
from behavior_metrics.programme.lines import K
from behavior_metrics.stats.intervals import Estimate, rate_interval
from behavior_metrics.stats.waiting import Quartiles, Wait, quartiles
from coaching.api import FirstReview, ProgrammeCounts


@dataclass(frozen=True, slots=True)
class DoseLine:
    """One site's quarter: reviews held in it, and what recurred in the quarter after."""

    site: UUID
    name: str
    quarter: Quarter
    #: None where fewer than five people took part: then it is not said.
    held: int | None
    batches: int
    after: Counts
    #: Whether the quarter after is over.
    after_over: bool

    @property
    def dose(self) -> float | None:
        """Reviews held per 100 batches; None where it is not said or nothing was made."""
        return None if self.held is None or not self.batches else 100 * self.held / self.batches

    @property
    def rate(self) -> Estimate | None:
        """What recurred in the quarter after, per 100 batches."""
        return rate_interval(self.after.recurrences, self.after.batches) if self.after.batches else None

    @property
    def is_point(self) -> bool:
        """Whether both can be said, and the quarter after is over."""
        return self.dose is not None and self.after.batches > 0 and self.after_over


def dose_lines(
    sites: Sequence[tuple[UUID, str]],
    held: Mapping[tuple[UUID, str], ProgrammeCounts],
    counts: Mapping[tuple[UUID, int], Counts],
    window: Window,
) -> list[DoseLine]:
    """Return the sites' quarters that are over, sites by name, oldest first."""
    closed = window.closed_quarters
    lines = []
    for site, name in sites:
        for quarter in closed:
            tally = held.get((site, str(quarter)), ProgrammeCounts()).system
            said = tally.due if tally.people >= K or not tally.due else None
            here, after = (counts.get((site, index), NOTHING) for index in (quarter.index, quarter.index + 1))
            lines.append(DoseLine(site, name, quarter, said, here.batches, after, quarter.next in closed))
    return lines


@dataclass(frozen=True, slots=True)
class WaitLine:
    """How long the triggers of one quarter took to lead to a first review; None where too few people stand behind them."""

    quarter: Quarter
    quartiles: Quartiles | None
    few: bool


def wait_lines(waits: Iterable[FirstReview], window: Window) -> list[WaitLine]:
    """Return the quarters by the day of the trigger, all the reader's sites together."""
    by_quarter: dict[Quarter, list[FirstReview]] = {quarter: [] for quarter in window.quarters}
    for wait in waits:
        if (quarter := Quarter.of(wait.proposed_on)) in by_quarter:
            by_quarter[quarter].append(wait)
    lines = []
    for quarter, found in by_quarter.items():
        few = 0 < len({wait.person_id for wait in found}) < K
        told = None if few else quartiles([Wait(wait.days, wait.is_held) for wait in found])
        lines.append(WaitLine(quarter, told, few))
    return lines
