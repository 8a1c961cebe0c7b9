"""Negative binomial, GEE and random intercept against R on a small network, and against other ways to the same figure."""

import numpy as np
import pytest
from scipy import integrate, stats

from behavior_metrics.stats.count_checks import check_counts
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.gee import fit_gee
from behavior_metrics.stats.negative_binomial import fit_negative_binomial
from behavior_metrics.stats.poisson import clustered_covariance, fit_poisson
from behavior_metrics.stats.random_intercept import fit_random_intercept
from tests.pure.stats.small_network import DESIGN, EVENTS, OFFSET, SITE

ONLY_LEVEL = np.ones((48, 1))


class TestNegativeBinomial:
    def test_it_is_glm_nb(self) -> None:
        # R: f <- MASS::glm.nb(y ~ climate + offset(log(batches)), d); 1 / f$theta; f$SE.theta / f$theta^2
        found = fit_negative_binomial(EVENTS, DESIGN, OFFSET)
        np.testing.assert_allclose(found.coef, [-0.132278948076, -0.436562764957], rtol=1e-8)
        np.testing.assert_allclose(found.se, [0.879527431022, 0.185283680601], rtol=1e-7)
        assert found.alpha == pytest.approx(0.369321761729, rel=1e-8)
        assert found.se_alpha == pytest.approx(0.12571717446, rel=1e-4)  # R's is that of its last step but one
        assert found.loglik == pytest.approx(-117.976801108, abs=1e-8)

    def test_the_test_of_alpha_halves_the_chi_square(self) -> None:
        # R: lr <- 2 * (logLik(f) - logLik(p)); pchisq(lr, 1, lower.tail = FALSE) / 2
        found = fit_negative_binomial(EVENTS, DESIGN, OFFSET)
        assert (found.lr_poisson, found.p_poisson) == pytest.approx((35.8466592569, 1.06736878238e-09), rel=1e-8)

    def test_clusters_widen_it_as_in_r(self) -> None:
        # R: sandwich::vcovCL(f, ~site, type = "HC0", cadjust = FALSE)
        found = fit_negative_binomial(EVENTS, DESIGN, OFFSET)
        se = np.sqrt(np.diag(clustered_covariance(found, SITE)))
        np.testing.assert_allclose(se, [1.17910770336, 0.270562627298], rtol=1e-7)

    def test_a_level_alone_has_the_closed_likelihood(self) -> None:
        counts = np.array([0, 0, 1, 5, 9, 2, 0, 14])
        found = fit_negative_binomial(counts, np.ones((8, 1)))
        assert found.mean[0] == pytest.approx(counts.mean())
        size = 1 / found.alpha

        def height(n: float) -> float:
            return float(stats.nbinom.logpmf(counts, n, n / (n + counts.mean())).sum())

        assert found.loglik == pytest.approx(height(size))
        assert height(size) > max(height(size * 1.01), height(size / 1.01))

    def test_counts_that_vary_less_than_chance_fall_back_to_poisson(self) -> None:
        counts = np.array([5, 6, 5, 4, 5, 6, 5, 4])
        found, plain = fit_negative_binomial(counts, np.ones((8, 1))), fit_poisson(counts, np.ones((8, 1)))
        assert found.alpha == 0
        assert (found.lr_poisson, found.p_poisson) == (0.0, 1.0)
        np.testing.assert_array_equal(found.coef, plain.coef)
        np.testing.assert_array_equal(found.se, plain.se)
        np.testing.assert_allclose(found.zero_chance, np.exp(-5))

    def test_the_true_alpha_is_recovered(self) -> None:
        rng = np.random.default_rng(2)
        mean = rng.uniform(1, 12, 4000)
        counts = rng.poisson(mean * rng.gamma(2.5, 1 / 2.5, 4000))
        found = fit_negative_binomial(counts, np.ones((4000, 1)), np.log(mean))
        assert found.alpha == pytest.approx(0.4, abs=3 * found.se_alpha)
        assert found.coef[0] == pytest.approx(0, abs=3 * found.se[0])


class TestGee:
    def test_it_is_geeglm(self) -> None:
        # R: geepack::geeglm(y ~ climate + offset(log(batches)), poisson, d, id = site, corstr = "exchangeable",
        #                     control = geese.control(epsilon = 1e-12))
        found = fit_gee(EVENTS, DESIGN, OFFSET, SITE)
        np.testing.assert_allclose(found.coef, [-0.253688971541, -0.408816341191], rtol=1e-6)
        np.testing.assert_allclose(found.se, [1.200720748225, 0.274210760117], rtol=1e-6)
        assert (found.correlation, found.scale) == pytest.approx((0.0605134117771, 3.30068073763), rel=1e-6)

    def test_the_corrected_sandwich_is_mancl_and_derouens_own_formula(self) -> None:
        found = fit_gee(EVENTS, DESIGN, OFFSET, SITE)
        mean = np.exp(OFFSET + DESIGN @ found.coef)
        parts = []
        for site in range(6):
            rows = site == SITE
            root = np.diag(np.sqrt(mean[rows]))
            alike = np.full((8, 8), found.correlation) + (1 - found.correlation) * np.eye(8)
            parts.append((mean[rows, None] * DESIGN[rows], np.linalg.inv(root @ alike @ root), (EVENTS - mean)[rows]))
        bread = np.linalg.inv(sum(d.T @ v @ d for d, v, _ in parts))
        scores = [d.T @ v @ np.linalg.solve(np.eye(8) - d @ bread @ d.T @ v, e) for d, v, e in parts]
        expected = bread @ sum(np.outer(u, u) for u in scores) @ bread
        np.testing.assert_allclose(found.corrected, expected, rtol=1e-7)
        assert (found.se_corrected > 1.1 * found.se).all()

    def test_one_row_a_cluster_is_poisson_with_its_robust_errors(self) -> None:
        found, plain = fit_gee(EVENTS, DESIGN, OFFSET, np.arange(48)), fit_poisson(EVENTS, DESIGN, OFFSET)
        np.testing.assert_allclose(found.coef, plain.coef, rtol=1e-8)
        np.testing.assert_allclose(found.covariance, clustered_covariance(plain, np.arange(48)), rtol=1e-7)
        np.testing.assert_allclose(found.corrected, clustered_covariance(plain, np.arange(48), "cr3"), rtol=1e-7)

    def test_the_order_of_rows_does_not_matter(self) -> None:
        turned = np.random.default_rng(1).permutation(48)
        first = fit_gee(EVENTS, DESIGN, OFFSET, SITE)
        second = fit_gee(EVENTS[turned], DESIGN[turned], OFFSET[turned], SITE[turned])
        np.testing.assert_allclose(first.corrected, second.corrected, rtol=1e-7)

    def test_twelve_sites_cover_the_truth_only_with_the_correction(self) -> None:
        rng = np.random.default_rng(7)
        site = np.repeat(np.arange(10), 8)
        ours, plain = [], []
        for _ in range(300):
            x = rng.normal(size=10)[site]
            counts = rng.poisson(np.exp(1 + 0.3 * x + rng.normal(0, 0.4, 10)[site]))
            found = fit_gee(counts, np.column_stack([np.ones(80), x]), None, site)
            off = abs(found.coef[1] - 0.3)
            ours.append(off <= stats.t.ppf(0.975, 9) * found.se_corrected[1])
            plain.append(off <= 1.96 * found.se[1])
        assert np.mean(ours) > 0.92
        assert np.mean(plain) < 0.88


class TestRandomIntercept:
    @pytest.mark.parametrize(
        ("nodes", "coef", "se", "sd"),
        [
            # R: lme4::glmer(y ~ climate + (1 | site) + offset(log(batches)), d, poisson, nAGQ = 1 or 15, control =
            #                glmerControl("bobyqa", tolPwrss = 1e-12, optCtrl = list(rhoend = 1e-10)))
            (1, [-0.201603519072, -0.428912578688], [0.556476696405, 0.117083421672], 0.290100590186),
            (15, [-0.201564961095, -0.428928469858], [0.556529529417, 0.117087409144], 0.290509639076),
        ],
    )
    def test_it_is_glmer(self, nodes: int, coef: list[float], se: list[float], sd: float) -> None:
        found = fit_random_intercept(EVENTS, DESIGN, OFFSET, SITE, nodes=nodes)
        np.testing.assert_allclose(found.coef, coef, rtol=1e-6)
        np.testing.assert_allclose(found.se, se, rtol=1e-5)
        assert found.sd == pytest.approx(sd, rel=1e-6)

    def test_laplace_has_the_likelihood_of_glmer(self) -> None:
        # R, logLik of the same with nAGQ = 1: -130.425877113
        found = fit_random_intercept(EVENTS, DESIGN, OFFSET, SITE, nodes=1)
        assert found.loglik == pytest.approx(-130.425877113, abs=1e-6)

    def test_fifteen_nodes_are_the_integral(self) -> None:
        found = fit_random_intercept(EVENTS, DESIGN, OFFSET, SITE)
        mean = np.exp(OFFSET + DESIGN @ found.coef)
        whole = 0.0
        for site in range(6):
            rows = site == SITE

            def at(u: float, rows: np.ndarray = rows) -> float:
                return float(np.exp(stats.poisson.logpmf(EVENTS[rows], mean[rows] * np.exp(found.sd * u)).sum() + 20))

            value, _ = integrate.quad(lambda u, f=at: f(u) * stats.norm.pdf(u), -8, 8, points=[0], epsabs=0, limit=200)
            whole += np.log(value) - 20
        assert found.loglik == pytest.approx(whole, abs=1e-6)

    def test_sites_that_differ_by_chance_alone_give_the_poisson_fit(self) -> None:
        counts = np.tile([3, 4, 5, 4], 6)
        found = fit_random_intercept(counts, np.ones((24, 1)), None, np.repeat(np.arange(6), 4))
        assert found.sd == 0
        assert np.exp(found.coef[0]) == pytest.approx(4)
        assert found.se[0] == pytest.approx((1 / 96) ** 0.5)

    def test_the_spread_between_sites_is_recovered(self) -> None:
        rng = np.random.default_rng(4)
        site = np.repeat(np.arange(400), 6)
        counts = rng.poisson(np.exp(1 + rng.normal(0, 0.5, 400)[site]))
        found = fit_random_intercept(counts, np.ones((2400, 1)), None, site)
        assert (found.coef[0], found.sd) == pytest.approx((1, 0.5), abs=0.08)


class TestChecks:
    def test_dispersion_and_zeros_are_those_of_r(self) -> None:
        # R: sum(residuals(p, "pearson")^2) / 46; sum(dnbinom(0, size = f$theta, mu = fitted(f))); sum(dpois(0, fitted(p)))
        found = check_counts(EVENTS, DESIGN, OFFSET)
        assert found.dispersion.pearson_over_df == pytest.approx(3.45791535066, rel=1e-8)
        assert (found.zeros.expected, found.zeros.expected_poisson) == pytest.approx((4.34113563171, 1.36340613853))
        assert (found.zeros.observed, found.zeros.rows) == (4, 48)

    def test_spread_alone_makes_zeros_and_is_not_called_a_second_process(self) -> None:
        # 4 zeros against 1.4 under Poisson would look like too many; spread explains them.
        found = check_counts(EVENTS, DESIGN, OFFSET)
        assert (found.dispersion.verdict, found.zeros.verdict) == ("overdispersed", "as_expected")
        assert "4 expected under the negative binomial" in found.zeros.answer

    def test_five_times_the_zeros_of_poisson_are_as_expected_where_counts_are_spread(self) -> None:
        rng = np.random.default_rng(15)
        found = check_counts(rng.poisson(3 * rng.gamma(1, 1, 300)), np.ones((300, 1)))
        assert found.zeros.observed > 4 * found.zeros.expected_poisson
        assert found.zeros.verdict == "as_expected"

    def test_rows_that_could_not_have_an_event_are_noticed(self) -> None:
        rng = np.random.default_rng(5)
        counts = np.where(rng.random(300) < 0.35, 0, rng.poisson(6, 300))
        found = check_counts(counts, np.ones((300, 1)))
        assert found.zeros.verdict == "too_many"
        assert "did not record it" in found.zeros.answer

    def test_plain_chance_is_called_so(self) -> None:
        counts = np.random.default_rng(6).poisson(4, 300)
        found = check_counts(counts, np.ones((300, 1)))
        assert (found.dispersion.verdict, found.zeros.verdict) == ("as_poisson", "as_expected")


def test_every_event_in_one_level_is_refused_by_every_model() -> None:
    counts = np.where(np.arange(48) % 2, EVENTS, 0)
    x = np.column_stack([np.ones(48), np.arange(48) % 2])
    for fitted in (
        lambda: fit_poisson(counts, x, OFFSET),
        lambda: fit_negative_binomial(counts, x, OFFSET),
        lambda: fit_gee(counts, x, OFFSET, SITE),
        lambda: fit_random_intercept(counts, x, OFFSET, SITE),
    ):
        with pytest.raises(NoEstimate, match="Not estimable because some group has no events"):
            fitted()
