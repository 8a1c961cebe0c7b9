"""Interrupted series and stepped wedge: the effect when there is one, and the fake one after a bad run."""

import numpy as np
import pytest
from scipy import stats

from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.interrupted_series import (
    InterruptedSeries,
    interrupted_series,
    newey_west,
    residuals_over_time,
)
from behavior_metrics.stats.poisson import clustered_covariance, fit_poisson
from behavior_metrics.stats.power import clusters_for_ratio
from behavior_metrics.stats.rate_findings import BeforeStart, Effect
from behavior_metrics.stats.stepped_wedge import SteppedWedge, stepped_wedge
from tests.pure.stats.small_network import BATCHES, DESIGN, EVENTS, OFFSET, SITE

MONTHS = np.arange(36)


def series(seed: int, *, step: float = 0.0, shocks: float = 0.0, bad: float = 1.0) -> InterruptedSeries:
    """Three years of one site with coaching from month 18 on; `bad` multiplies the rate of the three months before."""
    rng = np.random.default_rng(seed)
    usual = 30 * np.exp(0.2 * np.sin(2 * np.pi * MONTHS / 12) + step * (MONTHS >= 18))
    usual[15:18] *= bad
    return interrupted_series(rng.poisson(usual * np.exp(rng.normal(0, shocks, 36))), np.full(36, 200.0), MONTHS, 18)


def wedge(seed: int, *, effect: float = 0.0, chosen_when_bad: bool = False, sites: int = 12) -> SteppedWedge:
    """Sites that begin in four waves of a random order; or each after its own worst quarter, without any effect."""
    rng = np.random.default_rng(seed)
    site, period = np.repeat(np.arange(sites), 12), np.tile(np.arange(12), sites)
    start = np.repeat(rng.permutation(np.arange(sites) % 4) * 2 + 4, 12)
    shock = rng.normal(0, 0.5 if chosen_when_bad else 0.15, (sites, 12))
    if chosen_when_bad:
        sums = np.array([[shock[s, t - 3 : t].sum() for t in range(4, 11)] for s in range(sites)])
        start = np.repeat(sums.argmax(axis=1) + 4, 12)
    coached = (period >= start).astype(float)
    risk = rng.normal(0, 0.3, sites)[site] + 0.01 * period + effect * coached + shock.ravel()
    return stepped_wedge(rng.poisson(100 * 0.08 * np.exp(risk)), np.full(site.size, 100.0), site, period, coached)


class TestInterruptedSeries:
    def test_newey_west_is_that_of_r(self) -> None:
        # R: f <- glm(y ~ climate + offset(log(batches)), poisson, d[1:24, ], control = glm.control(1e-14))
        #    sandwich::NeweyWest(f, lag = 2, prewhite = FALSE, adjust = FALSE and TRUE)
        fit = fit_poisson(EVENTS[:24], DESIGN[:24], OFFSET[:24])
        plain, adjusted = (newey_west(fit, np.arange(24), 2, adjusted=yes) for yes in (False, True))
        np.testing.assert_allclose(np.diag(plain) ** 0.5, [1.668341312876, 0.388900220001], rtol=1e-8)
        np.testing.assert_allclose(np.diag(adjusted) ** 0.5, [1.742525670480, 0.406193032190], rtol=1e-8)

    def test_without_any_lag_it_is_the_robust_error_of_single_rows(self) -> None:
        fit = fit_poisson(EVENTS, DESIGN, OFFSET)
        ours = newey_west(fit, np.arange(48), 0, adjusted=False)
        np.testing.assert_allclose(ours, clustered_covariance(fit, np.arange(48)), rtol=1e-9)

    def test_the_error_is_the_larger_of_newey_west_and_quasi_poisson(self) -> None:
        found = interrupted_series(EVENTS[:36], BATCHES[:36], MONTHS, 18)
        after, wave = (MONTHS >= 18) * 1.0, 2 * np.pi * MONTHS / 12
        x = np.column_stack([after, (MONTHS - 18) * after, MONTHS - 18, np.ones(36), np.sin(wave), np.cos(wave)])
        fit = fit_poisson(EVENTS[:36], x, OFFSET[:36])
        dispersion = np.sum(fit.residual**2 / fit.mean) / 30
        either = [newey_west(fit, MONTHS, 3)[:3, :3], fit.covariance[:3, :3] * dispersion]
        expected = np.max([np.sqrt(np.diag(one)) for one in either], axis=0)
        np.testing.assert_allclose([found.step.se, found.bend.se, found.trend.se], expected, rtol=1e-8)
        assert (expected > 1.2 * fit.se[:3]).all()

    def test_a_missing_month_is_a_gap_and_not_closed_up(self) -> None:
        fit = fit_poisson(EVENTS[:12], DESIGN[:12], OFFSET[:12])
        far = newey_west(fit, np.arange(12) * 5, 2, adjusted=False)
        np.testing.assert_allclose(far, newey_west(fit, np.arange(12), 0, adjusted=False), rtol=1e-12)

    def test_what_is_left_is_tested_as_in_r(self) -> None:
        # In R with r <- residuals(f, "pearson"): Box.test(r, 4, "Ljung-Box") and sum(diff(r)^2) / sum(r^2)
        fit = fit_poisson(EVENTS[:24], DESIGN[:24], OFFSET[:24])
        found = residuals_over_time(fit.residual / np.sqrt(fit.mean), 4)
        assert (found.ljung_box, found.p) == pytest.approx((2.29582073, 0.681530061), rel=1e-6)
        assert found.durbin_watson == pytest.approx(1.46427421239, rel=1e-8)
        assert "Nothing is left" in found.answer

    def test_a_true_step_is_found(self) -> None:
        found = series(1, step=np.log(0.6))
        assert found.step.verdict == "fewer"
        assert found.step.ratio.low < 0.6 < found.step.ratio.high
        assert (found.periods_before, found.periods_after, found.lags) == (18, 18, 3)

    def test_the_interval_holds_the_truth_about_95_times_in_100(self) -> None:
        covered = [
            found.step.ratio.low <= 0.75 <= found.step.ratio.high
            for found in (series(seed, step=np.log(0.75), shocks=0.15) for seed in range(200))
        ]
        assert np.mean(covered) == pytest.approx(0.93, abs=0.05)

    def test_a_bad_run_before_the_start_is_told_and_the_step_given_without_it(self) -> None:
        found = [series(seed, bad=1.6) for seed in range(30)]
        before = [one.before_start for one in found if isinstance(one.before_start, BeforeStart)]
        assert np.mean([one.warned for one in before]) > 0.8
        assert "Regression to the mean" in next(one for one in before if one.warned).answer
        # Nothing was done, and yet: the full series shows a fall that the one without these months does not.
        assert np.mean([np.log(one.step.ratio.value) for one in found]) < -0.3
        honest = [np.log(one.without.ratio.value) for one in before if isinstance(one.without, Effect)]
        assert np.mean(honest) == pytest.approx(0, abs=0.1)

    def test_an_ordinary_run_before_the_start_is_seldom_a_warning(self) -> None:
        before = [series(seed).before_start for seed in range(100)]
        assert np.mean([one.warned for one in before if isinstance(one, BeforeStart)]) < 0.2

    @pytest.mark.parametrize(("start", "side", "there"), [(11, "before", 11), (25, "after", 11)])
    def test_eleven_periods_on_one_side_are_too_few(self, start: int, side: str, there: int) -> None:
        with pytest.raises(NoEstimate, match=f"there are {there} periods {side} the start; there would have to be 12"):
            interrupted_series(EVENTS[:36], BATCHES[:36], MONTHS, start)

    def test_twelve_on_each_side_are_enough(self) -> None:
        found = interrupted_series(EVENTS[:24], BATCHES[:24], np.arange(24), 12)
        assert (found.periods_before, found.periods_after) == (12, 12)

    def test_more_waves_than_a_season_can_tell_are_refused(self) -> None:
        with pytest.raises(NoEstimate, match="12 periods a year cannot tell 6 pairs of waves"):
            interrupted_series(EVENTS[:36], BATCHES[:36], MONTHS, 18, harmonics=6)

    def test_a_series_without_any_variation_has_nothing_left(self) -> None:
        found = interrupted_series(np.full(36, 8), np.full(36, 40), MONTHS, 18)
        assert found.step.ratio.value == pytest.approx(1)
        assert (found.residuals.p, found.step.verdict) == (1.0, "untold")

    def test_negative_binomial_and_quasi_poisson_tell_the_same_story(self) -> None:
        both = [
            interrupted_series(EVENTS[:36], BATCHES[:36], MONTHS, 18, family=family).step.ratio
            for family in ("quasi_poisson", "negative_binomial")
        ]
        assert both[0].method != both[1].method
        assert both[0].low < both[1].value < both[0].high

    @pytest.mark.parametrize(
        "time", [[0, 0, *range(2, 36)], [1, 0, *range(2, 36)], [np.nan, *range(1, 36)], [*range(35), np.inf]]
    )
    def test_periods_that_do_not_follow_each_other_are_refused(self, time: list[float]) -> None:
        with pytest.raises(NoEstimate, match="Not estimable because"):
            interrupted_series(EVENTS[:36], BATCHES[:36], time, 18)


class TestSteppedWedge:
    def test_it_recovers_the_true_ratio(self) -> None:
        logs = [np.log(wedge(seed, effect=np.log(0.7)).coached.ratio.value) for seed in range(20)]
        # The mean of 20 has a standard error of about .025.
        assert np.mean(logs) == pytest.approx(np.log(0.7), abs=0.075)

    def test_the_interval_holds_the_truth_about_95_times_in_100(self) -> None:
        found = [wedge(seed, effect=np.log(0.7)).coached.ratio for seed in range(60)]
        assert np.mean([one.low <= 0.7 <= one.high for one in found]) == pytest.approx(0.95, abs=0.06)

    def test_the_model_is_site_period_and_coached(self) -> None:
        rng = np.random.default_rng(2)
        site, period = np.repeat(np.arange(4), 6), np.tile(np.arange(6), 4)
        coached = (period > site).astype(float)
        counts = rng.poisson(10, 24)
        x = np.column_stack([coached, np.eye(4)[site], np.eye(6)[period][:, 1:]])
        fit = fit_poisson(counts, x, np.log(np.full(24, 50.0)))
        found = stepped_wedge(counts, np.full(24, 50.0), site, period, coached)
        assert np.log(found.coached.ratio.value) == pytest.approx(fit.coef[0])
        assert found.coached.se == pytest.approx(clustered_covariance(fit, site, "cr3")[0, 0] ** 0.5)
        assert (found.sites, found.waves) == (4, 4)

    def test_errors_are_taken_on_sites_and_not_on_rows(self) -> None:
        found = wedge(4)
        reach = np.log(found.coached.ratio.high / found.coached.ratio.value)
        assert reach == pytest.approx(stats.t.ppf(0.975, 11) * found.coached.se)
        assert (found.needs.have, found.needs.need) == (12, clusters_for_ratio(found.coached.se, 12, 0.7))

    def test_three_models_stand_side_by_side(self) -> None:
        found = wedge(5, effect=np.log(0.7))
        assert isinstance(found.negative_binomial, Effect)
        assert isinstance(found.averaged, Effect)
        assert len({found.coached.method, found.negative_binomial.method, found.averaged.method}) == 3
        assert found.averaged.ratio.value == pytest.approx(found.coached.ratio.value, rel=0.15)

    def test_sites_that_begin_when_things_are_bad_fake_an_effect_and_it_is_told(self) -> None:
        found = [wedge(seed, chosen_when_bad=True) for seed in range(20)]
        before = [one.before_start for one in found if isinstance(one.before_start, BeforeStart)]
        assert np.mean([one.warned for one in before]) > 0.6
        faked = np.mean([np.log(one.coached.ratio.value) for one in found])
        honest = np.mean([np.log(one.without.ratio.value) for one in before if isinstance(one.without, Effect)])
        assert faked < -0.4
        assert abs(honest) < 0.2
        assert "Regression to the mean" in next(one for one in before if one.warned).answer

    def test_a_drawn_order_is_seldom_a_warning(self) -> None:
        before = [wedge(seed).before_start for seed in range(24)]
        assert np.mean([one.warned for one in before if isinstance(one, BeforeStart)]) < 0.25

    def test_all_sites_beginning_at_once_cannot_be_told_from_the_period(self) -> None:
        period = np.tile(np.arange(8), 6)
        with pytest.raises(NoEstimate, match="Not estimable because two of the effects repeat each other"):
            stepped_wedge(EVENTS, BATCHES, SITE, period, period >= 4)

    def test_coaching_that_ends_again_is_refused(self) -> None:
        period = np.tile(np.arange(8), 6)
        with pytest.raises(NoEstimate, match="ended again"):
            stepped_wedge(EVENTS, BATCHES, SITE, period, (period == 4) & (SITE < 3))

    def test_a_site_that_never_had_an_event_is_left_out_and_counted(self) -> None:
        period = np.tile(np.arange(8), 6)
        counts = np.where(SITE == 2, 0, EVENTS)
        found = stepped_wedge(counts, BATCHES, SITE, period, period > SITE)
        assert (found.sites, found.left_out) == (5, 8)
