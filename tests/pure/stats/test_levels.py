"""Levels taken out of the equations give what the columns written out give, and cost no more with five hundred of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from behavior_metrics.stats.counts import dummies
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.levels import Score, fit_poisson_with_levels, fit_with_levels, poisson_score
from behavior_metrics.stats.negative_binomial import fit_negative_binomial
from behavior_metrics.stats.poisson import clustered_covariance, fit_poisson


class Data:
    """Uneven groups, each with a rate of its own, and two effects of which one differs between groups too."""

    def __init__(self, seed: int, *, groups: int = 14, spread: float = 0.0) -> None:
        dice = np.random.default_rng(seed)
        self.group = np.sort(np.concatenate([np.arange(groups), dice.integers(groups, size=12 * groups)]))
        self.part = self.group * 2 + dice.integers(2, size=self.group.size)
        level = dice.normal(size=groups)[self.group]
        self.x = np.column_stack([dice.normal(size=level.size), level + dice.normal(size=level.size)])
        self.offset = np.log(dice.uniform(5, 60, level.size))
        mean = np.exp(self.offset - 1.5 + 0.4 * level + self.x @ [-0.3, 0.1])
        self.y = dice.poisson(mean * dice.gamma(1 / spread, spread, mean.size) if spread else mean).astype(float)

    @property
    def written_out(self) -> np.ndarray:
        return np.column_stack([self.x, dummies(self.group)])


@pytest.mark.parametrize("seed", range(4))
def test_poisson_agrees_with_the_columns_written_out(seed: int) -> None:
    data = Data(seed)
    whole = fit_poisson(data.y, data.written_out, data.offset)
    found, level = fit_poisson_with_levels(data.y, data.x, data.group, data.offset)
    assert found.coef == pytest.approx(whole.coef[:2], rel=1e-10)
    assert level == pytest.approx(whole.coef[2:], rel=1e-9)
    assert found.mean == pytest.approx(whole.mean, rel=1e-10)
    assert found.covariance == pytest.approx(whole.covariance[:2, :2], rel=1e-9)
    assert found.loglik == pytest.approx(whole.loglik, rel=1e-12)
    # clusters are the groups, or lie within them
    for cluster, kind in ((data.group, "cr3"), (data.group, "plain"), (data.part, "g")):
        ours = clustered_covariance(found, cluster, kind)  # type: ignore[arg-type]
        assert ours == pytest.approx(clustered_covariance(whole, cluster, kind)[:2, :2], rel=1e-8)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(3))
def test_negative_binomial_agrees_with_the_columns_written_out(seed: int) -> None:
    data = Data(seed, spread=0.5)
    whole = fit_negative_binomial(data.y, data.written_out, data.offset)
    found = fit_negative_binomial(data.y, data.x, data.offset, group=data.group)
    assert whole.alpha > 0.1, "else nothing is compared"
    assert found.alpha == pytest.approx(whole.alpha, rel=1e-8)
    assert found.coef == pytest.approx(whole.coef[:2], rel=1e-8)
    assert (found.se_alpha, found.loglik) == pytest.approx((whole.se_alpha, whole.loglik), rel=1e-8)
    assert found.covariance == pytest.approx(whole.covariance[:2, :2], rel=1e-7)
    ours, theirs = (clustered_covariance(one, data.group, "cr3")[:2, :2] for one in (found, whole))
    assert ours == pytest.approx(theirs, rel=1e-7)


def test_counts_that_vary_no_more_than_chance_leave_the_levels_of_poisson() -> None:
    data = Data(1)
    data.y = np.round(np.exp(data.offset - 1.5))
    found = fit_negative_binomial(data.y, data.x, data.offset, group=data.group)
    plain, _ = fit_poisson_with_levels(data.y, data.x, data.group, data.offset)
    assert found.alpha == 0
    assert found.coef == pytest.approx(plain.coef)
    assert clustered_covariance(found, data.group, "cr3") == pytest.approx(
        clustered_covariance(plain, data.group, "cr3")
    )


def test_a_thousand_groups_are_fitted_in_the_effects_alone() -> None:
    """With columns written out this would be a thousand of them in each of some ten solutions."""
    data = Data(5, groups=1000)
    found, level = fit_poisson_with_levels(data.y + (data.y == 0), data.x, data.group, data.offset)
    assert found.x.shape == (data.y.size, 2)
    assert level.size == 1000


def without_events() -> Data:
    data = Data(2)
    data.y[data.group == 3] = 0
    return data


def between_alone() -> Data:
    data = Data(2)
    data.x[:, 1] = data.group * 0.37
    return data


def repeated() -> Data:
    data = Data(2)
    data.x[:, 1] = 2 * data.x[:, 0] + data.group
    return data


def too_few() -> Data:
    data = Data(2, groups=3)
    keep = np.concatenate([np.flatnonzero(data.group == group)[:many] for group, many in enumerate((2, 2, 1))])
    data.group, data.x, data.y, data.offset = data.group[keep], data.x[keep], data.y[keep] + 1, data.offset[keep]
    return data


REFUSED: dict[str, tuple[Callable[[], Data], str]] = {
    "a group without events": (without_events, "some group has no events"),
    "an effect that is nothing but its groups": (between_alone, "same value in every row"),
    "two that differ by their groups alone": (repeated, "repeat each other"),
    "as many effects as rows": (too_few, "rows cannot tell"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_no_number_is_made_of(case: str) -> None:
    made, why = REFUSED[case]
    data = made()
    for ask in (
        lambda: fit_poisson_with_levels(data.y, data.x, data.group, data.offset),
        lambda: fit_negative_binomial(data.y, data.x, data.offset, group=data.group),
    ):
        with pytest.raises(NoEstimate, match=why):
            ask()


def test_a_likelihood_that_never_settles_is_refused() -> None:
    data = Data(3)

    def climbs(linear: np.ndarray) -> Score:
        found = poisson_score(data.y, data.offset + linear)
        return Score(float(linear.sum()), np.ones(linear.size), found.information + 1)

    with pytest.raises(NoEstimate, match="did not settle"):
        fit_with_levels(climbs, data.x, data.group, np.zeros(2), np.zeros(14))


def test_a_step_too_long_is_halved() -> None:
    """From no effect at all the first step to so steep a one would overshoot, and the means with it."""
    dice = np.random.default_rng(11)
    group, x = np.repeat(np.arange(6), 40), dice.uniform(-4, 4, (240, 1))
    y = dice.poisson(np.exp(0.4 * group - 3 + 2.2 * x[:, 0])).astype(float)
    heights: list[float] = []

    def watched(linear: np.ndarray) -> Score:
        found = poisson_score(y, linear)
        heights.append(found.height)
        return found

    coef, level = fit_with_levels(watched, x, group, np.zeros(1), np.zeros(6))
    whole = fit_poisson(y, np.column_stack([x, dummies(group)]))
    assert (*coef, *level) == pytest.approx(whole.coef, rel=1e-9)
    assert min(np.diff(heights)) < 0, "else no step was too long and nothing is shown"
