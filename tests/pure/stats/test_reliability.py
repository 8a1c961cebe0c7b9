"""Do items hang together, and do teams agree: the figures of R, the worked values of the literature, and silence else."""

import numpy as np
import pytest

from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.one_factor import Answers, fit_one_factor, measurement_change, one_version
from behavior_metrics.stats.reliability import (
    agreement,
    cronbach_alpha,
    item_analysis,
    item_non_response,
    reliability_of_mean,
    shrunk_team_means,
)

#: Forty invented people on four items of seven points.
SHEETS = """
4434 5354 3543 3434 3453 3332 4455 4463 3444 3335 4454 4344 5545 3434 3432 4456 2233 3344 1222 3233
2221 3425 1424 4355 4443 5343 1122 4433 4444 3354 2332 3324 3324 3322 6465 3343 4455 5445 4344 5545
"""
PEOPLE = np.array([[float(answer) for answer in sheet] for sheet in SHEETS.split()])
NAMES = ["a", "b", "c", "d"]
#: The judges of Shrout and Fleiss (1979), six targets of four judgements each.
JUDGED = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)


def test_alpha_and_its_interval_are_those_of_r() -> None:
    # In R: k/(k-1) (1 - sum(apply(x, 2, var)) / var(rowSums(x))), limits 1 - (1 - alpha) qf(c(.975, .025), n-1, (n-1)(k-1))
    found = cronbach_alpha(PEOPLE)
    assert (found.value, found.low, found.high) == pytest.approx((0.8128714101, 0.6961868, 0.8922837), abs=1e-7)


def test_each_item_against_the_rest() -> None:
    # In R: cor(x[, i], rowSums(x[, -i])) for each item i
    found = item_analysis(PEOPLE, NAMES)
    assert [item.item_rest for item in found] == pytest.approx([0.7463227, 0.5768541, 0.6232849, 0.6039855], abs=1e-7)
    for index, item in enumerate(found):
        assert item.alpha_without == pytest.approx(cronbach_alpha(np.delete(PEOPLE, index, axis=1)).value)


def test_an_item_keyed_the_wrong_way_shows_below_nought() -> None:
    turned = PEOPLE.copy()
    turned[:, 1] = 8 - turned[:, 1]
    assert item_analysis(turned, NAMES)[1].item_rest == pytest.approx(-0.5768541, abs=1e-7)


def test_an_item_left_out_by_two_of_forty() -> None:
    some = PEOPLE.copy()
    some[[3, 8], 2] = np.nan
    found = item_non_response(some, NAMES)
    # prop.test(2, 40, correct = FALSE)$conf.int
    assert (found["c"].value, found["c"].low, found["c"].high) == pytest.approx((0.05, 0.0138, 0.1650), abs=1e-4)
    assert found["a"].value == 0


def test_icc_and_its_interval_are_those_of_shrout_and_fleiss() -> None:
    # psych::ICC(x, lmer = FALSE): ICC1 .166 (-.133 to .723), ICC1k .443 (-.884 to .912)
    found = agreement(JUDGED.reshape(-1, 1) @ np.ones((1, 2)), np.repeat(list("abcdef"), 4), 10)
    assert (found.icc1.value, found.icc1.low, found.icc1.high) == pytest.approx(
        (0.165741768405476, -0.132932324874751, 0.722560062328121), abs=1e-9
    )
    assert (found.icc2.value, found.icc2.low, found.icc2.high) == pytest.approx(
        (0.442797133679269, -0.884442155238119, 0.912415420340776), abs=1e-9
    )


def test_the_f_of_teams_is_that_of_r() -> None:
    # anova(lm(rowMeans(x) ~ factor(rep(1:8, each = 5)))): F 1.027, p .4318, MSW .74922
    found = agreement(PEOPLE, np.repeat(np.arange(8), 5), 7)
    assert (found.p, found.within_variance) == pytest.approx((0.4318, 0.74922), abs=1e-4)
    assert found.icc1_unequal == pytest.approx(found.icc1.value)


def test_agreement_against_both_nulls() -> None:
    # Seven items: mean variance 1.5 gives .921 (uniform) and .867 (slight skew), 3.0 gives .700 and nothing.
    half = np.sqrt(0.75)
    close = np.tile([[4 - half], [4 + half]], (1, 7))
    apart = 4.5 + (close - 4) * np.sqrt(2)
    found = agreement(np.vstack([close, apart]), ["close", "close", "apart", "apart"], 7)
    assert found.rwgj_skew is not None
    assert [round(found.rwgj[team], 3) for team in ("close", "apart")] == [0.921, 0.7]
    assert [round(found.rwgj_skew[team], 3) for team in ("close", "apart")] == [0.867, 0]
    # Nobody printed a slight-skew variance for ten options.
    assert agreement(JUDGED, list("aabbcc"), 10).rwgj_skew is None


def test_how_reliable_a_teams_mean_is_depends_on_its_size() -> None:
    assert [round(reliability_of_mean(0.195, size), 2) for size in (5, 8, 10)] == [0.55, 0.66, 0.71]


def test_a_small_team_is_drawn_to_the_network_and_says_how_unsure_it_is() -> None:
    small, large = shrunk_team_means([6.0, 5.0], [5, 10], icc1=0.195, within_variance=0.9)
    grand = (5 * 6 + 10 * 5) / 15
    weight = reliability_of_mean(0.195, 5)
    assert small.value == pytest.approx(weight * 6 + (1 - weight) * grand)
    assert small.high - small.value == pytest.approx(1.959964 * (weight * 0.9 / 5) ** 0.5, rel=1e-6)
    assert small.high - small.low > large.high - large.low


def test_one_factor_is_that_of_r() -> None:
    # f <- factanal(x, 1); f$loadings * sd_n; f$uniquenesses * sd_n^2; n * f$criteria["objective"] on f$dof
    found = fit_one_factor(PEOPLE)
    assert list(found.loadings) == pytest.approx([0.99237832, 0.53444510, 0.84912038, 0.73002490], abs=1e-4)
    assert list(found.residuals) == pytest.approx([0.25518527, 0.46186843, 0.60649458, 0.73643864], abs=1e-4)
    assert (found.chisq, found.df) == (pytest.approx(1.916467224, abs=1e-6), 2)
    # One minus the chi-square's own distribution at 2 degrees of freedom: exp(-chisq / 2)
    assert found.p == pytest.approx(np.exp(-found.chisq / 2))
    assert (found.rmsea.value, found.cfi) == (0, 1)
    # sum(loadings)^2 / (sum(loadings)^2 + sum(own variances)) of R's figures
    assert found.omega.value == pytest.approx(3.10596875**2 / (3.10596875**2 + 2.05998692), abs=1e-5)
    assert found.omega.low < found.omega.value < found.omega.high


def test_loadings_turn_with_the_answers_and_not_the_fit() -> None:
    turned = fit_one_factor(8 - PEOPLE)
    assert list(turned.loadings) == pytest.approx(list(fit_one_factor(PEOPLE).loadings), abs=1e-6)


def test_three_items_fit_anything_and_say_so() -> None:
    found = fit_one_factor(PEOPLE[:, [0, 1, 2]])
    assert (found.df, found.chisq, found.p, found.tli) == (0, 0, None, 1)
    assert found.srmr < 1e-6


def test_the_standard_errors_are_those_of_the_likelihood() -> None:
    # Against the second derivatives of the log-likelihood itself, whose mean at the maximum is the expected information.
    chance = np.random.default_rng(3)
    truth, own = np.array([1.0, 0.8, 0.9, 0.7]), np.array([0.5, 0.6, 0.4, 0.7])
    x = np.outer(chance.normal(size=4000), truth) + chance.normal(size=(4000, 4)) * np.sqrt(own)
    found = fit_one_factor(x)
    covariance = np.cov(x, rowvar=False, bias=True)

    def likelihood(parameters: np.ndarray) -> float:
        implied = np.outer(parameters[:4], parameters[:4]) + np.diag(parameters[4:])
        return -2000 * float(np.linalg.slogdet(implied)[1] + np.trace(np.linalg.solve(implied, covariance)))

    at, step = np.concatenate([found.loadings, found.residuals]), 1e-3
    moves = step * np.eye(8)
    second = np.array(
        [
            [
                (likelihood(at + i + j) - likelihood(at + i - j) - likelihood(at - i + j) + likelihood(at - i - j))
                / (4 * step**2)
                for j in moves
            ]
            for i in moves
        ]
    )
    assert list(found.loading_se) == pytest.approx(list(np.sqrt(np.diag(np.linalg.inv(-second)))[:4]), rel=0.03)


def test_the_interval_of_omega_holds_the_truth_as_often_as_it_says() -> None:
    truth, own = np.array([1.0, 0.8, 0.9, 0.7, 1.1]), np.array([0.8, 0.9, 0.7, 1.0, 0.9])
    omega = truth.sum() ** 2 / (truth.sum() ** 2 + own.sum())
    chance = np.random.default_rng(11)
    held = 0
    for _ in range(200):
        x = np.outer(chance.normal(size=120), truth) + chance.normal(size=(120, 5)) * np.sqrt(own)
        found = fit_one_factor(x).omega
        held += found.low <= omega <= found.high
    # 190 of 200 expected; three standard deviations of that count are 9.
    assert 181 <= held <= 199


def test_a_reworded_item_stands_out_and_the_others_do_not() -> None:
    chance = np.random.default_rng(5)

    def version(name: str, loadings: list[float], shift: float) -> Answers:
        x = 4 + np.outer(chance.normal(size=400), loadings) + chance.normal(size=(400, 4)) * 0.8
        x[:, 3] += shift
        return Answers(name, ("a", "b", "c", "d"), x)

    first, second = version("1", [1, 0.9, 0.8, 0.9], 0), version("2", [1, 0.9, 0.8, 0.2], 0.7)
    # Four items are looked at: 99 % each, so that chance alone rarely shows one.
    changes = measurement_change(first, second, level=0.99)
    assert [change.item for change in changes] == ["a", "b", "c", "d"]
    assert [change.loading.low <= 0 <= change.loading.high for change in changes] == [True, True, True, False]
    assert changes[3].mean.low > 0.4
    assert changes[3].loading.value == pytest.approx(-0.7, abs=0.15)


def test_the_change_of_a_mean_is_welchs() -> None:
    # t.test(x[21:40, 1], x[1:20, 1]): .1 (-.633287 to .833287)
    first, second = (Answers(str(v), tuple(NAMES), part) for v, part in enumerate((PEOPLE[:20], PEOPLE[20:])))
    found = measurement_change(first, second)[0].mean
    assert (found.value, found.low, found.high) == pytest.approx((0.1, -0.633287, 0.833287), abs=1e-6)


def test_only_items_of_both_versions_are_set_against_each_other() -> None:
    first = Answers("1", tuple(NAMES), PEOPLE)
    second = Answers("2", ("c", "new", "a", "b"), PEOPLE[:, [2, 3, 0, 1]])
    found = measurement_change(first, second)
    assert [change.item for change in found] == ["a", "b", "c"]
    assert [change.mean.value for change in found] == [0, 0, 0]


def test_versions_are_never_pooled() -> None:
    assert one_version(["7-item v1"] * 3) == "7-item v1"
    with pytest.raises(NoEstimate, match="never pooled; these are v1, v2"):
        one_version(["v1", "v2", "v1"])
    with pytest.raises(NoEstimate, match="both sets of answers belong to version 1"):
        measurement_change(Answers("1", tuple(NAMES), PEOPLE), Answers("1", tuple(NAMES), PEOPLE))


HOLES = PEOPLE.copy()
HOLES[0, 0] = np.nan
FLAT = PEOPLE.copy()
FLAT[:, 2] = 4
TWICE = np.column_stack([PEOPLE, PEOPLE[:, 0]])
#: Two items that say nearly the same, and two that say nothing: nothing is left of the first for itself.
HEYWOOD = np.column_stack(
    [PEOPLE[:, 0], PEOPLE[:, 0] + np.tile([0, 0.01], 20), np.tile([1, 2, 2, 1], 10), PEOPLE[:, 3]]
)


@pytest.mark.parametrize("answers", [HOLES, PEOPLE[:2], PEOPLE[:, :1], np.full((9, 3), 4.0), np.empty((0, 3))])
def test_alpha_is_refused(answers: np.ndarray) -> None:
    with pytest.raises(NoEstimate, match=r"^Not estimable because"):
        cronbach_alpha(answers)


@pytest.mark.parametrize("answers", [HOLES, FLAT, TWICE, HEYWOOD, PEOPLE[:, :2], PEOPLE[:8]])
def test_one_factor_is_refused(answers: np.ndarray) -> None:
    with pytest.raises(NoEstimate, match=r"^Not estimable because"):
        fit_one_factor(answers)


@pytest.mark.parametrize(
    ("answers", "teams"),
    [
        (PEOPLE[:6], list("aaaaaa")),
        (PEOPLE[:6], list("abcdef")),
        (PEOPLE[:6], list("aab")),
        (HOLES[:6], list("aabbcc")),
        (np.array([[1.0, 1], [1, 1], [3, 3], [3, 3]]), list("aabb")),
    ],
)
def test_agreement_is_refused(answers: np.ndarray, teams: list[str]) -> None:
    with pytest.raises(NoEstimate, match=r"^Not estimable because"):
        agreement(answers, teams, 7)


@pytest.mark.parametrize(
    ("means", "sizes", "icc1"),
    [([4, 5], [5, 5], 0.0), ([4, 5], [5, 5], -0.1), ([4, np.nan], [5, 5], 0.2), ([4], [0], 0.2)],
)
def test_a_team_mean_is_not_drawn_anywhere(means: list[float], sizes: list[int], icc1: float) -> None:
    with pytest.raises(NoEstimate, match=r"^Not estimable because"):
        shrunk_team_means(means, sizes, icc1=icc1, within_variance=1)


def test_items_in_which_nobody_differs_have_no_rest() -> None:
    with pytest.raises(NoEstimate, match="nobody differs in item c"):
        item_analysis(FLAT, NAMES)
    with pytest.raises(NoEstimate, match="nobody answered"):
        item_non_response(np.full((4, 2), np.nan), ["a", "b"])
