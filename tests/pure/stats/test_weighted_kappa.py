"""Weighted kappa against published values, against Lin's coefficient, and its error against an independent derivation."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from behavior_metrics.stats.kappa import Kappa, cohen_kappa
from behavior_metrics.stats.weighted_kappa import quadratic, weighted_kappa

#: 200 records in shares of Cohen (1968), with the paper's weights of disagreement: kappa .492, weighted .348.
COHEN_1968 = [[88, 14, 18], [10, 40, 10], [2, 6, 12]]
DISAGREEMENT_1968 = [[0, 1, 3], [1, 0, 6], [3, 6, 0]]
#: 85 mammograms by two radiologists (Altman 1991, p. 406), with linear weights .57; Stata's ``kap`` gives .5684.
MAMMOGRAMS = [[21, 12, 0, 0], [4, 17, 1, 0], [3, 9, 15, 2], [0, 0, 0, 1]]
Z = 1.959963984540054


def value(kappa: Kappa) -> float:
    assert kappa.estimate is not None
    return kappa.estimate.value


def linear(size: int) -> list[list[float]]:
    return [[1 - abs(i - j) / (size - 1) for j in range(size)] for i in range(size)]


def test_it_gives_the_values_that_were_published() -> None:
    weights = [[1 - d / 6 for d in row] for row in DISAGREEMENT_1968]
    assert value(weighted_kappa(COHEN_1968, weights)) == pytest.approx(0.348, abs=5e-4)
    assert value(weighted_kappa(MAMMOGRAMS, linear(4))) == pytest.approx(0.5684, abs=5e-5)


def test_with_weights_of_agreement_only_it_is_cohens_kappa_with_its_error() -> None:
    for table in (COHEN_1968, MAMMOGRAMS):
        size = len(table)
        same = weighted_kappa(table, [[float(i == j) for j in range(size)] for i in range(size)]).estimate
        plain = cohen_kappa(table).estimate
        assert same is not None
        assert plain is not None
        assert (same.value, same.low, same.high) == pytest.approx((plain.value, plain.low, plain.high), abs=1e-12)


def random_table(random: Random, size: int = 4) -> list[list[int]]:
    return [[random.randint(0, 9) + 12 * (i == j) for j in range(size)] for i in range(size)]


def test_quadratic_weights_give_lins_coefficient_of_concordance() -> None:
    """2 cov / (var + var + (mean - mean)^2) with n as divisor (Krippendorff 1970; Fleiss and Cohen 1973): another way there."""
    random = Random(1968)
    for _ in range(50):
        table = random_table(random)
        pairs = np.array([(i, j) for i, row in enumerate(table) for j, n in enumerate(row) for _ in range(n)])
        x, y = pairs.T.astype(float)
        lin = 2 * np.cov(x, y, bias=True)[0, 1] / (x.var() + y.var() + (x.mean() - y.mean()) ** 2)
        assert value(weighted_kappa(table)) == pytest.approx(lin, abs=1e-12)


def by_the_delta_method(table: list[list[int]]) -> float:
    """The error without the paper's formula: the slope of kappa in every cell, by differences, over a multinomial."""
    weights, p = np.array(quadratic(len(table))), np.asarray(table, float) / np.sum(table)

    def kappa(q: np.ndarray) -> float:
        chance = float((weights * np.outer(q.sum(axis=1), q.sum(axis=0))).sum())
        return (float((weights * q).sum()) - chance) / (1 - chance)

    slope, step = np.zeros(p.size), 1e-6
    for cell in range(p.size):
        up, down = p.ravel().copy(), p.ravel().copy()
        up[cell], down[cell] = up[cell] + step, down[cell] - step
        slope[cell] = (kappa(up.reshape(p.shape)) - kappa(down.reshape(p.shape))) / (2 * step)
    flat = p.ravel()
    return float(np.sqrt((flat @ slope**2 - (flat @ slope) ** 2) / np.sum(table)))


def test_its_error_is_that_of_the_delta_method() -> None:
    random = Random(1969)
    for _ in range(20):
        table = random_table(random)
        estimate = weighted_kappa(table).estimate
        assert estimate is not None
        assert (estimate.high - estimate.value) / Z == pytest.approx(by_the_delta_method(table), rel=1e-5)


def test_three_steps_apart_cost_nine_times_as_much_as_one() -> None:
    weights = quadratic(4)
    assert 1 - weights[0][3] == pytest.approx(9 * (1 - weights[0][1]))
    near, far = (
        [[10, 2, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 10]],
        [[10, 0, 0, 2], *[[0] * 4] * 2, [0, 0, 0, 10]],
    )
    assert value(weighted_kappa(near)) > value(weighted_kappa(far))


def test_it_says_nothing_where_nothing_can_be_said() -> None:
    assert weighted_kappa([[0, 0], [0, 0]]) == Kappa(0, 0, None)
    assert weighted_kappa([[7, 0], [0, 0]]) == Kappa(7, 7, None)
    with pytest.raises(ValueError, match="square"):
        weighted_kappa([[1, 2]])
