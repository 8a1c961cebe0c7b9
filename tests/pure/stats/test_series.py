"""Curves, control charts, shrinkage, reliability and sensitivity on examples small enough to work by hand."""

import subprocess
import sys

import numpy as np
import pytest

from behavior_metrics.stats.control_charts import cusum, funnel, gap_limits, rate_limits
from behavior_metrics.stats.recurrent import mean_cumulative_count, time_to_first
from behavior_metrics.stats.reliability import agreement, cronbach_alpha
from behavior_metrics.stats.sensitivity import adjust, e_value
from behavior_metrics.stats.shrinkage import shrunken_rates


def test_share_without_recurrence_falls_at_each_event_and_not_when_observation_ends() -> None:
    # 4 index events: recurrence at 10 and 30, observation ended at 20 and 40: 3/4, then 3/4 of 1/2.
    found = time_to_first([10, 20, 30, 40], [1, 0, 1, 0])
    assert list(found.time) == [10, 30]
    assert list(found.share) == pytest.approx([0.75, 0.375])
    # Greenwood: .75 sqrt(1 / (4 * 3)), .375 sqrt(1/12 + 1/2)
    assert list(found.se) == pytest.approx([0.75 / 12**0.5, 0.375 * (7 / 12) ** 0.5])


def test_limits_end_where_nobody_is_left() -> None:
    assert np.isnan(time_to_first([5, 9], [1, 1]).low[-1])


def test_two_events_on_one_day_count_twice() -> None:
    found = mean_cumulative_count([1, 2], [0, 0], [10, 10], [2, 0])
    assert list(found.mean) == [1.0]
    # Each unit differs from the mean by one event: (1 - 0)^2 / 4 twice.
    assert list(found.variance) == pytest.approx([0.5])


def test_a_unit_that_joins_late_is_not_at_risk_before() -> None:
    found = mean_cumulative_count([1, 2], [0, 15], [10, 30], [1, 1])
    assert list(found.at_risk) == [1, 1]
    assert list(found.mean) == [1.0, 2.0]


def test_limits_of_a_rate_widen_where_little_was_made() -> None:
    # 12 in 120: centre .1, 3-sigma .1 +- 3 sqrt(.1 / n)
    found = rate_limits([4, 6, 2], [40, 60, 20])
    assert found.centre == pytest.approx(0.1)
    assert list(found.high) == pytest.approx([0.1 + 3 * (0.1 / n) ** 0.5 for n in (40, 60, 20)])
    assert list(found.low) == [0, 0, 0]


def test_gaps_count_from_zero() -> None:
    assert gap_limits([8, 10, 12]).high == pytest.approx(10 + 3 * 110**0.5)


def test_cusum_restarts_at_nought_and_climbs_with_a_raised_rate() -> None:
    quiet_then_raised = cusum([0, 0, 3, 3], [10, 10, 10, 10], 0.1, 0.2)
    assert list(quiet_then_raised[:2]) == [0, 0]
    assert quiet_then_raised[3] == pytest.approx(2 * (3 * np.log(2) - 1))


def test_sites_that_differ_by_chance_alone_have_no_variance_between() -> None:
    assert funnel([10, 11, 9, 10], [10, 10, 10, 10]).tau2 == 0


def test_a_small_site_is_drawn_to_the_network_more_than_a_large_one() -> None:
    found = shrunken_rates([6, 60, 2, 15, 9, 30], [20, 200, 40, 100, 100, 100])
    small, large = found.rates[:2]
    assert small.low < small.value < small.high
    assert abs(small.value - found.mean) < abs(large.value - found.mean) < abs(0.3 - found.mean)


def test_shrinkage_needs_an_event() -> None:
    with pytest.raises(ValueError, match="at least one event"):
        shrunken_rates([0, 0], [10, 10])


def test_items_that_say_the_same_have_an_alpha_of_one() -> None:
    assert cronbach_alpha([[1, 1], [2, 2], [4, 4], [5, 5]]).value == pytest.approx(1)


def test_a_team_of_one_has_no_agreement() -> None:
    found = agreement([[4, 5], [5, 5], [2, 1], [1, 1], [3, 3]], ["a", "a", "b", "b", "c"], 5)
    assert set(found.rwgj) == {"a", "b"}
    # Mean item variance .25 against (25 - 1) / 12 = 2: 2 (1 - 1/8) / (2 (1 - 1/8) + 1/8)
    assert found.rwgj["a"] == pytest.approx(1.75 / 1.875)


def test_many_tests_on_one_page_are_adjusted_in_the_order_given() -> None:
    # R p.adjust of these three by "BH" and by "holm"
    assert list(adjust([0.04, 0.01, 0.03], "bh")) == pytest.approx([0.04, 0.03, 0.04])
    assert list(adjust([0.04, 0.01, 0.03], "holm")) == pytest.approx([0.06, 0.03, 0.06])


def test_a_hidden_confounder_must_be_this_strong() -> None:
    # 1 / .7 + sqrt(1 / .7 (1 / .7 - 1)) = 2.211; for the limit .9, 1.462
    assert e_value(0.7, 0.55, 0.9) == pytest.approx((2.211, 1.462), abs=0.001)
    assert e_value(1.2, 0.9, 1.6)[1] == 1.0


def test_a_web_worker_starts_without_scipy_or_pandas() -> None:
    code = (
        "import sys, pkgutil, importlib, behavior_metrics.stats as stats, behavior_metrics.charts as charts\n"
        "for package in (stats, charts):\n"
        "    for module in pkgutil.iter_modules(package.__path__):\n"
        "        importlib.import_module(f'{package.__name__}.{module.name}')\n"
        "print([name for name in ('scipy', 'pandas', 'flask', 'sqlalchemy') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
