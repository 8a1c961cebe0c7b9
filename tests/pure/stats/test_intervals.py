"""Intervals against values worked by hand or by the line of R beside them."""

from math import inf, isnan

import pytest

from behavior_metrics.stats.intervals import rate_interval, rate_ratio, share_beta, share_wilson


def test_no_event_in_sixty_batches_still_allows_six_per_hundred() -> None:
    # R: 100 * poisson.test(0, 60)$conf.int -> 0, 6.148132
    found = rate_interval(0, 60)
    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(6.148132, abs=1e-6)


def test_a_rate_has_the_exact_poisson_interval() -> None:
    # R: 100 * poisson.test(9, 52)$conf.int -> 7.914179, 32.855391
    found = rate_interval(9, 52)
    assert (found.value, found.low, found.high) == pytest.approx((17.307692, 7.914179, 32.855391), abs=1e-6)
    assert found.n == 9


def test_a_normal_interval_would_claim_certainty_where_nothing_happened() -> None:
    events, batches = 0, 60
    normal_width = 2 * 1.96 * events**0.5 / batches
    assert normal_width == 0
    assert rate_interval(events, batches).high > 6


def test_a_period_without_batches_has_no_rate() -> None:
    with pytest.raises(ValueError, match="Not estimable because the exposure is missing, nought"):
        rate_interval(0, 0)


def test_two_of_six_is_ten_to_seventy_percent() -> None:
    # R: prop.test(2, 6, correct = FALSE)$conf.int -> 0.09677141, 0.70000667
    found = share_wilson(2, 6)
    assert (found.low, found.high) == pytest.approx((0.09677141, 0.70000668), abs=1e-8)


@pytest.mark.parametrize(("x", "end"), [(0, "low"), (6, "high")])
def test_a_share_at_the_end_of_the_scale_stays_on_it(x: int, end: str) -> None:
    assert getattr(share_wilson(x, 6), end) == x / 6


def test_more_done_than_due_is_refused() -> None:
    with pytest.raises(ValueError, match="not 7 of 6"):
        share_wilson(7, 6)


def test_a_share_drawn_towards_the_network_lies_between_the_two() -> None:
    # Worked by hand: (9 + 10 * .55) / (14 + 10) = 14.5 / 24
    found = share_beta(9, 14, prior_share=0.55, prior_weight=10)
    assert found.value == pytest.approx(14.5 / 24)
    # R: qbeta(c(.025, .975), 14.5, 9.5) -> 0.4061954, 0.7856893
    assert (found.low, found.high) == pytest.approx((0.4061954, 0.7856893), abs=1e-6)


def test_nine_in_52_then_three_in_41_batches_is_not_demonstrably_lower() -> None:
    # R: poisson.test(c(3, 9), c(41, 52), alternative = "less") -> ratio 0.4227642, p 0.1487774
    found = rate_ratio(9, 52, 3, 41)
    assert found.estimate.value == pytest.approx(0.4227642, abs=1e-7)
    assert found.p_lower == pytest.approx(0.1487774, abs=1e-7)
    # R: poisson.test(c(3, 9), c(41, 52))$conf.int -> 0.0736181, 1.6940283
    assert (found.estimate.low, found.estimate.high) == pytest.approx((0.0736181, 1.6940283), abs=1e-6)


@pytest.mark.parametrize(("after", "p"), [(4, 0.029), (5, 0.053)])
def test_four_in_eighty_batches_show_an_effect_and_five_do_not(after: int, p: float) -> None:
    assert rate_ratio(9, 52, after, 80).p_lower == pytest.approx(p, abs=0.0005)


def test_a_ratio_of_nothing_to_nothing_is_unknown() -> None:
    found = rate_ratio(0, 52, 0, 41)
    assert isnan(found.estimate.value)
    assert (found.estimate.low, found.estimate.high, found.p_lower) == (0.0, inf, 1.0)


def test_a_ratio_to_nothing_has_a_lower_limit_alone() -> None:
    # 3 of 3 after: the share is at least .025^(1/3) = .2924018, its odds .4132308
    found = rate_ratio(0, 52, 3, 41)
    assert (found.estimate.value, found.estimate.high) == (inf, inf)
    assert found.estimate.low == pytest.approx(0.4132308 * 52 / 41, abs=1e-5)


def test_hundred_percent_fewer_has_an_upper_limit() -> None:
    # R: poisson.test(c(0, 9), c(41, 52))$conf.int -> 0, 0.6426537
    found = rate_ratio(9, 52, 0, 41)
    assert (found.estimate.value, found.estimate.low) == (0.0, 0.0)
    assert found.estimate.high == pytest.approx((1 - 0.025 ** (1 / 9)) / 0.025 ** (1 / 9) * 52 / 41)
