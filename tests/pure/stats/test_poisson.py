"""Poisson regression and its sandwiches against closed forms; R itself is asked in test_oracles."""

import numpy as np
import pytest

from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.poisson import clustered_covariance, fit_poisson

EVENTS = np.array([4, 7, 2, 9, 1, 5])
BATCHES = np.array([50, 60, 40, 55, 30, 45])
SITE = np.array(["a", "a", "b", "b", "c", "c"])
ONLY_LEVEL = np.ones((6, 1))


def test_a_level_alone_is_events_over_exposure() -> None:
    fit = fit_poisson(EVENTS, ONLY_LEVEL, np.log(BATCHES))
    assert np.exp(fit.coef[0]) == pytest.approx(28 / 280)
    assert fit.se[0] == pytest.approx(28**-0.5)


def test_two_groups_give_the_ratio_of_their_rates() -> None:
    late = np.array([0, 0, 0, 1, 1, 1])
    fit = fit_poisson(EVENTS, np.column_stack([np.ones(6), late]), np.log(BATCHES))
    assert np.exp(fit.coef[1]) == pytest.approx((15 / 130) / (13 / 150))
    assert fit.se[1] == pytest.approx((1 / 15 + 1 / 13) ** 0.5)


def test_sandwiches_of_a_level_alone_worked_by_hand() -> None:
    # Expected per site at .1 per batch: a 11 of 11, b 9.5 of 11, c 7.5 of 6; scores 0, 1.5, -1.5; information 28.
    fit = fit_poisson(EVENTS, ONLY_LEVEL, np.log(BATCHES))
    plain = (1.5**2 + 1.5**2) / 28**2
    assert clustered_covariance(fit, SITE)[0, 0] == pytest.approx(plain)
    assert clustered_covariance(fit, SITE, "g")[0, 0] == pytest.approx(plain * 3 / 2)
    assert clustered_covariance(fit, SITE, "hc1")[0, 0] == pytest.approx(plain * 3 / 2 * 5 / 5)
    # CR3: each score over the information the other sites hold, 28 less its own expectation.
    assert clustered_covariance(fit, SITE, "cr3")[0, 0] == pytest.approx((1.5 / 18.5) ** 2 + (1.5 / 20.5) ** 2)


def test_the_order_of_rows_does_not_matter() -> None:
    x = np.column_stack([np.ones(6), [0.1, 0.9, 0.4, 0.2, 0.7, 0.5]])
    turned = np.array([3, 0, 5, 1, 4, 2])
    first = fit_poisson(EVENTS, x, np.log(BATCHES))
    second = fit_poisson(EVENTS[turned], x[turned], np.log(BATCHES[turned]))
    np.testing.assert_allclose(first.coef, second.coef, rtol=1e-10)
    np.testing.assert_allclose(
        clustered_covariance(first, SITE, "cr3"), clustered_covariance(second, SITE[turned], "cr3"), rtol=1e-9
    )


def test_a_group_without_events_has_no_estimate() -> None:
    with pytest.raises(NoEstimate, match="no events"):
        fit_poisson([3, 4, 0, 0], np.column_stack([np.ones(4), [0, 0, 1, 1]]))


def test_columns_that_repeat_each_other_are_refused() -> None:
    x = np.column_stack([np.ones(6), BATCHES, 2 * BATCHES])
    with pytest.raises(NoEstimate, match="repeat each other"):
        fit_poisson(EVENTS, x)


def test_forgetting_clusters_claims_twice_the_certainty() -> None:
    # Four rows a site that are one observation four times over: the model's error is half of the truth.
    events, batches, site = (np.repeat(a, 4) for a in (EVENTS, BATCHES, np.arange(6)))
    fit = fit_poisson(events, np.ones((24, 1)), np.log(batches))
    alone = fit_poisson(EVENTS, ONLY_LEVEL, np.log(BATCHES))
    once = clustered_covariance(alone, np.arange(6), "g")[0, 0]
    assert clustered_covariance(fit, site, "g")[0, 0] == pytest.approx(once)
    assert clustered_covariance(fit, np.arange(24), "g")[0, 0] < once / 3.4
