"""Risks of steps at sites held against what came, equal to R, and silent where they cannot be judged."""

import numpy as np
import pytest

from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.prediction import validate

#: Percent.
RISKS = "10 89 58 06 54 76 62 17 21 59 32 35 12 08 42 74 53 19 25 45 19 53 49 50"
RISK = np.array([int(risk) / 100 for risk in RISKS.split()])
CAME = np.array([0, 1, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 1, 0])


def test_discrimination_is_that_of_r() -> None:
    # wilcox.test(p[y == 1], p[y == 0])$statistic / (sum(y == 1) * sum(y == 0))
    found = validate(CAME, RISK)
    assert found.auroc.value == pytest.approx(0.7421875)
    assert (found.n, found.events) == (24, 8)
    # DeLong from the pairs themselves: the variance of each row's and each column's mean.
    pairs = (RISK[CAME == 1][:, None] > RISK[CAME == 0]) + 0.5 * (RISK[CAME == 1][:, None] == RISK[CAME == 0])
    se = (pairs.mean(axis=1).var(ddof=1) / 8 + pairs.mean(axis=0).var(ddof=1) / 16) ** 0.5
    assert found.auroc.high == pytest.approx(min(0.7421875 + 1.959964 * se, 1), abs=1e-6)
    assert found.auroc.low == pytest.approx(0.7421875 - 1.959964 * se, abs=1e-6)


def test_calibration_is_that_of_r() -> None:
    # summary(glm(y ~ qlogis(p), binomial))$coef; summary(glm(y ~ 1, offset = qlogis(p), binomial))$coef
    found = validate(CAME, RISK)
    assert found.slope.value == pytest.approx(0.870145025, abs=1e-8)
    assert (found.slope.high - found.slope.low) / 2 / 1.959964 == pytest.approx(0.478919289, abs=1e-6)
    assert found.intercept.value == pytest.approx(-0.383464185, abs=1e-8)
    assert (found.intercept.high - found.intercept.low) / 2 / 1.959964 == pytest.approx(0.486130986, abs=1e-6)
    assert found.brier == pytest.approx(0.193983333, abs=1e-9)
    assert found.brier_scaled == pytest.approx(1 - found.brier / (8 / 24 * 16 / 24))


def test_ties_are_ranked_together() -> None:
    # Three risks: .2 (0 of 2 came), .5 (1 of 2), .8 (1 of 2). Precision at .8 is 1/2, at .5 2/4.
    found = validate([0, 0, 1, 0, 1, 0], [0.2, 0.2, 0.5, 0.5, 0.8, 0.8])
    assert found.average_precision == pytest.approx(0.5 * 1 / 2 + 0.5 * 2 / 4)
    # Pairs: .5 over .2 twice, tie once, under .8: 2.5 of 4; .8 over .2 twice, over .5, tie: 3.5 of 4.
    assert found.auroc.value == pytest.approx(6 / 8)


def test_the_distance_over_ten_bins_of_equal_width() -> None:
    # .05 and .07 lie in the first bin (0 and 1 came), .62 in the seventh (came), .98 in the last (did not).
    found = validate([0, 1, 1, 0], [0.05, 0.07, 0.62, 0.98])
    assert found.ece == pytest.approx((abs(1 - 0.12) + abs(1 - 0.62) + abs(0 - 0.98)) / 4)


def test_acting_on_the_risk_is_set_against_acting_always() -> None:
    (found,) = validate([0, 1, 1, 0, 0], [0.1, 0.5, 0.15, 0.3, 0.05], thresholds=(0.2,)).benefit
    assert (found.by_prediction, found.always) == pytest.approx((1 / 5 - 1 / 5 * 0.25, 2 / 5 - 3 / 5 * 0.25))


def world(n: int, stretch: float) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(3)
    logit = chance.normal(-1, 1, n)
    came = chance.random(n) < 1 / (1 + np.exp(-logit))
    return came.astype(int), 1 / (1 + np.exp(-stretch * logit))


def test_what_is_too_sure_of_itself_or_too_small_is_not_validated() -> None:
    assert validate(*world(2000, 1)).validated is True
    assert validate(*world(2000, 2)).validated is False
    assert validate(*world(200, 1)).validated is False
    assert validate(*world(2000, 2)).slope.value == pytest.approx(validate(*world(2000, 1)).slope.value / 2)


REFUSED = {
    "outcome of two": ([0, 1, 2, 0], [0.1, 0.5, 0.3, 0.4]),
    "nothing came": ([0, 0, 0, 0], [0.1, 0.5, 0.3, 0.4]),
    "risk of one": ([0, 1, 0, 1], [0.1, 0.5, 1, 0.4]),
    "risk missing": ([0, 1, 0, 1], [0.1, np.nan, 0.2, 0.4]),
    "risk constant": ([0, 1, 0, 1], [0.3] * 4),
    "separation": ([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4]),
    "separation the other way": ([1, 1, 0, 0], [0.1, 0.2, 0.3, 0.4]),
    "one that came": ([0, 0, 1, 0], [0.1, 0.5, 0.3, 0.4]),
    "lengths": ([0, 1, 0], [0.1, 0.5, 0.3, 0.4]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_no_risk_is_judged_of(case: str) -> None:
    with pytest.raises(NoEstimate, match=r"^Not estimable because"):
        validate(*REFUSED[case])


def test_a_threshold_is_a_risk() -> None:
    with pytest.raises(NoEstimate, match="threshold"):
        validate(CAME, RISK, thresholds=(1.0,))
