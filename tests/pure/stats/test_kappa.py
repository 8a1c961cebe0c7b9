"""Cohen's kappa against published tables, its error against an independent derivation, and where it says nothing."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from behavior_metrics.stats.kappa import FEWEST, Kappa, cohen_kappa, crossed, is_enough, one_against_rest, uses

#: 91 couples (Agresti 1990, p. 372; R data set vcd::SexualFun).
COUPLES = [[7, 7, 2, 3], [2, 8, 3, 7], [1, 5, 4, 9], [2, 8, 9, 14]]
#: 100 patients, two raters: psychotic, neurotic, organic (Fleiss 1981, table 13.1).
DIAGNOSES = [[75, 1, 4], [5, 4, 1], [0, 0, 10]]
#: 200 records in shares of Cohen (1968), as in R psych::cohen.kappa's help: .44 .07 .09 / .05 .20 .05 / .01 .03 .06.
COHEN_1968 = [[88, 14, 18], [10, 40, 10], [2, 6, 12]]


def error(kappa: Kappa) -> float:
    assert kappa.estimate is not None
    return (kappa.estimate.high - kappa.estimate.low) / 2 / 1.959963984540054


def value(kappa: Kappa) -> float:
    assert kappa.estimate is not None
    return kappa.estimate.value


def by_the_delta_method(table: list[list[int]]) -> float:
    """The error without the paper's formula: the slope of kappa in every cell, by differences, over a multinomial."""
    p = np.asarray(table, float) / np.sum(table)

    def kappa(q: np.ndarray) -> float:
        chance = float(q.sum(axis=1) @ q.sum(axis=0))
        return (float(np.trace(q)) - chance) / (1 - chance)

    slope, step = np.zeros(p.size), 1e-6
    for cell in range(p.size):
        up, down = p.copy().ravel(), p.copy().ravel()
        up[cell] += step
        down[cell] -= step
        slope[cell] = (kappa(up.reshape(p.shape)) - kappa(down.reshape(p.shape))) / (2 * step)
    flat = p.ravel()
    return float((flat @ slope**2 - (flat @ slope) ** 2) / np.sum(table)) ** 0.5


def test_it_agrees_with_vcd_on_the_couples_of_agresti() -> None:
    """R: vcd::Kappa(SexualFun), unweighted: value .1293, ASE .0686."""
    found = cohen_kappa(COUPLES)
    assert (round(value(found), 4), round(error(found), 4), found.n, found.agreed) == (0.1293, 0.0686, 91, 33)


def test_it_agrees_with_the_worked_example_of_fleiss() -> None:
    """Fleiss (1981), ch. 13: .68 over all (.89 against .66 by chance); psychotic .69, neurotic .50, organic .77."""
    assert value(cohen_kappa(DIAGNOSES)) == pytest.approx((0.89 - 0.66) / (1 - 0.66))
    assert [round(value(one_against_rest(DIAGNOSES, code)), 2) for code in range(3)] == [0.69, 0.50, 0.77]
    # by hand for neurotic: 4, 6 / 1, 89: observed .93, chance .1 x .05 + .9 x .95 = .86
    assert value(one_against_rest(DIAGNOSES, 1)) == pytest.approx((0.93 - 0.86) / 0.14)
    assert [uses(DIAGNOSES, code) for code in range(3)] == [160, 15, 25]


def test_it_agrees_with_psych_on_the_shares_of_cohen() -> None:
    """By hand: observed .70, chance .6 x .5 + .3 x .3 + .1 x .2 = .41, kappa .29 / .59."""
    found = cohen_kappa(COHEN_1968)
    assert value(found) == pytest.approx(0.29 / 0.59)
    assert found.estimate is not None
    assert (round(found.estimate.low, 2), round(found.estimate.high, 2)) == (0.39, 0.59)


@pytest.mark.parametrize("table", [COUPLES, DIAGNOSES, COHEN_1968, [[20, 5], [10, 15]], [[1, 9], [2, 30]]])
def test_the_error_is_that_of_the_delta_method(table: list[list[int]]) -> None:
    # not clipped at 1 or -1: the half width by both ends
    found = cohen_kappa(table, level=0.5)
    assert found.estimate is not None
    half = (found.estimate.high - found.estimate.low) / 2 / 0.6744897501960817
    assert half == pytest.approx(by_the_delta_method(table), rel=1e-6)


def test_the_two_coders_may_change_places() -> None:
    turned = [list(column) for column in zip(*COUPLES, strict=True)]
    assert value(cohen_kappa(turned)) == pytest.approx(value(cohen_kappa(COUPLES)))
    assert error(cohen_kappa(turned)) == pytest.approx(error(cohen_kappa(COUPLES)))


def test_perfect_agreement_is_one_and_its_interval_says_nothing() -> None:
    found = cohen_kappa([[20, 0], [0, 15]])
    assert value(found) == 1
    assert not found.has_interval
    assert cohen_kappa(DIAGNOSES).has_interval


def test_one_code_throughout_leaves_it_undefined() -> None:
    only = cohen_kappa([[40, 0], [0, 0]])
    assert (only.n, only.agreed, only.estimate) == (40, 40, None)
    assert is_enough(only) is None
    assert cohen_kappa([[0, 0], [0, 0]]).estimate is None
    # never chosen by either of the two
    assert one_against_rest([[5, 0], [0, 0]], 1).estimate is None


def test_one_coder_with_a_single_code_is_nought_and_says_nothing() -> None:
    """34 of 35 alike and yet kappa 0: not below .60 but untold."""
    found = cohen_kappa([[34, 1], [0, 0]])
    assert value(found) == pytest.approx(0)
    assert not found.is_told
    assert is_enough(found) is None
    assert is_enough(cohen_kappa([[20, 0], [0, 15]])) is True


def test_codes_by_chance_give_about_nought_and_their_interval_holds_it() -> None:
    rng = Random(7)
    pairs = [(rng.choice("abc"), rng.choice("abc")) for _ in range(600)]
    found = cohen_kappa(crossed(pairs, "abc"))
    assert found.estimate is not None
    assert found.estimate.low < 0 < found.estimate.high
    assert abs(found.estimate.value) < 0.1


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    """A fixed world: each agrees with a truth in 85 of 100, else says any of three; kappa in truth by its definition."""
    rng = np.random.default_rng(3)
    held, rounds, n = 0, 400, 80
    truth = 0.85**2  # equal shares: chance is 1/3 and each errs evenly, so kappa is the product of the two
    for _ in range(rounds):
        real = rng.integers(0, 3, n)
        said = [np.where(rng.random(n) < 0.85, real, rng.integers(0, 3, n)) for _ in range(2)]
        table = np.zeros((3, 3), int)
        np.add.at(table, (said[0], said[1]), 1)
        found = cohen_kappa(table.tolist())
        assert found.estimate is not None
        held += found.estimate.low <= truth <= found.estimate.high
    assert 0.92 <= held / rounds <= 0.98


def test_below_the_fewest_nothing_is_said() -> None:
    below, at = [[15, 0], [1, FEWEST - 17]], [[15, 0], [1, FEWEST - 16]]
    assert (is_enough(cohen_kappa(below)), is_enough(cohen_kappa(at))) == (None, True)
    assert is_enough(cohen_kappa([[15, 10], [10, 15]])) is False


def test_a_table_that_is_not_square_is_refused() -> None:
    with pytest.raises(ValueError, match="square"):
        cohen_kappa([[1, 2, 3], [4, 5, 6]])
