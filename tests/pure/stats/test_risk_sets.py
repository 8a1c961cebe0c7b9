"""What stands on the risk sets beside Cox's model: exact steps, frailties, the log-rank test and how times are numbered.

R 4.2.2, survival 3.5: what stands beside each figure is the call that gave it, `d` being the table of ``test_cox.spells``.
"""

from __future__ import annotations

from itertools import pairwise
from math import exp

import numpy as np
import pytest

from behavior_metrics.stats.counts import members
from behavior_metrics.stats.cox import clustered, fit_cox
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.frailty import fit_gamma_frailty
from behavior_metrics.stats.log_rank import log_rank
from behavior_metrics.stats.one_step_bootstrap import one_step, one_step_bootstrap
from behavior_metrics.stats.recurrent import MeanCountCurve, mean_cumulative_count
from behavior_metrics.stats.risk_sets import ordinals
from tests.pure.stats.test_cox import EVENT, SHIFT, SITE, START, STOP, UNIT, fitted, near, spells

SITES = spells()[:, SITE].astype(int)


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
        d = spells()
        mixed = np.random.default_rng(3).permutation(len(d))
        backwards = np.lexsort((-d[:, START], d[:, UNIT]))  # units in their order, the spells of each from the last on
        for order in (mixed, backwards):
            assert mean_of(d[order]).variance == pytest.approx(mean_of(d).variance, rel=1e-9)

    def test_labels_are_numbered_in_their_order_whatever_they_are(self) -> None:
        for labels in (
            [5, 0, 5, 3],
            [30, 10, 30, 20],
            [10**12, -5, 10**12, 0],
            ["c", "a", "c", "b"],
            [0.5, -1.0, 0.5, 0.25],
        ):
            assert members(labels, "unit").tolist() == [2, 0, 2, 1]


def mean_of(table: np.ndarray) -> MeanCountCurve:
    return mean_cumulative_count(table[:, UNIT], table[:, START], table[:, STOP], table[:, EVENT])
