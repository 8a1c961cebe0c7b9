"""Numbers of the pages by hand: gaps, growth, limits, delays, months, and who is drawn together."""

from __future__ import annotations

from datetime import date, timedelta
from math import comb
from uuid import uuid4

import pytest

from behavior_metrics.charts.marks import Gap
from behavior_metrics.comparability.lines import compared, spread
from behavior_metrics.frames.quarters import Quarter, Window
from behavior_metrics.frames.rated import rated
from behavior_metrics.quality.lines import median_delay, missing_months
from behavior_metrics.recurrence.lines import charted, growth
from behavior_metrics.recurrence.rules import gaps, rare
from behavior_metrics.stats.shrinkage import shared_prior

FIRST = Quarter.parse("2025-Q1")
WINDOW = Window(tuple(Quarter(FIRST.index + step) for step in range(5)), 4, date(2026, 2, 10))


def test_batches_between_two_events_are_those_started_after_the_one_and_up_to_the_other() -> None:
    made = {date(2026, 1, day): 2 for day in range(1, 11)}
    between, since = gaps([date(2026, 1, 2), date(2026, 1, 2), date(2026, 1, 5)], made)
    assert (between, since) == ([0, 6], 10)
    assert gaps([date(2025, 12, 1)], made) == ([], 20)


def test_rare_is_neither_too_few_to_draw_nor_as_often_as_a_quarter() -> None:
    assert rare({"few": 3, "rare": 4, "each quarter": 9, "often": 10}, 9) == ["rare", "each quarter"]


def test_growth_adds_the_mean_of_those_that_made_something_and_leaves_the_present_quarter_out() -> None:
    q = FIRST.index
    units = {
        "one": {q: (2, 10), q + 1: (0, 10), q + 4: (50, 10)},
        "two": {q: (0, 10), q + 1: (1, 10), q + 2: (3, 10)},
        "idle": {q: (7, 0)},
    }
    found = growth(units, WINDOW)
    assert found is not None
    assert [step.value for step in found.steps] == pytest.approx([1.0, 1.5, 4.5, 4.5])
    assert (found.at_risk, found.units) == ((2, 2, 1, 0), 2)
    assert all(0 <= step.low <= step.value <= step.high for step in found.steps)
    assert growth({"one": units["one"]}, WINDOW) is None
    assert growth({"one": {q: (0, 5)}, "two": {q: (0, 5)}}, WINDOW) is None


def test_limits_wait_for_six_quarters_with_batches_and_a_quarter_without_has_none() -> None:
    few = charted([1, 2, 1, 0, 1], [50] * 5)
    assert (few.limits, few.centre) == ((), None)
    enough = charted([1, 2, 1, 0, 1, 2, 30], [50, 50, 50, 0, 50, 50, 50])
    assert enough.centre == pytest.approx(100 * 37 / 300)
    assert enough.readings[3] is Gap.NO_EXPOSURE
    assert not enough.outside(3)
    assert all(low <= enough.centre <= high for at, (low, high) in enumerate(enough.limits) if at != 3)


@pytest.mark.parametrize("n", [10, 11, 25, 200])
def test_the_median_of_hours_has_the_interval_of_its_order_statistics(n: int) -> None:
    found = median_delay(dict.fromkeys(range(1, n + 1), 1))
    assert found is not None
    assert found.median == (n + 1) // 2
    left_out = found.low - 1
    tail = sum(comb(n, k) for k in range(left_out + 1)) / 2**n
    assert tail <= 0.025 < tail + comb(n, left_out + 1) / 2**n, "one more left out would be too many"
    assert found.high == n - left_out


def test_below_ten_records_no_median_is_said() -> None:
    assert median_delay({3: 9}) is None
    told = median_delay({0: 5, 168: 5})
    assert told is not None
    assert (told.low, told.high) == (0, 168)


def test_a_month_is_missing_from_the_first_batch_on_and_all_are_where_none_was_ever_made() -> None:
    one, never, idle = uuid4(), uuid4(), uuid4()
    start = 2026 * 12
    found = missing_months({one: [start + 1, start + 3], never: [], idle: []}, {one: start, never: start}, start + 4)
    assert [(m.site, m.words) for m in found] == [
        (one, "2026-03"), (one, "2026-05"),
        *((never, f"2026-0{month}") for month in range(1, 6)),
    ]  # fmt: skip
    assert (found[0].first_day, found[0].last_day) == (date(2026, 3, 1), date(2026, 4, 1) - timedelta(days=1))


def test_a_site_is_told_once_five_would_be_expected_of_what_it_made() -> None:
    sites = rated([("large", 30, 300, uuid4()), ("small", 0, 10, uuid4()), ("idle", 0, 0, uuid4())])
    assert [one.told for one in sites] == [True, False, False]
    assert sites[1].needed == 52, "5 / (30 / 310)"
    assert sites[2].rate is None
    assert rated([("none", 0, 9, None)])[0].needed is None


def test_the_funnel_needs_three_sites_and_draws_the_small_one_most() -> None:
    sites = rated([(name, events, made, uuid4()) for name, events, made in (
        ("A", 30, 300), ("B", 20, 300), ("C", 4, 12), ("D", 55, 290), ("idle", 0, 0),
    )])  # fmt: skip
    found = spread(sites)
    assert found is not None
    assert [one.name for one in found.rated] == ["A", "B", "C", "D"]
    raw = [100 * one.events / one.batches for one in found.rated]
    pull = [abs(found.shrunken(at).value - raw[at]) for at in range(4)]
    assert max(pull) == pull[2]
    assert spread(sites[:2]) is None
    assert spread(rated([("A", 0, 9, None), ("B", 0, 9, None), ("C", 0, 9, None)])) is None


def test_sites_that_differ_by_chance_alone_get_the_rate_of_all_with_its_doubt_and_a_tiny_one_is_never_outside() -> None:
    sites = rated([(name, 17, 48, uuid4()) for name in "ABCD"] + [("tiny", 0, 3, uuid4())])
    found = spread(sites)
    assert found is not None
    assert found.indistinct
    drawn = found.shrunken(0)
    assert (drawn.value, drawn.n) == (pytest.approx(100 * 68 / 195), 68)
    assert drawn.high - drawn.low > 10
    assert abs(found.z[4]) > 1.96
    assert not found.outside(4)


def test_a_site_is_compared_with_all_the_others_and_never_with_itself_among_them() -> None:
    sites = rated([(name, 100, 1000, uuid4()) for name in "ABC"])
    pair = compared(sites[0], None, sites)
    assert (pair.other.events, pair.other.batches, pair.reading) == (200, 2000, "alike")
    assert compared(sites[0], rated([("idle", 0, 0, None)])[0], sites).reading == "refused"


def test_the_prior_is_the_likeliest_by_search() -> None:
    from math import lgamma, log

    y, area = [3, 0, 9, 4, 1, 12], [40.0, 12.0, 55.0, 60.0, 9.0, 50.0]

    def likelihood(mean: float, shape: float) -> float:
        return sum(
            lgamma(n + shape)
            - lgamma(shape)
            + shape * log(shape / (shape + mean * e))
            + n * log(mean * e / (shape + mean * e))
            for n, e in zip(y, area, strict=True)
        )

    found = shared_prior(y, area)
    best = likelihood(found.mean, found.shape)
    for mean in (0.99, 1, 1.01):
        for shape in (0.98, 1, 1.02):
            assert likelihood(found.mean * mean, found.shape * shape) <= best + 1e-12
