"""Sites are comparable only when it was shown, and a count of records is no count of errors."""

import numpy as np
import pytest

from behavior_metrics.stats.equivalence import (
    Verdict,
    equivalence,
    equivalence_of_estimate,
    events_for_equivalence,
    sites_against_network,
)
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.reporting import (
    Detected,
    Reporting,
    capture_recapture,
    raise_delay,
    rates_apart,
    reporting_shift,
    simpson_guard,
)


def test_two_tests_are_those_of_r() -> None:
    # poisson.test(c(50, 52), c(1000, 1000), r = 1.5, "less") .01598; r = 1/1.5, "greater" .04027; conf.level = .9
    found = equivalence(50, 1000, 52, 1000, margin=1.5)
    assert found.p == pytest.approx(0.04026666, abs=1e-8)
    assert (found.ratio.low, found.ratio.high) == pytest.approx((0.6804845, 1.3579076), abs=1e-7)
    assert found.verdict is Verdict.COMPARABLE
    # poisson.test(c(3, 7), c(500, 260), r = 1/2, "greater") .938
    assert equivalence(3, 500, 7, 260, margin=2).p == pytest.approx(0.9380741, abs=1e-7)


@pytest.mark.parametrize("pair", [(x, y) for x in range(0, 60, 6) for y in range(0, 60, 7)])
def test_the_verdict_is_the_interval_within_the_margin(pair: tuple[int, int]) -> None:
    if not any(pair):
        return
    found = equivalence(pair[0], 120, pair[1], 100, margin=2)
    inside = found.ratio.low > 1 / 2 and found.ratio.high < 2
    assert (found.verdict is Verdict.COMPARABLE) == inside == (found.p < 0.05)


def test_few_events_are_no_evidence_of_likeness() -> None:
    assert equivalence(2, 50, 2, 50, margin=1.5).verdict is Verdict.CANNOT_TELL
    assert equivalence(30, 100, 10, 100, margin=1.5).verdict is Verdict.DIFFERENT


def test_a_small_difference_that_is_sure_is_still_comparable() -> None:
    found = equivalence(2400, 10_000, 2200, 10_000, margin=1.5)
    assert found.verdict is Verdict.COMPARABLE
    assert found.ratio.low > 1


def test_sites_apart_by_the_margin_are_seldom_called_comparable() -> None:
    # Five per cent of 400 at most, and three standard deviations of that count.
    chance = np.random.default_rng(8)
    pairs = chance.poisson([90, 60], size=(400, 2))
    wrong = sum(equivalence(int(x), 100, int(y), 100, margin=1.5).verdict is Verdict.COMPARABLE for x, y in pairs)
    assert wrong <= 20 + 3 * (400 * 0.05 * 0.95) ** 0.5


def test_an_adjusted_ratio_is_tested_with_students_t() -> None:
    # In R: pt(-(log(1.5) - .05) / .1, 11)
    found = equivalence_of_estimate(0.05, 0.1, 11, 12, margin=1.5)
    assert found.p == pytest.approx(0.002257523, abs=1e-9)
    assert equivalence_of_estimate(-0.05, 0.1, 11, 12, margin=1.5).p == pytest.approx(found.p)
    assert equivalence_of_estimate(0.05, 0.4, 11, 12, margin=1.5).verdict is Verdict.CANNOT_TELL
    assert equivalence_of_estimate(1.5, 0.1, 11, 12, margin=1.5).verdict is Verdict.DIFFERENT


def test_each_site_against_all_the_others() -> None:
    found = sites_against_network(["A", "B", "C"], [120, 118, 240], [1000, 1000, 1000], margin=1.5)
    assert [found[site].verdict for site in "ABC"] == [Verdict.DIFFERENT, Verdict.DIFFERENT, Verdict.DIFFERENT]
    assert found["A"].ratio.value == pytest.approx((120 / 1000) / (358 / 2000))
    alike = sites_against_network(["A", "B", "C"], [120, 118, 122], [1000, 1000, 1000], margin=1.5)
    assert {one.verdict for one in alike.values()} == {Verdict.COMPARABLE}


def test_how_many_events_would_show_it() -> None:
    n = events_for_equivalence(1.5)
    assert n == 105
    chance = np.random.default_rng(5)
    shown = [
        equivalence(int(x), 100, int(y), 100, margin=1.5).verdict is Verdict.COMPARABLE
        for x, y in chance.poisson(n, size=(400, 2))
    ]
    # The exact test asks for a little more than the normal formula.
    assert np.mean(shown) == pytest.approx(0.8, abs=0.08)


BEFORE, AFTER = Detected(200, 280, 1000), Detected(420, 98, 1000)


def test_records_rise_while_errors_fall() -> None:
    # Of 100 true errors 20 + 28, of 70 then 42 + 9.8: records +8 %, independently detected -65 %.
    found = reporting_shift(BEFORE, AFTER)
    assert found.reporting is Reporting.ROSE
    assert found.independent.estimate.value == pytest.approx(0.35)
    assert found.self_reported.estimate.value == pytest.approx(2.1)
    assert (found.before.value, found.after.value) == pytest.approx((200 / 480, 420 / 518))
    assert reporting_shift(AFTER, BEFORE).reporting is Reporting.FELL


@pytest.mark.parametrize(
    ("after", "expected"), [(60, Reporting.STEADY), (61, Reporting.ROSE), (40, Reporting.STEADY), (39, Reporting.FELL)]
)
def test_more_than_ten_points_and_not_ten(after: int, expected: Reporting) -> None:
    assert reporting_shift(Detected(50, 50, 100), Detected(after, 100 - after, 100)).reporting is expected


def test_the_two_rates_stand_apart() -> None:
    found = rates_apart(Detected(14, 0, 60))
    assert found.self_reported.value == pytest.approx(14 / 60 * 100)
    # Nothing found in 60 batches is up to 6.15 per 100.
    assert (found.independent.value, round(found.independent.high, 2)) == (0, 6.15)


def test_fourteen_eleven_and_seven_of_both() -> None:
    found = capture_recapture(14, 11, 7)
    assert found.estimate.value == 21.5
    assert round(found.se, 1) == 3.0
    assert found.seen == 18
    # Chao: 18 + 3.5 / C and 18 + 3.5 C, C = exp(1.96 sqrt(log(1 + 8.75 / 3.5^2)))
    stretch = np.exp(1.959964 * np.log(1 + 8.75 / 3.5**2) ** 0.5)
    assert (found.estimate.low, found.estimate.high) == pytest.approx(
        (18 + 3.5 / stretch, 18 + 3.5 * stretch), rel=1e-6
    )


def test_an_audit_that_finds_nothing_new_does_not_prove_that_all_was_seen() -> None:
    found = capture_recapture(11, 7, 7)
    assert found.estimate.value == found.estimate.low == 11
    # binom.test(7, 7)$conf.int[1] = .5903836
    assert found.estimate.high == pytest.approx(11 / 0.5903836, rel=1e-6)


def test_the_interval_of_the_true_number_holds_it() -> None:
    chance = np.random.default_rng(2)
    held = 0
    for _ in range(400):
        raised, audited = chance.random((2, 60)) < [[0.6], [0.4]]
        n1, n2, m = int(raised.sum()), int(audited.sum()), int((raised & audited).sum())
        found = capture_recapture(n1, n2, m).estimate
        held += found.low <= 60 <= found.high
    assert held / 400 == pytest.approx(0.95, abs=0.04)


def test_the_median_delay_lies_between_two_of_the_delays() -> None:
    # qbinom(.025, 20, .5) = 6: the 6th smallest and the 6th largest
    found = raise_delay(list(range(20)))
    assert (found.value, found.low, found.high) == (9.5, 5, 14)
    assert (raise_delay([9, 1, 30, 4, 2, 6]).low, raise_delay([9, 1, 30, 4, 2, 6]).high) == (1, 30)


def test_pooling_that_turns_the_direction_is_seen() -> None:
    # glm(y ~ x, poisson, offset = log(n)) .5226; glm(y ~ x + factor(site), …) -.3781
    found = simpson_guard(
        [12, 10, 6, 5, 40, 36, 30, 25, 2, 1, 6, 5],
        [100, 100, 60, 60, 200, 200, 200, 200, 100, 100, 300, 300],
        [3, 3.5, 4, 4.2, 5, 5.2, 5.6, 5.9, 2, 2.2, 2.9, 3.1],
        ["a"] * 4 + ["b"] * 4 + ["c"] * 4,
    )
    assert (found.pooled, found.within) == pytest.approx((0.5225696, -0.3781427), abs=1e-6)
    assert found.reverses is True


def test_a_site_without_events_turns_nothing() -> None:
    rows = ([6, 3, 8, 4, 0, 0], [50, 50, 60, 60, 20, 20], [0, 1, 0, 1, 0, 1], list("aabbcc"))
    found = simpson_guard(*rows)
    assert found.within == pytest.approx(np.log(7 / 14))
    assert found.reverses is False


REFUSED = {
    "margin of one": lambda: equivalence(5, 9, 5, 9, margin=1),
    "no event": lambda: equivalence(0, 9, 0, 9, margin=1.5),
    "no exposure": lambda: equivalence(5, 0, 5, 9, margin=1.5),
    "exposure beyond reason": lambda: equivalence(5, 1e9, 5, 9, margin=1.5),
    "alpha": lambda: equivalence(5, 9, 5, 9, margin=1.5, alpha=0.7),
    "no error": lambda: equivalence_of_estimate(0.1, 0, 11, 12, margin=1.5),
    "no estimate": lambda: equivalence_of_estimate(np.nan, 0.1, 11, 12, margin=1.5),
    "one site": lambda: sites_against_network(["A"], [5], [9], margin=1.5),
    "site twice": lambda: sites_against_network(["A", "A"], [5, 5], [9, 9], margin=1.5),
    "no event anywhere": lambda: sites_against_network(["A", "B"], [0, 0], [9, 9], margin=1.5),
    "period without deviations": lambda: reporting_shift(Detected(0, 0, 50), Detected(3, 2, 50)),
    "period without batches": lambda: rates_apart(Detected(3, 2, 0)),
    "count below nought": lambda: rates_apart(Detected(-3, 2, 50)),
    "more in both": lambda: capture_recapture(5, 6, 7),
    "nothing in both": lambda: capture_recapture(5, 6, 0),
    "delay below nought": lambda: raise_delay([3, 4, -1, 5, 6, 7]),
    "five delays": lambda: raise_delay([1, 2, 3, 4, 5]),
    "delay missing": lambda: raise_delay([1, 2, 3, 4, 5, np.nan]),
    "guard: one site": lambda: simpson_guard([1, 2], [9, 9], [0, 1], ["a", "a"]),
    "guard: nothing varies within": lambda: simpson_guard([1, 2], [9, 9], [0, 1], ["a", "b"]),
    "guard: no event": lambda: simpson_guard([0, 0, 0, 0], [9] * 4, [0, 1, 0, 1], list("aabb")),
    "guard: separation": lambda: simpson_guard([0, 4, 0, 6], [9] * 4, [0, 1, 0, 1], list("aabb")),
}


@pytest.mark.parametrize("case", REFUSED)
def test_nothing_is_compared_of(case: str) -> None:
    with pytest.raises(NoEstimate):
        REFUSED[case]()
