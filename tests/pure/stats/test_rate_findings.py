"""Two rates compared exactly, what it would take to tell, and the sentences that may be said."""

import subprocess
import sys
from math import exp, inf
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from behavior_metrics.stats.exact_rates import two_rates
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.intervals import rate_interval, rate_ratio
from behavior_metrics.stats.power import (
    clusters_for_ratio,
    detectable_ratio,
    exposure_for_ratio,
    smallest_ratio,
)
from behavior_metrics.stats.rate_findings import BeforeStart, Needs, Refusal, clusters_needed, effect_of

ROOT = Path(__file__).resolve().parents[3]


def test_what_pages_show_of_it_brings_neither_numpy_nor_scipy() -> None:
    script = "import sys, behavior_metrics.stats.exact_rates; print({'numpy', 'scipy', 'pandas'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert ran.stdout.strip() == "set()"


class TestTwoRates:
    def test_nine_in_52_then_three_in_41_is_not_demonstrable(self) -> None:
        # R: poisson.test(c(3, 9), c(41, 52), alternative = "less" and "greater")$p.value
        found = two_rates(9, 52, 3, 41)
        assert (found.p_lower, found.p_higher) == pytest.approx((0.148777336412, 0.951917908154), rel=1e-9)
        assert found.ratio.value == pytest.approx(0.4227642, abs=1e-7)
        assert found.verdict == "not_demonstrable"
        assert "No change can be demonstrated (ratio 0.42" in found.answer
        assert "one-sided p 0.15" in found.answer
        # By hand: 2.801585^2 (1 + 1 / .4227642) / (9 / 52 log(.4227642)^2) = 206
        assert "there would have to be 206 batches or hours in each period; there are 41" in found.answer

    def test_four_in_eighty_is_lower_by_the_one_sided_test(self) -> None:
        assert two_rates(9, 52, 4, 80).verdict == "lower"
        assert two_rates(9, 52, 5, 80).verdict == "not_demonstrable"
        assert two_rates(4, 80, 9, 52).verdict == "higher"

    @pytest.mark.parametrize(("before", "after"), [(9, 3), (12, 3), (12, 4), (20, 6), (3, 14), (5, 5), (0, 4), (7, 0)])
    def test_the_two_sided_p_and_the_interval_never_contradict_each_other(self, before: int, after: int) -> None:
        found = two_rates(before, 50, after, 50)
        assert (found.p < 0.05) == (not found.ratio.low <= 1 <= found.ratio.high)

    def test_swapping_the_periods_mirrors_everything(self) -> None:
        one, other = two_rates(9, 52, 3, 41), two_rates(3, 41, 9, 52)
        assert one.ratio.low == pytest.approx(1 / other.ratio.high)
        assert (one.p_lower, one.p) == pytest.approx((other.p_higher, other.p))

    def test_no_event_in_sixty_batches_still_allows_six_per_hundred(self) -> None:
        assert rate_interval(0, 60).high == pytest.approx(6.148132, abs=1e-6)

    @pytest.mark.parametrize("exposure", [0.0, -1.0, float("nan"), inf, 1e9])
    def test_exposure_that_is_none_is_refused(self, exposure: float) -> None:
        with pytest.raises(NoEstimate, match="Not estimable because the exposure"):
            two_rates(3, exposure, 2, 40)
        with pytest.raises(NoEstimate, match="Not estimable because the exposure"):
            rate_interval(3, exposure)
        with pytest.raises(NoEstimate, match="Not estimable because the exposure"):
            rate_ratio(3, 40, 2, exposure)

    @pytest.mark.parametrize("events", [-1, 2.5, float("nan")])
    def test_a_broken_count_is_refused(self, events: float) -> None:
        with pytest.raises(NoEstimate, match="Not estimable because a count"):
            two_rates(3, 40, events, 40)  # type: ignore[arg-type]
        with pytest.raises(NoEstimate, match="Not estimable because a count"):
            rate_interval(events, 40)  # type: ignore[arg-type]

    def test_nothing_in_either_period_is_refused(self) -> None:
        with pytest.raises(NoEstimate, match="no event happened in either period"):
            two_rates(0, 52, 0, 41)


@pytest.mark.parametrize(("coef", "error"), [(0.2, 0.0), (0.2, float("nan")), (800.0, 0.1), (-0.2, 900.0)])
def test_an_effect_that_no_number_holds_is_refused(coef: float, error: float) -> None:
    with pytest.raises(NoEstimate, match=r"Not estimable because the (error|ratio) of climate"):
        effect_of("climate", coef, error, 11, 96, "")


class TestWhatItTakes:
    def test_the_ratio_that_two_periods_could_show_solves_its_formula(self) -> None:
        ratio = detectable_ratio(0.2, 400, 300)
        assert ratio is not None
        spread = (1 / 80 + 1 / (ratio * 60)) ** 0.5
        assert -np.log(ratio) == pytest.approx((1.959964 + 0.841621) * spread, rel=1e-5)

    def test_that_ratio_is_found_about_eight_times_in_ten(self) -> None:
        ratio = detectable_ratio(0.2, 1000, 1000) or 1.0
        rng = np.random.default_rng(3)
        before, after = rng.poisson(200, 400), rng.poisson(200 * ratio, 400)
        found = [two_rates(int(b), 1000, int(a), 1000).p < 0.05 for b, a in zip(before, after, strict=True)]
        assert np.mean(found) == pytest.approx(0.8, abs=0.07)

    def test_too_few_batches_would_show_no_fall_at_all(self) -> None:
        assert detectable_ratio(0.1, 20, 20) is None
        assert "Usually seen in periods of this length is no fall" in two_rates(2, 20, 1, 20).answer

    def test_two_periods_of_that_length_show_the_ratio(self) -> None:
        each = exposure_for_ratio(0.2, 0.6)
        assert detectable_ratio(0.2, each, each) == pytest.approx(0.6, rel=1e-9)

    def test_counts_that_vary_more_need_more(self) -> None:
        plain, wild = exposure_for_ratio(0.2, 0.7), exposure_for_ratio(0.2, 0.7, dispersion=2)
        assert wild == pytest.approx(2 * plain)

    def test_how_many_sites_a_ratio_takes_is_the_first_number_that_shows_it(self) -> None:
        count = clusters_for_ratio(0.2, 12, 0.7)
        assert count is not None
        assert smallest_ratio(0.2 * (12 / count) ** 0.5, count - 1) >= 0.7
        assert smallest_ratio(0.2 * (12 / (count - 1)) ** 0.5, count - 2) < 0.7
        assert clusters_for_ratio(0.2, 12, 1 / 0.7) == count

    def test_a_ratio_next_to_one_takes_more_sites_than_there_are(self) -> None:
        assert clusters_for_ratio(1.0, 8, 0.999) is None
        assert "no number of sites" in clusters_needed(effect_of("climate", 0, 1.0, 7, 30, "m"), sought=0.999).answer

    def test_the_gate_says_how_many_there_would_have_to_be(self) -> None:
        needs = clusters_needed(effect_of("climate", -0.1, 0.2, 11, 96, "m"))
        assert not needs.met
        assert needs.answer == (
            f"Cannot tell yet: to find a rate ratio of 0.7 with 80 % power there would have to be {needs.need:,.0f} "
            "sites; there are 12."
        )
        assert Needs("sites", 40, 12, 0.7).answer.startswith("40 sites are enough")


class TestWhatMayBeSaid:
    def test_the_interval_and_p_are_those_of_t(self) -> None:
        found = effect_of("climate", -0.4, 0.15, 11, 96, "m")
        assert found.ratio.high == pytest.approx(exp(-0.4 + stats.t.ppf(0.975, 11) * 0.15))
        assert found.p == pytest.approx(2 * stats.t.sf(0.4 / 0.15, 11))

    def test_an_interval_that_holds_one_is_never_no_effect(self) -> None:
        answer = effect_of("climate", -0.1, 0.2, 11, 96, "m").answer
        assert "cannot be told apart from no association" in answer
        assert "would usually have been seen" in answer

    @pytest.mark.parametrize(("coef", "word"), [(-0.5, "fewer"), (0.5, "more")])
    def test_an_association_is_not_a_cause(self, coef: float, word: str) -> None:
        found = effect_of("climate", coef, 0.1, 11, 96, "m")
        assert found.verdict == word
        assert "goes with" in found.answer
        assert "caus" not in found.answer


@pytest.mark.parametrize("coef", [0.3, -0.3])
def test_only_a_raised_rate_before_the_start_warns_and_one_sided(coef: float) -> None:
    found = BeforeStart(3, effect_of("just before the start", coef, 0.2, 11, 96, "m"), Refusal("none"))
    assert found.p_higher == pytest.approx(stats.t.sf(coef / 0.2, 11))
    assert found.warned == (coef > 0)
