"""What was raised and what was found, apart, by quarter: rates, shares, hours until it was raised, and what pooling turns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import expm1
from uuid import UUID

from behavior_metrics.accountability.shares import Share
from behavior_metrics.counting.queries import NOTHING, Counts
from behavior_metrics.frames.quarters import Quarter, Window
from behavior_metrics.reporting.rules import verdict
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.intervals import Estimate, RateRatio

#: Quarters at each end that are compared.
END = 4
#: Percent a quarter below which a direction is none: noise would turn one of two such slopes every second time.
LEAST_PERCENT = 1.0


@dataclass(frozen=True, slots=True)
class QuarterLine:
    """One quarter: raised by the team first, found independently, and how long the former took to be recorded."""

    quarter: Quarter
    is_over: bool
    batches: int
    raised: int
    detected: int
    #: Per 100 batches; None without batches.
    raised_rate: Estimate | None
    detected_rate: Estimate | None
    #: Median of whole hours, cut off at a week; None below six.
    delay: Estimate | None

    @property
    def share(self) -> Share:
        """What was raised, of what was raised or found independently."""
        return Share.of(self.raised, self.raised + self.detected)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One of the two at both ends: counts, batches, and the later rate over the earlier."""

    before: int
    after: int
    ratio: RateRatio


@dataclass(frozen=True, slots=True)
class Moved:
    """Whether reporting moved between the first and the last four quarters that are over."""

    first: tuple[Quarter, Quarter]
    last: tuple[Quarter, Quarter]
    batches: tuple[int, int]
    raised: Outcome
    detected: Outcome
    #: Points by which the share of what was raised moved, and a word of ``stats.reporting.Reporting``.
    points: float
    reporting: str
    #: Key of the sentence.
    verdict: str


@dataclass(frozen=True, slots=True)
class Turned:
    """A direction that throwing sites together turns round: percent a quarter, together and within sites."""

    outcome: str
    pooled: float
    within: float


@dataclass(frozen=True, slots=True)
class Panel:
    """Everything that is said of reporting; `moved` is a sentence where it cannot be told."""

    lines: Sequence[QuarterLine]
    moved: Moved | str
    turned: Sequence[Turned]


def panel(
    quarters: Sequence[Counts],
    delays: Mapping[int, Mapping[int, int]],
    by_site: Mapping[UUID, Mapping[int, Counts]],
    window: Window,
) -> Panel:
    """Return the panel of one site or of all: counts by quarter, hours (quarter -> hours -> how many), and sites apart."""
    lines = [
        _line(quarter, counts, delays.get(quarter.index, {}), is_over=place < window.closed)
        for place, (quarter, counts) in enumerate(zip(window.quarters, quarters, strict=True))
    ]
    return Panel(lines, _moved(lines[: window.closed]), _turned(by_site, window))


def _line(quarter: Quarter, counts: Counts, hours: Mapping[int, int], *, is_over: bool) -> QuarterLine:
    from behavior_metrics.stats.reporting import Detected, rates_apart  # noqa: PLC0415 - numpy comes with the page

    raised, detected = counts.raised_first, counts.detected
    rates = rates_apart(Detected(raised, detected, counts.batches)) if counts.batches else None
    return QuarterLine(
        quarter,
        is_over,
        counts.batches,
        raised,
        detected,
        rates.self_reported if rates else None,
        rates.independent if rates else None,
        _delay(hours),
    )


def _delay(hours: Mapping[int, int]) -> Estimate | None:
    import numpy as np  # noqa: PLC0415 - comes with the page

    from behavior_metrics.stats.reporting import raise_delay  # noqa: PLC0415 - the same

    try:
        return raise_delay(np.repeat(list(hours), list(hours.values()))) if hours else None
    except NoEstimate:
        return None


def _moved(closed: Sequence[QuarterLine]) -> Moved | str:
    """Compare the first and the last four quarters with batches' worth of rates; they may not overlap."""
    from behavior_metrics.stats.reporting import Detected, reporting_shift  # noqa: PLC0415 - numpy comes with the page

    end = min(END, len(closed) // 2)
    if not end:
        return "Two quarters that are over are needed before anything can be compared."
    ends = closed[:end], closed[-end:]
    before, after = (
        Detected(
            sum(line.raised for line in lines),
            sum(line.detected for line in lines),
            sum(line.batches for line in lines),
        )
        for lines in ends
    )
    try:
        shift = reporting_shift(before, after)
    except NoEstimate as reason:
        return str(reason)
    first, last = ((lines[0].quarter, lines[-1].quarter) for lines in ends)
    return Moved(
        first,
        last,
        (int(before.exposure), int(after.exposure)),
        Outcome(before.self_reported, after.self_reported, shift.self_reported),
        Outcome(before.independent, after.independent, shift.independent),
        shift.points,
        str(shift.reporting),
        verdict(shift),
    )


def _turned(by_site: Mapping[UUID, Mapping[int, Counts]], window: Window) -> list[Turned]:
    """Return the outcomes whose direction over the quarters is another within sites than over all of them together."""
    from behavior_metrics.stats.reporting import simpson_guard  # noqa: PLC0415 - numpy comes with the page

    rows = [
        (str(site), quarter.index, counts)
        for site, quarters in by_site.items()
        for quarter in window.closed_quarters
        if (counts := quarters.get(quarter.index, NOTHING)).batches
    ]
    found = []
    for outcome, figure in (("raised", "raised_first"), ("detected", "detected")):
        try:
            ways = simpson_guard(
                [getattr(counts, figure) for _, _, counts in rows],
                [counts.batches for _, _, counts in rows],
                [index for _, index, _ in rows],
                [site for site, _, _ in rows],
            )
        except NoEstimate:
            continue
        pooled, within = (100 * expm1(slope) for slope in (ways.pooled, ways.within))
        if ways.reverses and min(abs(pooled), abs(within)) >= LEAST_PERCENT:
            found.append(Turned(outcome, pooled, within))
    return found
