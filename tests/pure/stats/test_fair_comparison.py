"""Sites are comparable only when it was shown, and a count of records is no count of errors."""

import numpy as np
import pytest

from behavior_metrics.stats.equivalence import equivalent, events_for_equivalence
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


def test_few_events_are_no_evidence_of_likeness() -> None:
    few = equivalent(2, 50, 2, 50, 1.5)
    assert not few.equivalent
    assert not few.differs
    assert equivalent(60, 100, 10, 100, 1.5).differs


def test_a_small_difference_that_is_sure_is_still_comparable() -> None:
    found = equivalent(2400, 10_000, 2200, 10_000, 1.5)
    assert found.equivalent
    assert found.ratio.low > 1, "and yet surely not the same"


def test_sites_apart_by_the_margin_are_seldom_called_comparable() -> None:
    rng = np.random.default_rng(5)
    pairs = zip(rng.poisson(45, 400), rng.poisson(30, 400), strict=True)
    wrong = sum(equivalent(int(x), 100, int(y), 100, 1.5).equivalent for x, y in pairs)
    assert wrong / 400 <= 0.07


def test_how_many_events_would_show_it() -> None:
    n = events_for_equivalence(1.5)
    assert n == 105
    rng = np.random.default_rng(6)
    pairs = zip(rng.poisson(n, 400), rng.poisson(n, 400), strict=True)
    shown = sum(equivalent(int(x), 100, int(y), 100, 1.5).equivalent for x, y in pairs)
    assert shown / 400 == pytest.approx(0.8, abs=0.08)


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
    "margin of one": lambda: equivalent(5, 9, 5, 9, 1),
    "no event": lambda: equivalent(0, 9, 0, 9, 1.5),
    "no exposure": lambda: equivalent(5, 0, 5, 9, 1.5),
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
