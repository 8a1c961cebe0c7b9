"""Do figures move because people speak up? Each sentence from its intervals, hours as they were, and what pooling turns."""

from __future__ import annotations

from datetime import date
from itertools import product
from uuid import UUID, uuid4

import numpy as np
import pytest

from behavior_metrics.counting.queries import Counts
from behavior_metrics.frames.quarters import Quarter, Window
from behavior_metrics.reporting.lines import Moved, Panel, panel
from behavior_metrics.reporting.rules import Way, verdict, way
from behavior_metrics.reporting.words import MEANINGS, VERDICTS
from behavior_metrics.stats.intervals import Estimate
from behavior_metrics.stats.reporting import Detected, raise_delay, reporting_shift

FIRST = Quarter.parse("2024-Q1").index
WINDOW = Window(tuple(Quarter(FIRST + step) for step in range(9)), 8, date(2026, 2, 10))


def told(quarters: list[Counts], delays: dict[int, dict[int, int]] | None = None) -> Panel:
    return panel(quarters, delays or {}, {}, WINDOW)


def ends(before: tuple[int, int], after: tuple[int, int], batches: int = 250) -> list[Counts]:
    """Four quarters of (raised, found), four of others, and one going on that is not to be looked at."""
    quarters = [Counts(batches=batches, raised_first=r, detected=d) for r, d in (before, after) for _ in range(4)]
    return [*quarters, Counts(batches=1, raised_first=999, detected=999)]


@pytest.mark.parametrize(
    ("before", "after", "key"),
    [
        ((50, 70), (105, 24), "more_fewer"),
        ((50, 200), (105, 210), "more_not_more"),
        ((50, 5), (105, 6), "more_untold"),
        ((50, 70), (105, 140), "more_more"),
        ((50, 70), (20, 140), "fewer_more"),
        ((50, 200), (20, 190), "fewer_not_more"),
        ((50, 5), (20, 4), "fewer_untold"),
        ((2, 3), (3, 2), "untold_untold"),
    ],
)
def test_the_sentence_follows_from_both_intervals(before: tuple[int, int], after: tuple[int, int], key: str) -> None:
    moved = told(ends(before, after)).moved
    assert isinstance(moved, Moved)
    assert moved.verdict == key
    assert (moved.raised.before, moved.raised.after) == (4 * before[0], 4 * after[0])
    assert moved.batches == (1000, 1000)


def test_every_verdict_has_its_words_and_none_says_caused() -> None:
    said = [one for one in Way if one is not Way.NOT_MORE]
    assert set(VERDICTS) == {f"{one}_{other}" for one, other in product(said, Way)}
    assert set(MEANINGS) >= set(said)
    assert not any("caus" in str(words).lower() for words in (*VERDICTS.values(), *MEANINGS.values()))


def test_not_more_needs_the_rise_excluded_and_not_merely_unseen() -> None:
    unseen = Estimate(1.0, 0.4, 2.5, 20, "")
    assert way(unseen, rise_excluded_below=1.5) is Way.UNTOLD
    assert way(Estimate(1.0, 0.8, 1.49, 900, ""), rise_excluded_below=1.5) is Way.NOT_MORE
    assert way(Estimate(1.0, 0.8, 1.49, 900, "")) is Way.UNTOLD, "what was said is never called not more"


def test_the_paradox_of_the_design_is_more_said_and_less_wrong() -> None:
    shift = reporting_shift(Detected(200, 280, 1000), Detected(420, 98, 1000))
    assert verdict(shift) == "more_fewer"


def test_without_anything_recorded_or_made_it_says_why_not() -> None:
    assert "no share" in str(told([Counts(batches=5)] * 9).moved)
    assert "exposure" in str(told([Counts(raised_first=3, detected=2)] * 9).moved)
    short = panel([Counts(batches=5, raised_first=1, detected=1)], {}, {}, WINDOW.last(1))
    assert "Two quarters" in str(short.moved)
    assert told([Counts()] * 9).lines[0].raised_rate is None


def test_hours_are_the_median_with_its_interval_and_few_have_none() -> None:
    hours = {2: 5, 10: 5, 168: 1}
    found = told(ends((5, 5), (5, 5)), {FIRST: hours, FIRST + 1: {3: 5}}).lines
    listed = sorted([2] * 5 + [10] * 5 + [168])
    assert found[0].delay is not None
    assert (found[0].delay.value, found[0].delay.n) == (10, 11)
    # ranks 2 and 10 of 11: P(Bin(11, 1/2) <= 1) = .0059, <= 2 already .0327
    assert (found[0].delay.low, found[0].delay.high) == (listed[1], listed[9])
    assert found[1].delay is None
    assert found[2].delay is None


def test_the_interval_of_a_hundred_thousand_delays_is_that_of_their_ranks() -> None:
    found = raise_delay(np.arange(100_001))
    # R qbinom(.025, 100001, .5): ranks 49691 and 100001 - 49691 + 1, counted from 1
    assert (found.value, found.low, found.high) == (50_000, 49_690, 50_310)


def _sites(rates: dict[UUID, list[tuple[int, int]]]) -> dict[UUID, dict[int, Counts]]:
    return {
        site: {FIRST + at: Counts(batches=b, detected=d, raised_first=d) for at, (b, d) in enumerate(quarters)}
        for site, quarters in rates.items()
    }


def test_a_direction_that_pooling_turns_is_told_and_one_that_it_does_not_is_not() -> None:
    one, other = uuid4(), uuid4()
    # each falls; but work moves to the site whose rate is ten times as high
    turned = _sites(
        {
            one: [(200 - 20 * at, round((200 - 20 * at) * 0.05 * 0.95**at)) for at in range(8)],
            other: [(20 + 20 * at, round((20 + 20 * at) * 0.5 * 0.95**at)) for at in range(8)],
        }
    )
    found = panel([Counts(batches=9)] * 9, {}, turned, WINDOW).turned
    assert [one.outcome for one in found] == ["raised", "detected"]
    assert all(one.pooled > 1 and one.within < -1 for one in found)
    steady = _sites({site: [(100, 20 - at) for at in range(8)] for site in (one, other)})
    assert panel([Counts(batches=9)] * 9, {}, steady, WINDOW).turned == []
    flat = _sites({one: [(100, 20)] * 7 + [(100, 21)], other: [(20 + at, 2) for at in range(8)]})
    assert panel([Counts(batches=9)] * 9, {}, flat, WINDOW).turned == [], "less than one percent a quarter is none"
