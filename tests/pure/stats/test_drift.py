"""Charts that find small shifts, at the rate of false alarms they promise; limits that stand still."""

from datetime import date

import numpy as np
import pytest

from behavior_metrics.stats.control_charts import cusum, funnel, funnel_limits, gap_limits, rate_limits, share_limits
from behavior_metrics.stats.drift import (
    cusum_arl,
    cusum_threshold,
    ewma,
    ewma_arl,
    poisson_cusum_arl,
    poisson_cusum_threshold,
    runs,
)
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.phases import Caution, Chart, FrozenLimits, cautions, freeze, renew

QUIET = date(2025, 1, 1), date(2025, 12, 31)
EVENTS, BATCHES = np.tile([6, 4, 9, 5, 7, 8], 4), np.tile([100, 90, 110, 100, 95, 105], 4)


def test_limits_of_a_share_are_those_of_r() -> None:
    # In R, pb being sum(x)/sum(n): pb + 3 sqrt(pb (1-pb)/n) and mean(abs(diff((x/n - pb)/sqrt(pb (1-pb)/n))))/1.128
    found = share_limits([4, 6, 2, 9, 5], [50, 60, 40, 80, 55])
    assert list(found.high) == pytest.approx([0.2133878, 0.2027441, 0.2278068, 0.1878038, 0.2077028], abs=1e-7)
    assert found.sigma_z == pytest.approx(0.8618502, abs=1e-7)
    assert list(found.high_prime - found.centre) == pytest.approx(
        list(0.8618502 * (found.high - found.centre)), rel=1e-6
    )


def test_lower_limits_are_widened_as_the_upper_ones_are() -> None:
    found = rate_limits([400, 460, 380, 450], [1000, 1000, 1000, 1000])
    assert list(found.centre - found.low_prime) == pytest.approx(list(found.sigma_z * (found.centre - found.low)))
    assert list(found.high_prime - found.centre) == pytest.approx(list(found.centre - found.low_prime))
    assert found.sigma_z > 2


def test_a_share_stays_between_nought_and_one() -> None:
    found = share_limits([1, 2, 4], [5, 3, 4])
    assert (found.low.min(), found.high.max()) == (0, 1)


def test_gaps_between_rare_events_have_limits_of_probability() -> None:
    # In R: qgeom(c(.00135, .99865), 1/11)
    found = gap_limits([8, 10, 12])
    assert (found.probable_low, found.probable_high) == (0, 69)


def test_three_gaps_of_nought_on_end_are_worse_than_chance() -> None:
    # Mean 4 of ten gaps: an event per five batches, .2^4 = .0016 and .2^5 = .0003 against .00135
    gaps = [10, 0, 8, 9, 13, 0, 0, 0, 0, 0]
    found = gap_limits(gaps)
    assert (found.mean, found.zero_run, found.zero_runs) == (4, 5, (9,))
    assert gap_limits([10, 0, 0, 9, 13, 0, 0, 0, 8, 0]).zero_runs == ()


def test_one_sided_cusum_runs_as_long_as_in_r() -> None:
    # spc::xcusum.arl(.5, 4, 0), spc::xcusum.arl(.5, 5, 0), spc::xcusum.crit(.5, 370)
    assert [cusum_arl(4), cusum_arl(5)] == pytest.approx([335.37, 930.89], abs=0.01)
    assert cusum_threshold(370) == pytest.approx(4.0955, abs=1e-4)


def test_ewma_runs_as_long_as_in_r() -> None:
    # spc::xewma.crit(.2, 370, sided = "two") = 2.859
    assert ewma_arl(2.859) == pytest.approx(370, abs=0.5)
    # Weight 1 is Shewhart's chart: 1 / (2 pnorm(-3))
    assert ewma_arl(3, weight=1) == pytest.approx(370.3983, abs=0.01)


def test_limits_of_an_ewma_open_over_time() -> None:
    found = ewma([4, 4, 12, 9], [100, 100, 100, 100], 0.04, weight=0.2, width=3)
    # z: 0, 0, 4, 2.5; E: 0, 0, .8, 1.14
    assert list(found.value) == pytest.approx([0, 0, 0.8, 1.14])
    assert list(found.limit) == pytest.approx([3 * (0.2 / 1.8 * (1 - 0.8 ** (2 * i))) ** 0.5 for i in (1, 2, 3, 4)])
    assert found.signals == (3,)


def test_a_threshold_cries_wolf_as_seldom_as_it_promises() -> None:
    threshold = poisson_cusum_threshold(0.04, 0.065, 100, arl=100)
    chance = np.random.default_rng(4)
    alarms = [
        np.argmax(evidence > threshold) + 1
        for _ in range(2000)
        if (evidence := cusum(chance.poisson(4, 1500), np.full(1500, 100), 0.04, 0.065)).max() > threshold
    ]
    assert len(alarms) == 2000
    # Standard error about 2: a run's length is spread like its mean.
    assert np.mean(alarms) == pytest.approx(poisson_cusum_arl(threshold, 0.04, 0.065, 100), abs=8)
    assert poisson_cusum_arl(threshold, 0.04, 0.065, 100) >= 100


def test_runs_about_the_median() -> None:
    # Twelve low then twelve high: one run of twelve, one crossing; round(log2(24) + 3) = 8, qbinom(.05, 23, .5) = 8
    shifted = runs(np.concatenate([np.arange(12), 100 + np.arange(12)]))
    assert (shifted.useful, shifted.longest, shifted.longest_limit) == (24, 12, 8)
    assert (shifted.crossings, shifted.fewest_crossings, shifted.signal) == (1, 8, True)
    # Four runs of six: none too long, but three crossings where chance brings eight.
    in_blocks = runs(np.repeat([1.0, 9, 2, 8], 6))
    assert (in_blocks.longest, in_blocks.crossings, in_blocks.signal) == (6, 3, True)
    steady = runs(np.tile([1, 3, 2, 4, 4, 1], 4))
    assert steady.signal is False


def test_points_on_the_median_neither_end_a_run_nor_count() -> None:
    found = runs([1, 1, 1, 1, 1, 1, 5, 5, 5, 9, 9, 9, 9, 9, 9])
    assert (found.median, found.useful, found.longest, found.crossings) == (5, 12, 6, 1)


def test_exact_limits_of_a_funnel() -> None:
    # In R: qgamma(.025, 12.5)/12.5 and qgamma(.975, 13.5)/12.5; .001 and .999
    for level, expected in ((0.95, (0.524788800998, 1.72778043865)), (0.998, (0.345973745135, 2.21904080823))):
        low, high = funnel_limits([12.5], level=level)
        assert (low[0], high[0]) == pytest.approx(expected, abs=1e-9)


def test_frozen_limits_do_not_follow_the_drift() -> None:
    limits = freeze(EVENTS, BATCHES, chart=Chart.RATE, start=QUIET[0], end=QUIET[1])
    assert (limits.version, limits.points, limits.cautions) == (
        1,
        24,
        (Caution.FEW_EXPECTED,) if 90 * 0.065 < 5 else (),
    )
    assert limits.centre == pytest.approx(EVENTS.sum() / BATCHES.sum())
    drifted = [7, 12, 17, 16, 18]
    assert limits.signals(drifted, [100] * 5) == (2, 3, 4)
    # Limits computed anew with every point follow a drift that goes on, until nothing lies outside them.
    anew = rate_limits([*EVENTS, *drifted, *drifted, *drifted], [*BATCHES, *[100] * 15])
    assert max(drifted) / 100 < float(anew.high[-1])


def test_a_renewed_stretch_is_the_next_version_and_the_old_one_stays() -> None:
    first = freeze(EVENTS, BATCHES, chart=Chart.RATE_LANEY, start=QUIET[0], end=QUIET[1])
    second = renew(first, EVENTS * 2, BATCHES, start=date(2026, 1, 1), end=date(2026, 6, 30))
    assert (first.version, second.version, second.chart) == (1, 2, Chart.RATE_LANEY)
    assert second.centre == pytest.approx(2 * first.centre)
    low, high = first.bounds([100])
    wide = 3 * first.sigma_z * (first.centre / 100) ** 0.5
    assert (low[0], high[0]) == pytest.approx((max(first.centre - wide, 0), first.centre + wide))


def test_frozen_limits_of_a_share_are_those_of_the_chart() -> None:
    limits = freeze([4, 6, 2, 9, 5], [50, 60, 40, 80, 55], chart=Chart.SHARE, start=QUIET[0], end=QUIET[1])
    chart = share_limits([4, 6, 2, 9, 5], [50, 60, 40, 80, 55])
    low, high = limits.bounds([50, 60, 40, 80, 55])
    assert (list(low), list(high)) == (pytest.approx(list(chart.low)), pytest.approx(list(chart.high)))


@pytest.mark.parametrize(
    ("periods", "exposure", "centre", "share", "expected"),
    [
        (20, 100, 0.05, False, ()),
        (19, 100, 0.05, False, (Caution.FEW_POINTS,)),
        (20, 99, 0.05, False, (Caution.FEW_EXPECTED,)),
        (20, 100, 0.95, False, ()),
        (20, 99, 0.95, True, (Caution.FEW_EXPECTED,)),
        (5, 10, 0.05, False, (Caution.FEW_POINTS, Caution.FEW_EXPECTED)),
    ],
)
def test_doubtful_limits_say_so(
    periods: int, exposure: int, centre: float, *, share: bool, expected: tuple[Caution, ...]
) -> None:
    assert cautions([exposure] * periods, centre, share=share) == expected


LIMITS = FrozenLimits(Chart.RATE, 1, *QUIET, 24, 0.06, 1.0, ())
REFUSED = {
    "rate: no event": lambda: rate_limits([0, 0], [9, 9]),
    "rate: no exposure": lambda: rate_limits([1, 2], [9, 0]),
    "rate: exposure missing": lambda: rate_limits([1, 2], [9, np.nan]),
    "rate: exposure below nought": lambda: rate_limits([1, 2], [9, -4]),
    "rate: exposure beyond reason": lambda: rate_limits([1, 2], [9, 1e9]),
    "rate: part of an event": lambda: rate_limits([1.5, 2], [9, 9]),
    "rate: count below nought": lambda: rate_limits([-1, 2], [9, 9]),
    "rate: columns differ": lambda: rate_limits([1, 2, 3], [9, 9]),
    "rate: nothing": lambda: rate_limits([], []),
    "share: more than all": lambda: share_limits([6, 2], [5, 5]),
    "share: all": lambda: share_limits([5, 5], [5, 5]),
    "share: none": lambda: share_limits([0, 0], [5, 5]),
    "gap: below nought": lambda: gap_limits([3, -1]),
    "gap: nothing but nought": lambda: gap_limits([0, 0, 0]),
    "gap: none": lambda: gap_limits([]),
    "cusum: same rate": lambda: cusum([1], [9], 0.1, 0.1),
    "cusum: no rate": lambda: cusum([1], [9], 0, 0.1),
    "funnel: one site": lambda: funnel([3], [4]),
    "funnel: nothing expected": lambda: funnel([3, 2], [4, 0]),
    "funnel: sites without events on the log scale": lambda: funnel([0, 0, 3, 5], [2, 2, 3, 5], "SHMI"),
    "ewma: no rate": lambda: ewma([1], [9], 0),
    "ewma: weight": lambda: ewma([1], [9], 0.1, weight=0),
    "arl: threshold": lambda: cusum_arl(0),
    "arl: weight": lambda: ewma_arl(3, weight=2),
    "arl: too long": lambda: cusum_threshold(1e7),
    "arl: lowered rate": lambda: poisson_cusum_arl(3, 0.05, 0.04, 100),
    "runs: too few": lambda: runs([1, 2, 3]),
    "runs: constant": lambda: runs([4.0] * 30),
    "runs: missing": lambda: runs([1.0, np.nan, *range(20)]),
    "freeze: backwards": lambda: freeze(EVENTS, BATCHES, chart=Chart.RATE, start=QUIET[1], end=QUIET[0]),
    "freeze: one period": lambda: freeze([4], [90], chart=Chart.RATE, start=QUIET[0], end=QUIET[1]),
    "freeze: too alike": lambda: freeze([4, 4], [90, 90], chart=Chart.RATE_LANEY, start=QUIET[0], end=QUIET[1]),
    "bounds: no exposure": lambda: LIMITS.bounds([0]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_no_chart_is_drawn_of(case: str) -> None:
    with pytest.raises(NoEstimate, match=r"^Not estimable "):
        REFUSED[case]()
