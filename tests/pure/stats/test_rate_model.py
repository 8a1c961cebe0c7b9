"""What goes with a rate: four models side by side, within and between, lag, dose, and what they refuse to say."""

import numpy as np
import pytest

from behavior_metrics.stats.climate_model import fit_climate_model
from behavior_metrics.stats.coaching_dose import dose_response, sessions_before
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.panel import cells_at_lag, informative
from behavior_metrics.stats.poisson import clustered_covariance, fit_poisson
from behavior_metrics.stats.rate_findings import Effect, Refusal
from behavior_metrics.stats.rate_model import rate_ratios, rate_study, rows_of, within_between_rates
from behavior_metrics.stats.within_between import lagged, within_between
from tests.pure.stats.small_network import BATCHES, CLIMATE, DESIGN, EFFECTS, EVENTS, OFFSET, PERIOD, SITE
from tests.pure.stats.worlds import World


class TestFourModels:
    def test_site_and_period_effects_are_those_of_r(self) -> None:
        # R: coef(glm(y ~ climate + factor(period) + factor(site) + offset(log(batches)), poisson, d))["climate"]
        found = rate_study(EVENTS, BATCHES, EFFECTS, SITE, period=PERIOD, own_level=True)
        assert np.log(found.primary[0].ratio.value) == pytest.approx(-0.577077630732, rel=1e-9)

    def test_the_primary_answer_has_cr3_errors_and_five_degrees_of_freedom_with_six_sites(self) -> None:
        found = rate_study(EVENTS, BATCHES, EFFECTS, SITE).primary[0]
        fit = fit_poisson(EVENTS, DESIGN, OFFSET)
        assert found.se == pytest.approx(clustered_covariance(fit, SITE, "cr3")[1, 1] ** 0.5)
        # The t quantile of R, qt(.975, 5), is 2.570582.
        assert np.log(found.ratio.high / found.ratio.value) == pytest.approx(2.570582 * found.se, rel=1e-6)

    def test_every_ratio_says_how_it_was_made(self) -> None:
        found = rate_study(EVENTS, BATCHES, EFFECTS, SITE)
        given = [found.primary, found.negative_binomial, found.gee, found.random_intercept]
        methods = [one[0].method for one in given if not isinstance(one, Refusal)]
        assert [method.split()[0] for method in methods] == ["Poisson", "negative", "Poisson", "Poisson"]
        assert len(set(methods)) == 4

    def test_the_four_agree_where_the_model_is_true(self) -> None:
        rng = np.random.default_rng(8)
        site, x = np.repeat(np.arange(20), 12), rng.normal(size=240)
        counts = rng.poisson(40 * np.exp(-1.5 - 0.35 * x + rng.normal(0, 0.3, 20)[site]))
        found = rate_study(counts, np.full(240, 40.0), {"climate": x}, site, own_level=True)
        for one in (found.primary, found.negative_binomial, found.gee, found.random_intercept):
            assert not isinstance(one, Refusal)
            assert np.log(one[0].ratio.value) == pytest.approx(-0.35, abs=0.06)
            assert one[0].verdict == "fewer"

    def test_a_site_without_any_event_is_left_out_and_counted(self) -> None:
        counts = np.where(SITE == 3, 0, EVENTS)
        found = rate_study(counts, BATCHES, EFFECTS, SITE, own_level=True)
        assert (found.clusters, found.rows, found.left_out) == (5, 40, 8)
        kept = SITE != 3
        without = rate_study(counts[kept], BATCHES[kept], {"climate": CLIMATE[kept]}, SITE[kept], own_level=True)
        assert found.primary == without.primary

    def test_a_site_that_exists_for_three_weeks_neither_breaks_nor_carries_the_answer(self) -> None:
        site, counts = np.append(SITE, 6), np.append(EVENTS, 2)
        found = rate_study(counts, np.append(BATCHES, 3), {"climate": np.append(CLIMATE, 5.0)}, site, own_level=True)
        alone = rate_study(EVENTS, BATCHES, EFFECTS, SITE, own_level=True)
        assert found.primary[0].ratio.value == pytest.approx(alone.primary[0].ratio.value, rel=1e-6)

    def test_one_model_that_cannot_be_fitted_says_why_and_leaves_the_others(self) -> None:
        # Each site has two rows that mirror each other: no exchangeable correlation fits.
        counts = np.tile([2, 12, 12, 2], 12)
        found = rate_study(counts, np.full(48, 30.0), {"climate": CLIMATE}, np.repeat(np.arange(24), 2))
        assert isinstance(found.primary[0], Effect)
        assert isinstance(found.gee, Refusal)
        assert found.gee.reason.startswith("Not estimable because")

    def test_an_effect_that_each_site_has_only_once_cannot_be_told_from_the_site(self) -> None:
        with pytest.raises(NoEstimate, match="repeat each other"):
            rate_study(EVENTS, BATCHES, {"size": SITE * 1.0}, SITE, own_level=True)

    def test_an_effect_without_any_error_left_is_refused(self) -> None:
        # Two sites, one effect that is the site itself: the fit is perfect and nothing is left to judge by.
        kept = SITE < 2
        rows = rows_of(EVENTS[kept], BATCHES[kept], {"site": SITE[kept] * 1.0}, SITE[kept])
        with pytest.raises(NoEstimate, match="error of site cannot be told"):
            rate_ratios(rows)


class TestGate:
    def test_six_sites_are_too_few_and_the_answer_says_how_many_there_would_have_to_be(self) -> None:
        found = rate_study(EVENTS, BATCHES, EFFECTS, SITE)
        assert not found.told
        assert found.answers == ("Cannot tell yet: clusters would have to be 8; there are 6.",)

    def test_what_is_enough_is_answered_with_everything_that_limits_it(self) -> None:
        rng = np.random.default_rng(13)
        site = np.repeat(np.arange(8), 12)
        counts, x = rng.poisson(np.exp(1 + rng.normal(0, 0.3, 8)[site])), rng.normal(size=96)
        found = rate_study(counts, np.ones(96), {"climate": x}, site)
        assert found.told
        assert found.answers[0].startswith("climate: cannot be told apart")
        assert found.needs[0].sought == 0.7
        assert found.answers[-2:] == (found.checks.dispersion.answer, found.checks.zeros.answer)

    def test_ten_events_per_effect_are_asked_for(self) -> None:
        rng = np.random.default_rng(14)
        effects = {f"effect {k}": rng.normal(size=100) for k in range(7)}
        found = rate_study(rng.permutation(np.arange(100) % 3 == 0) * 2, np.ones(100), effects, np.arange(100) // 5)
        assert [check.key for check in found.gate if not check.met] == ["events per effect"]


class TestWithinAndBetween:
    def test_teams_that_differ_for_other_reasons_do_not_mislead_the_within_effect(self) -> None:
        rng = np.random.default_rng(9)
        team = np.repeat(np.arange(40), 8)
        usual = rng.normal(5, 1, 40)[team]
        score = usual + rng.normal(0, 0.5, 320)
        counts = rng.poisson(np.exp(1.5 - 0.5 * (score - usual) + 0.3 * (usual - 5)))
        found = within_between_rates(counts, np.ones(320), score, team, team // 2, np.tile(np.arange(8), 40), lag=0)
        assert found.between is not None
        assert found.contextual is not None
        assert np.log(found.within.ratio.value) == pytest.approx(-0.5, abs=0.15)
        assert found.between.verdict == "more"
        difference = np.log(found.between.ratio.value) - np.log(found.within.ratio.value)
        assert np.log(found.contextual.ratio.value) == pytest.approx(difference)
        # Mundlak's own form, score and average in one model, has the contextual effect as its second coefficient.
        average = within_between(score, team).between
        levels = (team // 2, np.tile(np.arange(8), 40))
        other = rate_ratios(
            rows_of(counts, np.ones(320), {"score": score, "average": average}, team // 2, levels=levels)
        )
        assert found.contextual.se == pytest.approx(other[1].se, rel=1e-6)

    def test_within_is_the_fixed_effects_estimate_exactly(self) -> None:
        # Mundlak (1978): with a level per group the average drops out of the slope.
        split = within_between(CLIMATE, SITE)
        levels = np.eye(6)[SITE]
        fixed = np.linalg.lstsq(np.column_stack([CLIMATE, levels]), np.log(EVENTS + 0.5), rcond=None)[0][0]
        mundlak = np.linalg.lstsq(
            np.column_stack([split.within, split.between, np.ones(48)]), np.log(EVENTS + 0.5), rcond=None
        )[0][0]
        assert mundlak == pytest.approx(fixed)
        np.testing.assert_allclose(np.bincount(SITE, split.within), 0, atol=1e-12)
        assert split.between.mean() == pytest.approx(0)

    def test_the_lagged_model_equals_the_one_of_the_linkage(self) -> None:
        rows = World(sites=10).rows(np.random.default_rng(30))
        linkage = fit_climate_model(informative(cells_at_lag(rows, 1)))
        # A row of the linkage carries the climate of the quarter before it; here the quarter's own is asked for.
        found = within_between_rates(
            [row.events for row in rows],
            [row.batches for row in rows],
            [row.climate for row in rows],
            [f"{row.site} {row.team}" for row in rows],
            [row.site for row in rows],
            [row.quarter for row in rows],
            lag=0,
        )
        assert found.within.ratio.value == pytest.approx(linkage.within.value, rel=1e-9)
        assert (found.within.ratio.low, found.within.p) == pytest.approx((linkage.within.low, linkage.p_within))
        assert found.between is not None
        assert linkage.between is not None
        assert found.between.ratio.high == pytest.approx(linkage.between.high)

    def test_one_team_per_site_has_no_between_of_its_own(self) -> None:
        found = within_between_rates(EVENTS, BATCHES, CLIMATE, SITE, SITE, PERIOD, lag=0)
        assert (found.between, found.contextual) == (None, None)

    def test_a_lag_takes_the_value_before_and_bridges_no_gap(self) -> None:
        found = lagged([1, 2, 3, 10, 20], ["a", "a", "a", "b", "b"], [1, 2, 4, 1, 2], 1)
        np.testing.assert_array_equal(found, [np.nan, 1, np.nan, np.nan, 10])

    def test_the_order_of_rows_does_not_matter_to_a_lag(self) -> None:
        turned = np.array([3, 1, 4, 0, 2])
        values, group, period = np.array([1, 2, 3, 10, 20]), np.array(list("aaabb")), np.array([1, 2, 3, 1, 2])
        np.testing.assert_array_equal(
            lagged(values[turned], group[turned], period[turned]), lagged(values, group, period)[turned]
        )

    def test_the_future_never_explains_the_past(self) -> None:
        with pytest.raises(NoEstimate, match="future explain the past"):
            lagged([1, 2], ["a", "a"], [1, 2], -1)

    def test_rows_without_a_score_before_are_left_out(self) -> None:
        found = within_between_rates(EVENTS, BATCHES, CLIMATE, SITE, SITE, PERIOD)
        assert (found.lag, found.rows, found.left_out) == (1, 42, 6)

    def test_one_quarter_alone_has_no_score_before_it(self) -> None:
        with pytest.raises(NoEstimate, match="no row has a score 1 periods earlier"):
            within_between_rates(EVENTS[:6], BATCHES[:6], CLIMATE[:6], list("abcdef"), list("abcdef"), np.ones(6))


class TestDose:
    def test_sessions_of_the_last_ninety_days_are_counted_before_the_interval(self) -> None:
        # Day 100 begins the interval: day 10 and 99 count, day 9 is too old, day 100 is in the interval itself.
        found = sessions_before(["a", "a", "a", "a", "b"], [9, 10, 99, 100, 50], ["a", "b", "c"], [100, 100, 100])
        np.testing.assert_array_equal(found, [2, 1, 0])

    def test_a_lag_moves_the_window_back(self) -> None:
        found = sessions_before(["a"] * 3, [5, 69, 70], ["a"], [100], lag=30)
        np.testing.assert_array_equal(found, [2])
        np.testing.assert_array_equal(sessions_before(["a"] * 3, [5, 69, 70], ["a"], [100], lag=30, window=64), [1])

    def test_a_straight_line_is_found_and_is_not_called_bent(self) -> None:
        rng = np.random.default_rng(11)
        site, period = np.repeat(np.arange(16), 12), np.tile(np.arange(12), 16)
        sessions = rng.integers(0, 8, 192)
        counts = rng.poisson(40 * np.exp(-1 - 0.08 * sessions + rng.normal(0, 0.3, 16)[site]))
        found = dose_response(counts, np.full(192, 40.0), sessions, site, period)
        assert np.log(found.per_session.ratio.value) == pytest.approx(-0.08, abs=0.02)
        assert isinstance(found.bend, Effect)
        assert found.bend.verdict == "untold"

    def test_a_dose_that_works_up_to_a_point_bends(self) -> None:
        rng = np.random.default_rng(12)
        site, period = np.repeat(np.arange(16), 12), np.tile(np.arange(12), 16)
        sessions = rng.integers(0, 10, 192)
        counts = rng.poisson(80 * np.exp(-1 - 0.25 * np.minimum(sessions, 3)))
        found = dose_response(counts, np.full(192, 80.0), sessions, site, period)
        assert isinstance(found.bend, Effect)
        assert found.bend.p < 0.001

    def test_none_or_one_session_tells_no_bend(self) -> None:
        sessions = np.arange(48) % 2
        found = dose_response(EVENTS, BATCHES, sessions, SITE, PERIOD // 2)
        assert isinstance(found.bend, Refusal)
        assert "vary too little" in found.bend.reason
