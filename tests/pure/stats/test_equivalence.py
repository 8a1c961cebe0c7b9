"""Two rates are alike only if that is shown; the figures are R's."""

from __future__ import annotations

from math import inf, nan

import pytest

from behavior_metrics.stats.equivalence import equivalent
from behavior_metrics.stats.findings import NoEstimate

#: R 4: max(poisson.test(c(a, b), c(Ea, Eb), r = m, alternative = "less")$p.value, poisson.test(c(a, b), c(Ea, Eb),
#: r = 1/m, alternative = "greater")$p.value), poisson.test(c(a, b), c(Ea, Eb), conf.level = .9)$conf.int
R = (
    ((20, 300, 22, 310, 1.5), 0.168934337608, 0.537545207829, 1.635497741371),
    ((200, 3000, 220, 3100, 1.25), 0.0554806149266, 0.7960116282902, 1.1082759989977),
    ((400, 3000, 415, 3100, 1.25), 0.00100728170809, 0.88536215741513, 1.12036396569900),
    ((90, 300, 20, 310, 1.5), 0.999999894384, 3.048869341008, 7.308616368242),
    ((0, 300, 9, 310, 1.5), 1.0, 0.0, 0.408115820428),
)


@pytest.mark.parametrize(("case", "p", "low", "high"), R)
def test_it_gives_what_r_gives(case: tuple[int, float, int, float, float], p: float, low: float, high: float) -> None:
    found = equivalent(*case)
    assert (found.p, found.ratio.low, found.ratio.high) == pytest.approx((p, low, high), rel=1e-9, abs=1e-12)


def test_alike_is_shown_with_many_and_never_with_few_and_the_answer_is_the_interval() -> None:
    assert not equivalent(2, 30, 2, 30, 1.5).equivalent, "the same rate, but four events"
    assert equivalent(200, 3000, 200, 3000, 1.5).equivalent
    assert equivalent(90, 300, 20, 310, 1.5).differs
    for case, *_ in R:
        found = equivalent(*case)
        within = 1 / case[4] < found.ratio.low and found.ratio.high < case[4]
        assert found.equivalent == within
        assert not (found.equivalent and found.differs)


def test_which_of_the_two_comes_first_does_not_matter() -> None:
    one, other = equivalent(30, 400, 41, 620, 1.4), equivalent(41, 620, 30, 400, 1.4)
    assert one.p == pytest.approx(other.p, rel=1e-9)
    assert one.ratio.low == pytest.approx(1 / other.ratio.high, rel=1e-9)


@pytest.mark.parametrize(
    ("case", "why"),
    [
        ((3, 0, 4, 50, 1.5), "no batches"),
        ((3, nan, 4, 50, 1.5), "no batches"),
        ((3, inf, 4, 50, 1.5), "no batches"),
        ((0, 40, 0, 50, 1.5), "neither"),
        ((-1, 40, 3, 50, 1.5), "below nought"),
        ((3, 40, 3, 50, 1.0), "margin"),
        ((3, 40, 3, 50, nan), "margin"),
    ],
)
def test_what_cannot_be_told_is_refused_in_words(case: tuple[int, float, int, float, float], why: str) -> None:
    with pytest.raises(NoEstimate, match=f"Not estimable because .*{why}"):
        equivalent(*case)


def test_many_batches_break_nothing_and_a_billion_are_taken_for_a_slip() -> None:
    assert equivalent(1000, 9e8, 1000, 9e8, 1.2).equivalent
    with pytest.raises(NoEstimate, match="taken for a slip"):
        equivalent(1000, 1e9, 1000, 9e8, 1.2)
