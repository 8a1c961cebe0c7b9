"""Cox's model for recurrent events against R, against its definition, and against everything that has no answer.

R 4.2.2, survival 3.5: what stands beside each figure is the call that gave it, `d` being the table of ``spells``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from behavior_metrics.stats.cluster_bootstrap import bootstrapped
from behavior_metrics.stats.cox import CoxFit, clustered, fit_cox, rate_ratios
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.frailty import fit_gamma_frailty
from behavior_metrics.stats.proportional_hazards import proportional_hazards
from behavior_metrics.stats.recurrent import mean_cumulative_count

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
