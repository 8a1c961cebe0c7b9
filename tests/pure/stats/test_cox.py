"""Cox's model for recurrent events against R, against its definition, and against everything that has no answer.

R 4.2.2, survival 3.5: what stands beside each figure is the call that gave it, `d` being the table of ``spells``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from behavior_metrics.stats.cluster_bootstrap import bootstrapped
from behavior_metrics.stats.counts import members
from behavior_metrics.stats.cox import CoxFit, clustered, fit_cox, rate_ratios
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.frailty import fit_gamma_frailty
from behavior_metrics.stats.log_rank import log_rank
from behavior_metrics.stats.one_step_bootstrap import one_step, one_step_bootstrap
from behavior_metrics.stats.proportional_hazards import proportional_hazards
from behavior_metrics.stats.recurrent import MeanCountCurve, mean_cumulative_count
from behavior_metrics.stats.risk_sets import ordinals

UNIT, SITE, ENUM, START, STOP, EVENT, SCORE, SHIFT = range(8)


@cache
def spells() -> np.ndarray:
    """Forty units' spells from a little generator, so that R can be given the same: days, ties, late entry, gaps."""
    seed, found = 7, []

    def draw(most: int) -> int:
        nonlocal seed
        seed = (seed * 1103515245 + 12345) % 2**31
        return seed // 65536 % most

    for unit in range(40):
        day, number, own = draw(15), 1, draw(9) - 4
        for _ in range(2 + draw(4)):
            start = day
            day += 4 + draw(30)
            score = own / 4 + (draw(21) - 10) / 10
            event = int(draw(100) < (62 if score < 0 else 40))
            found.append((unit, unit % 5, number, start, day, event, score, unit % 3))
            number += event
            day += 3 * (draw(6) == 0)
    return np.array(found, float)


def fitted(table: np.ndarray, **how: object) -> CoxFit:
    return fit_cox(table[:, START], table[:, STOP], table[:, EVENT], table[:, [SCORE, SHIFT]], **how)  # type: ignore[arg-type]


SITES = spells()[:, SITE].astype(int)


def near(*expected: float) -> object:
    return pytest.approx(expected, rel=1e-8)


@dataclass(frozen=True)
class Case:
    """A call of R and what it gave."""

    coef: tuple[float, float]
    se: tuple[float, float]
    robust: tuple[float, float]
    loglik: tuple[float, float]
    cluster: int = UNIT


class TestAgainstR:
    def check(self, table: np.ndarray, fit: CoxFit, case: Case) -> None:
        assert fit.coef == near(*case.coef)
        assert fit.se == near(*case.se)
        assert np.sqrt(np.diag(clustered(fit, table[:, case.cluster]))) == near(*case.robust)
        assert (fit.loglik_null, fit.loglik) == near(*case.loglik)

    def test_andersen_and_gill(self) -> None:
        """R `coxph(Surv(start, stop, event) ~ score + shift, d, cluster = unit)`."""
        expected = Case(
            (-0.210820205524, -0.213717451293),
            (0.151529627348, 0.162378226034),
            (0.110317590635, 0.128158221541),
            (-209.169376349, -207.215291892),
        )
        self.check(spells(), fitted(spells()), expected)

    def test_sites_as_clusters(self) -> None:
        """R `coxph(Surv(start, stop, event) ~ score + shift, d, cluster = site)`."""
        errors = np.sqrt(np.diag(clustered(fitted(spells()), spells()[:, SITE])))
        assert errors == near(0.0765316687578, 0.1426876794938)

    def test_ties_by_breslow(self) -> None:
        """R `coxph(Surv(start, stop, event) ~ score + shift, d, cluster = unit, ties = "breslow")`."""
        expected = Case(
            (-0.204993092591, -0.209816707651),
            (0.151218863424, 0.162499962411),
            (0.107218224627, 0.126230269088),
            (-210.198535306, -208.336127530),
        )
        self.check(spells(), fitted(spells(), ties="breslow"), expected)

    def test_prentice_williams_and_peterson_in_total_time(self) -> None:
        """R `coxph(Surv(start, stop, event) ~ score + shift + strata(enum), d[d$enum <= 3, ], cluster = unit)`."""
        table = spells()[spells()[:, ENUM] <= 3]
        expected = Case(
            (-0.356903766972, -0.325218792410),
            (0.171666732507, 0.179124593547),
            (0.148741220777, 0.182991578192),
            (-150.719465777, -147.008516542),
        )
        self.check(table, fitted(table, strata=table[:, ENUM]), expected)

    def test_prentice_williams_and_peterson_in_gap_time(self) -> None:
        """R `coxph(Surv(stop - start, event) ~ score + shift + strata(enum), d[d$enum <= 3, ], cluster = unit)`."""
        table = spells()[spells()[:, ENUM] <= 3].copy()
        table[:, STOP] -= table[:, START]
        table[:, START] = 0
        expected = Case(
            (-0.203387902788, -0.265870629765),
            (0.168708744865, 0.176435549512),
            (0.146039253576, 0.184039043413),
            (-176.558892725, -174.740979732),
        )
        self.check(table, fitted(table, strata=table[:, ENUM]), expected)

    def test_proportional_hazards(self) -> None:
        """R `cox.zph(coxph(Surv(start, stop, event) ~ score + shift, d), transform = "km")$table`."""
        found = proportional_hazards(fitted(spells()))
        assert (*found.chisq, found.chisq_all) == near(1.753138951368, 0.233779076912, 1.966199870122)
        assert (*found.p, found.p_all) == near(0.185482608595, 0.628735748231, 0.374149460250)

    def test_mean_cumulative_count(self) -> None:
        """R `s <- survfit(Surv(start, stop, event) ~ 1, d, id = unit)`, `s$cumhaz` and `s$std.chaz` where events are."""
        d = spells()
        curve = mean_cumulative_count(d[:, UNIT], d[:, START], d[:, STOP], d[:, EVENT])
        at = [0, 9, 19, len(curve.time) - 1]
        assert curve.time[at].tolist() == [14, 28, 43, 91]
        assert curve.at_risk[at].tolist() == [38, 39, 35, 5]
        assert curve.mean[at] == near(0.0263157894737, 0.4065114709852, 0.8004681662576, 2.8327827170822)
        errors = np.sqrt(curve.variance[at])
        assert errors == near(0.0259672205807, 0.0794510215051, 0.1351944832847, 0.3850405911038)

    def test_one_unit_alone_deviates_from_nothing(self) -> None:
        d = spells()[spells()[:, UNIT] == 3]
        curve = mean_cumulative_count(d[:, UNIT], d[:, START], d[:, STOP], np.ones(len(d)))
        assert curve.variance == pytest.approx(np.zeros(len(d)), abs=1e-12)
        assert (curve.variance >= 0).all()


def obvious_loglik(table: np.ndarray, coef: np.ndarray) -> float:
    """Efron's partial likelihood as it is written, event time by event time."""
    total = 0.0
    for day in sorted({row[STOP] for row in table if row[EVENT]}):
        risk = [exp(row[[SCORE, SHIFT]] @ coef) for row in table if row[START] < day <= row[STOP]]
        dying = [row for row in table if row[EVENT] and row[STOP] == day]
        tied = sum(exp(row[[SCORE, SHIFT]] @ coef) for row in dying)
        total += sum(float(row[[SCORE, SHIFT]] @ coef) for row in dying)
        total -= sum(log(sum(risk) - number / len(dying) * tied) for number in range(len(dying)))
    return total


class TestDefinition:
    def test_the_maximum_is_that_of_the_likelihood_as_it_is_written(self) -> None:
        fit = fitted(spells())
        best = obvious_loglik(spells(), fit.coef)
        assert fit.loglik == pytest.approx(best, rel=1e-12)
        for step in ((0.02, 0), (-0.02, 0), (0, 0.02), (0, -0.02)):
            assert obvious_loglik(spells(), fit.coef + np.array(step)) < best

    @given(st.permutations(range(8)))
    def test_the_order_of_rows_does_not_matter(self, order: list[int]) -> None:
        parts = np.array_split(spells(), 8)
        mixed = np.concatenate([parts[number] for number in order])
        assert fitted(mixed).coef == near(*fitted(spells()).coef)

    def test_a_unit_of_a_covariate_and_a_day_of_the_clock_only_rename(self) -> None:
        other = spells().copy()
        other[:, SCORE] = 1000 + other[:, SCORE] * 50
        other[:, [START, STOP]] += 20_000
        fit, plain = fitted(other), fitted(spells())
        assert fit.coef * [50, 1] == pytest.approx(plain.coef, rel=1e-7)
        assert fit.loglik == pytest.approx(plain.loglik, rel=1e-10)

    def test_an_event_on_the_day_a_score_changes_belongs_to_the_old_one(self) -> None:
        """Rows that begin on the day of an event are not at risk of it: shifting their score changes nothing."""
        # unit, site, ordinal, start, stop, event, score, shift
        table = np.array(
            [
                [0, 0, 1, 0, 10, 1, 1, 0],
                [1, 0, 1, 0, 10, 0, 0, 1],
                [2, 0, 1, 5, 20, 0, 0.5, 0],
                [2, 0, 1, 20, 30, 1, 0, 1],
                [3, 0, 1, 0, 30, 0, 1, 0],
                [4, 0, 1, 0, 30, 1, 0.2, 0],
            ],
            float,
        )
        late = np.vstack([table, [5, 0, 1, 10, 11, 0, 0, 0]])
        later = late.copy()
        later[-1, SCORE] = 3
        assert obvious_loglik(late, np.array([0.3, 0.1])) == obvious_loglik(later, np.array([0.3, 0.1]))
        assert fitted(late).coef == pytest.approx(fitted(later).coef, rel=1e-6)

    def test_what_all_rows_add_to_the_score_is_nought_and_expected_events_are_the_observed_ones(self) -> None:
        fit = fitted(spells(), strata=spells()[:, SITE])
        assert np.abs(fit.score_residuals.sum(axis=0)).max() < 1e-8
        assert fit.martingale_residuals.sum() == pytest.approx(0, abs=1e-9)


class TestFewClusters:
    def test_the_interval_of_few_clusters_is_wider_than_the_normal_one(self) -> None:
        fit = fitted(spells())
        narrow = exp(fit.coef[0] + 1.96 * clustered(fit, spells()[:, SITE])[0, 0] ** 0.5)
        assert rate_ratios(fit, spells()[:, SITE])[0].high > narrow

    def test_clusters_drawn_anew_spread_as_the_sandwich_says_and_a_seed_repeats_them(self) -> None:
        fit, unit = fitted(spells()), spells()[:, UNIT]
        drawn = bootstrapped(fit, unit, replicates=4000, seed=3)
        assert drawn.std(axis=0) == pytest.approx(np.sqrt(np.diag(clustered(fit, unit))), rel=0.05)
        assert np.array_equal(drawn, bootstrapped(fit, unit, replicates=4000, seed=3))

    def test_one_cluster_says_nothing(self) -> None:
        fit = fitted(spells())
        for ask in (rate_ratios, bootstrapped):
            with pytest.raises(NoEstimate, match="only 1 cluster"):
                ask(fit, np.zeros(len(spells())))


class TestOneStep:
    """R `f <- coxph(Surv(start, stop, event) ~ score + shift, d)`, then one step from it with sites 2, 1, 0, 3, 1 times.

    `coxph(..., d[rep(1:nrow(d), c(2, 1, 0, 3, 1)[d$site + 1]), ], init = coef(f), control = coxph.control(iter.max = 1))`.
    """

    TIMES = np.array([[2.0, 1, 0, 3, 1]])

    @pytest.mark.parametrize(
        ("ties", "expected"),
        [("efron", (-0.2289250442463, -0.3975839332107)), ("breslow", (-0.2314533374385, -0.377502498008))],
    )
    def test_a_step_is_that_of_r(self, ties: str, expected: tuple[float, float]) -> None:
        assert one_step(fitted(spells(), ties=ties), SITES, self.TIMES)[0] == near(*expected)

    def test_many_ties_in_closed_form_and_short_stretches_give_the_same_step(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        expected = one_step(fitted(spells()), SITES, self.TIMES)
        monkeypatch.setattr("behavior_metrics.stats.one_step_bootstrap._MANY", 0)
        monkeypatch.setattr("behavior_metrics.stats.one_step_bootstrap._MOST", 1)
        assert one_step(fitted(spells()), SITES, self.TIMES) == pytest.approx(expected, rel=1e-9)

    def test_every_cluster_once_does_not_move_the_estimate_and_a_draw_moves_it_as_the_first_order_says(self) -> None:
        fit, units = fitted(spells()), spells()[:, UNIT]
        assert one_step(fit, SITES, np.ones((1, 5)))[0] == near(*fit.coef)
        drawn = one_step_bootstrap(fit, units)
        assert drawn.std(axis=0) == pytest.approx(np.sqrt(np.diag(clustered(fit, units))), rel=0.15)
        assert np.array_equal(drawn, one_step_bootstrap(fit, units))
        assert not np.array_equal(drawn, one_step_bootstrap(fit, units, seed=2))

    def test_what_a_draw_cannot_tell_is_refused(self) -> None:
        fit = fitted(spells())
        with pytest.raises(NoEstimate, match="Not estimable because"):
            one_step(fit, SITES, np.zeros((1, 5)))
        with pytest.raises(NoEstimate, match="only 1 cluster"):
            one_step_bootstrap(fit, np.zeros(len(fit.x)))


class TestFrailty:
    def world(self, spread: float) -> tuple[np.ndarray, ...]:
        dice = np.random.default_rng(11)
        rows = []
        for unit in range(150):
            own = dice.gamma(1 / spread, spread) if spread else 1.0
            for start, stop in pairwise(range(0, 601, 60)):
                score = dice.normal()
                begin, rate = float(start), own * 0.006 * exp(-0.5 * score)
                while (day := begin + dice.exponential(1 / rate)) < stop:
                    rows.append((unit, begin, day, 1, score))
                    begin = day
                rows.append((unit, begin, stop, 0, score))
        return tuple(np.array(rows).T)

    def test_units_that_differ_are_seen_to_and_the_effect_within_them_is_found(self) -> None:
        unit, start, stop, event, score = self.world(0.8)
        found = fit_gamma_frailty(start, stop, event, score, unit)
        assert 0.5 < found.theta < 1.2
        assert found.coef[0] == pytest.approx(-0.5, abs=0.12)
        assert found.frailty.mean() == pytest.approx(1, rel=1e-6)

    def test_errors_are_those_of_r(self) -> None:
        """R `coxph(Surv(start, stop, event) ~ score + frailty(unit, "gamma", sparse = FALSE, eps = 1e-9), d)`."""
        unit, start, stop, event, score = self.world(0.8)
        found = fit_gamma_frailty(start, stop, event, score, unit)
        assert found.coef[0] == pytest.approx(-0.5471482566, rel=1e-5)
        assert found.se[0] == pytest.approx(0.04515367339, rel=5e-5)
        assert found.theta == pytest.approx(0.7661665507, rel=5e-4)
        assert found.loglik == pytest.approx(-2524.926954, abs=1e-5)
        assert found.se[0] > fit_cox(start, stop, event, score).se[0] * 1.01, "frailties cost information"

    def test_where_units_do_not_differ_it_is_the_plain_model(self) -> None:
        unit, start, stop, event, score = self.world(0.0)
        found = fit_gamma_frailty(start, stop, event, score, unit)
        assert found.theta < 0.05
        plain = fit_cox(start, stop, event, score)
        assert found.coef == pytest.approx(plain.coef, abs=0.02)
        assert found.se == pytest.approx(plain.se, rel=0.05)


class TestLogRank:
    """The first spell of each unit, as R `one <- d[!duplicated(d$unit), ]`."""

    def first(self) -> np.ndarray:
        d = spells()
        return d[np.unique(d[:, UNIT], return_index=True)[1]]

    def test_groups_have_the_chi_square_of_r(self) -> None:
        """R `survdiff(Surv(stop - start, event) ~ shift, one)`, and `~ site`."""
        one = self.first()
        time, event = one[:, STOP] - one[:, START], one[:, EVENT]
        found = log_rank(time, event, one[:, SHIFT])
        assert (found.chisq, found.df) == (pytest.approx(4.433766846666), 2)
        assert found.observed.tolist() == [8, 7, 4]
        assert found.expected == near(4.42030544161, 7.578238274233, 7.001456284157)
        by_site = log_rank(time, event, one[:, SITE])
        assert (by_site.chisq, by_site.p) == near(6.560445176502, 0.1610214692661)

    def test_within_strata_only_units_of_one_stratum_are_compared(self) -> None:
        """R `survdiff(Surv(stop - start, event) ~ shift + strata(site), one)`."""
        one = self.first()
        found = log_rank(one[:, STOP] - one[:, START], one[:, EVENT], one[:, SHIFT], one[:, SITE])
        assert found.chisq == pytest.approx(5.534355799755)
        assert found.expected == near(4.378571428571, 7.559523809524, 7.061904761905)

    @pytest.mark.parametrize(
        ("time", "event", "group", "why"),
        [
            ([1, 2], [1, 1], ["a", "a"], "only 1 group"),
            ([1, 2], [0, 0], ["a", "b"], "no event"),
            ([-1, 2], [1, 1], ["a", "b"], "below nought"),
            ([1, 2, np.nan], [1, 1, 1], ["a", "b", "b"], "time is missing"),
            ([1, 2, 3], [1, 1, 1], ["a", None, "b"], "the group of a row is missing"),
            ([1, 2, 3], [1, 0, 0], ["a", "b"], "each row needs one group"),
            ([1, 4, 9], [0, 1, 1], ["a", "b", "b"], "never at risk beside another"),
        ],
    )
    def test_what_cannot_be_compared_is_said(
        self, time: list[float], event: list[int], group: list[str], why: str
    ) -> None:
        with pytest.raises(NoEstimate, match=f"Not estimable because .*{why}"):
            log_rank(time, event, group)


class TestOrdinals:
    def test_days_are_found_in_their_table_as_by_a_search(self) -> None:
        dice = np.random.default_rng(2)
        events = dice.integers(-30, 200, 300).astype(float)
        edges = dice.integers(-60, 260, 500).astype(float)
        time, (found,) = ordinals(events, edges)
        assert time.tolist() == sorted(set(events.tolist()))
        assert found.tolist() == [sum(time <= edge) for edge in edges.tolist()]

    @pytest.mark.parametrize("change", [0.25, 1e7])
    def test_hours_and_days_far_apart_are_searched_for_with_the_same_answer(self, change: float) -> None:
        other = spells().copy()
        other[:, [START, STOP]] = other[:, [START, STOP]] * change
        assert fitted(other).coef == near(*fitted(spells()).coef)
        assert mean_of(other).variance == pytest.approx(mean_of(spells()).variance, rel=1e-12)

    def test_the_order_of_spells_does_not_matter_to_their_mean_count(self) -> None:
        mixed = spells()[np.random.default_rng(3).permutation(len(spells()))]
        assert mean_of(mixed).variance == pytest.approx(mean_of(spells()).variance, rel=1e-9)

    def test_labels_are_numbered_in_their_order_whatever_they_are(self) -> None:
        for labels in ([30, 10, 30, 20], [10**12, -5, 10**12, 0], ["c", "a", "c", "b"], [0.5, -1.0, 0.5, 0.25]):
            assert members(labels, "unit").tolist() == [2, 0, 2, 1]


def mean_of(table: np.ndarray) -> MeanCountCurve:
    return mean_cumulative_count(table[:, UNIT], table[:, START], table[:, STOP], table[:, EVENT])


class TestWhatHasNoAnswer:
    @pytest.mark.parametrize(
        ("column", "row", "value", "why"),
        [
            (SCORE, 3, np.nan, "covariate is missing or infinite in 1 of"),
            (START, 3, np.inf, "start is missing or infinite in 1 of"),
            (EVENT, 3, np.nan, "event is missing or infinite in 1 of"),
            (STOP, 3, -1.0, "does not end after it starts"),
            (EVENT, 3, 2.0, "more than one event"),
        ],
    )
    def test_a_row_that_cannot_be_is_named(self, column: int, row: int, value: float, why: str) -> None:
        table = spells().copy()
        table[row, column] = value
        with pytest.raises(NoEstimate, match=why):
            fitted(table)

    def test_no_event(self) -> None:
        table = spells().copy()
        table[:, EVENT] = 0
        with pytest.raises(NoEstimate, match="there is no event"):
            fitted(table)

    def test_a_constant_score(self) -> None:
        table = spells().copy()
        table[:, SHIFT] = 2
        with pytest.raises(NoEstimate, match="same value in every row"):
            fitted(table)

    def test_two_covariates_that_are_one(self) -> None:
        table = spells().copy()
        table[:, SHIFT] = 3 - 2 * table[:, SCORE]
        with pytest.raises(NoEstimate, match="combination of others"):
            fitted(table)

    def test_a_covariate_that_is_a_stratum(self) -> None:
        with pytest.raises(NoEstimate, match="never differs among those at risk together"):
            fitted(spells(), strata=spells()[:, SHIFT])

    def test_separation(self) -> None:
        table = spells().copy()
        table[:, SCORE] = table[:, EVENT]
        with pytest.raises(NoEstimate, match="endless"):
            fitted(table)

    def test_a_frailty_of_one_unit(self) -> None:
        table = spells()
        with pytest.raises(NoEstimate, match="fewer than two units"):
            fit_gamma_frailty(table[:, START], table[:, STOP], table[:, EVENT], table[:, SCORE], np.zeros(len(table)))

    @given(st.integers(0, 10_000))
    def test_a_handful_of_rows_gives_figures_or_a_sentence_and_never_a_warning(self, seed: int) -> None:
        dice = np.random.default_rng(seed)
        n, p = int(dice.integers(1, 14)), int(dice.integers(1, 4))
        start = dice.integers(0, 6, n).astype(float)
        stop, event = start + dice.integers(1, 6, n), dice.integers(0, 2, n)
        x = dice.integers(-1, 3, (n, p)) * 10.0 ** dice.integers(-9, 10, p)
        group = dice.integers(0, 4, n)
        said, found = "Not estimable because", [np.zeros(0)]
        try:
            fit = fit_cox(start, stop, event, x, strata=None if seed % 2 else group)
            found = [fit.coef, fit.se, clustered(fit, group).ravel(), proportional_hazards(fit).chisq]
            found.append(np.array([one.value for one in rate_ratios(fit, group)]))
            shared = fit_gamma_frailty(start, stop, event, x, group)
            found += [shared.coef, shared.se]
        except NoEstimate as reason:
            said = str(reason)
        assert said.startswith("Not estimable because")
        assert np.isfinite(np.concatenate(found)).all()

    @pytest.mark.parametrize(
        "ask",
        [
            "tiny unit",
            "other ties",
            "one cluster",
            "unknown cluster",
            "unknown stratum",
            "text",
            "short",
            "twice",
            "half",
        ],
    )
    def test_what_would_be_a_silent_answer_is_refused(self, ask: str) -> None:
        d = spells()
        unknown = [None, *d[1:, UNIT].tolist()]
        asked = {
            "tiny unit": lambda: rate_ratios(
                fit_cox(d[:, START], d[:, STOP], d[:, EVENT], d[:, SCORE] * 1e-9), d[:, UNIT]
            ),
            "other ties": lambda: fitted(d, ties="exact"),
            "one cluster": lambda: clustered(fitted(d), np.zeros(len(d))),
            "unknown cluster": lambda: clustered(fitted(d), np.where(d[:, UNIT] == 4, np.nan, d[:, UNIT])),
            "unknown stratum": lambda: fitted(d, strata=unknown),
            "text": lambda: fit_cox(d[:, START], ["day"] * len(d), d[:, EVENT], d[:, SCORE]),
            "short": lambda: fit_cox(d[:, START], d[:, STOP], d[1:, EVENT], d[:, SCORE]),
            "twice": lambda: mean_cumulative_count([1, 1], [0, 5], [10, 15], [1, 1]),
            "half": lambda: mean_cumulative_count(d[:, UNIT], d[:, START], d[:, STOP], d[:, EVENT] / 2),
        }[ask]
        with pytest.raises(NoEstimate, match="Not estimable because"):
            asked()
