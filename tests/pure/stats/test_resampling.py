"""Doubt by drawing sites again and by exchanging their histories; what withheld cells could change."""

from collections.abc import Callable
from itertools import permutations

import numpy as np
import pytest
from scipy import stats

from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.resampling import cluster_bootstrap, spearman_of_changes
from behavior_metrics.stats.sensitivity import adjust, e_value, e_value_of_common_hazard
from behavior_metrics.stats.suppression import bounds_by_slope, bounds_of_estimate, bounds_of_mean

EVENTS = np.array([4, 9, 2, 7, 12, 5, 3, 8, 6, 10, 1, 7], float)
BATCHES = np.array([60, 80, 50, 75, 90, 70, 40, 85, 66, 95, 30, 77], float)


def rate(times: np.ndarray) -> np.ndarray:
    return np.asarray((times @ EVENTS) / (times @ BATCHES))


def test_redrawn_sites_spread_as_the_formula_of_a_ratio_says() -> None:
    found = cluster_bootstrap(rate, 12, seed=1)
    assert found.estimate.value == pytest.approx(EVENTS.sum() / BATCHES.sum())
    # Linearised: sqrt(sum (y - r n)^2) / sum n
    linear = np.sqrt(np.sum((EVENTS - found.estimate.value * BATCHES) ** 2)) / BATCHES.sum()
    assert found.se == pytest.approx(linear, rel=0.08)
    assert found.estimate.low < found.estimate.value < found.estimate.high


def test_a_draw_of_sites_is_a_table_with_their_rows_as_often_as_they_were_drawn() -> None:
    site = np.repeat(np.arange(4), 3)
    x = np.random.default_rng(2).normal(size=12)
    seen: list[np.ndarray] = []

    def mean_of_rows(times: np.ndarray) -> np.ndarray:
        seen.append(times)
        weights = times[:, site]
        return np.asarray((weights @ x) / weights.sum(axis=1))

    found = cluster_bootstrap(mean_of_rows, 4, seed=3, replicates=50)
    tables = [np.concatenate([np.tile(x[site == s], int(n)) for s, n in enumerate(row)]) for row in seen[1]]
    by_hand = [table.mean() for table in tables]
    assert {row.sum() for row in seen[1]} == {4}
    assert (found.estimate.low, found.estimate.high) == pytest.approx(tuple(np.quantile(by_hand, [0.025, 0.975])))


def test_the_same_seed_gives_the_same_interval() -> None:
    first, again, other = (cluster_bootstrap(rate, 12, seed=seed) for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_rows_of_one_site_are_one_piece() -> None:
    # Ten sites of a hundred rows each that are all alike: 1,000 rows, but the doubt of ten.
    levels = np.random.default_rng(6).normal(size=10)
    found = cluster_bootstrap(lambda times: (times @ (100 * levels)) / (100 * times.sum(axis=1)), 10, seed=1)
    assert found.se == pytest.approx(levels.std() / 10**0.5, rel=0.1)


def test_few_sites_are_exchanged_in_every_order() -> None:
    chance = np.random.default_rng(9)
    climate, outcome = chance.normal(size=(5, 4)), chance.integers(0, 4, size=(5, 4)).astype(float)
    found = spearman_of_changes(climate, outcome, seed=1)
    x, y = np.diff(climate, axis=1), np.diff(outcome, axis=1)
    every = [stats.spearmanr(x[list(order)].ravel(), y.ravel()).statistic for order in permutations(range(5))]
    assert found.rho == pytest.approx(every[0])
    assert (found.exact, found.tried, found.smallest_p) == (True, 120, 1 / 120)
    assert found.p == pytest.approx(np.mean(np.abs(every) >= abs(every[0]) - 1e-12))


def test_what_all_sites_share_in_a_quarter_is_no_association() -> None:
    chance = np.random.default_rng(12)
    refuted = naive = 0
    for seed in range(100):
        climate, outcome = (np.cumsum(chance.normal(size=8)) + chance.normal(size=(12, 8)) * 0.5 for _ in range(2))
        found = spearman_of_changes(climate, outcome, seed=seed, tries=499)
        refuted += found.p < 0.05
        x, y = np.diff(climate, axis=1).ravel(), np.diff(outcome, axis=1).ravel()
        naive += stats.spearmanr(x, y).pvalue < 0.05
    # Five of a hundred expected, standard deviation two; pairs taken as independent find far more.
    assert refuted <= 11
    assert naive >= 30


def test_a_planted_link_within_sites_is_found() -> None:
    chance = np.random.default_rng(13)
    climate = chance.normal(size=(12, 8))
    found = spearman_of_changes(climate, -climate + chance.normal(size=(12, 8)), seed=1)
    assert found.rho < -0.5
    assert found.p == found.smallest_p == 1 / 10_001


def test_a_site_with_a_hole_is_left_out() -> None:
    chance = np.random.default_rng(14)
    climate, outcome = chance.normal(size=(7, 4)), chance.normal(size=(7, 4))
    climate[2, 1] = np.nan
    kept = [0, 1, 3, 4, 5, 6]
    assert spearman_of_changes(climate, outcome, seed=1) == spearman_of_changes(climate[kept], outcome[kept], seed=1)


def test_a_withheld_team_moves_the_mean_by_what_it_weighs() -> None:
    found = bounds_of_mean([5.0, 4.0], [30, 30], [20], lowest=1, highest=7)
    assert (found.released, found.low, found.high) == pytest.approx((4.5, (270 + 20) / 80, (270 + 140) / 80))
    assert bounds_of_mean([5.0], [30], [], lowest=1, highest=7).low == 5


def slope_with(withheld_rates: list[float]) -> Callable[[np.ndarray], np.ndarray]:
    climate, rates = np.array([3.5, 4.0, 4.5, 5.0, 5.5]), np.array([9.0, 8.0, 8.5, 6.0, 5.0])

    def slope(withheld: np.ndarray) -> np.ndarray:
        every = np.concatenate([rates, withheld_rates])
        return np.array([np.polyfit(np.concatenate([climate, one]), every, 1)[0] for one in withheld])

    return slope


def test_withheld_cells_bound_a_slope_as_every_climate_they_could_have_does() -> None:
    slope = slope_with([12.0, 3.0])
    grid = np.linspace(1, 7, 13)
    every = slope(np.array([[a, b] for a in grid for b in grid])).tolist()
    released = float(slope_with([])(np.empty((1, 0)))[0])
    found = bounds_of_estimate(slope, released, 2, lowest=1, highest=7)
    assert (found.low, found.high) == pytest.approx((min([*every, released]), max([*every, released])))
    assert found.keeps_sign is (max(every) < 0)


def test_the_search_starts_from_both_ends_of_the_scale() -> None:
    # No single cell moved alone leads from the lower corner (9.1) to the upper (9.7).
    found = bounds_of_estimate(lambda x: (x[:, 0] - 4) * (x[:, 1] - 4) + 0.1 * x[:, 0], 0.0, 2, lowest=1, highest=7)
    assert found.high == pytest.approx(9.7)


def test_without_withheld_cells_nothing_moves() -> None:
    found = bounds_of_estimate(lambda _: np.array([99.0]), -0.3, 0, lowest=1, highest=7)
    assert (found.low, found.high, found.keeps_sign) == (-0.3, -0.3, True)


def test_a_climate_that_gives_no_figure_is_passed_by() -> None:
    def figure(withheld: np.ndarray) -> np.ndarray:
        return np.where(withheld[:, 0] > 5, np.nan, withheld[:, 0])

    assert bounds_of_estimate(figure, 3.0, 1, lowest=1, highest=7).high == 5


def hills(at: np.ndarray) -> tuple[float, np.ndarray]:
    """A hill in each of two corners, the second the higher, and a valley between them."""
    return float((at[0] - 4) * (at[1] - 4) + 0.1 * at[0]), np.array([at[1] - 4 + 0.1, at[0] - 4])


def test_by_its_slope_a_figure_is_bounded_from_both_ends_and_the_middle() -> None:
    found = bounds_by_slope(hills, 0.0, 2, lowest=1, highest=7)
    # the one end in the lower right corner, the other in the upper right
    assert (found.low, found.high) == pytest.approx((-9 + 0.1, 9 + 0.7))
    assert not found.keeps_sign


def test_a_bound_within_the_scale_is_reached_to_the_last_digit() -> None:
    """Where a grid of thirteen places would stop beside it."""

    def bowl(at: np.ndarray) -> tuple[float, np.ndarray]:
        deep = at - np.pi
        return float(deep @ deep + deep.prod()), 2 * deep + deep.prod() / deep

    found = bounds_by_slope(bowl, 1.0, 3, lowest=1, highest=7)
    assert found.low == pytest.approx(0, abs=1e-9)
    assert found.high == pytest.approx(3 * (7 - np.pi) ** 2 + (7 - np.pi) ** 3)


def test_few_are_also_tried_one_by_one() -> None:
    """From both ends and from the middle all slopes are nought, and yet one of them moved alone lowers the figure."""

    def ring(at: np.ndarray) -> tuple[float, np.ndarray]:
        inner = (at - 1) * (at - 4) * (at - 7)
        return float(-np.ptp(at)), 0 * inner

    assert bounds_by_slope(ring, 0.0, 2, lowest=1, highest=7).low == -6
    many = bounds_by_slope(ring, 0.0, 61, lowest=1, highest=7)
    assert many.low == 0, "of many none is tried alone: that would take as many fits, again and again"


def test_a_climate_without_a_figure_stops_the_way_there_and_no_more() -> None:
    def figure(at: np.ndarray) -> tuple[float, np.ndarray]:
        if at[0] > 5:
            raise NoEstimate("Not estimable because of nothing.")
        return float(at[0]), np.ones(1)

    found = bounds_by_slope(figure, 3.0, 1, lowest=1, highest=7)
    assert (found.low, found.high) == (1, pytest.approx(5, abs=1e-6))


def test_with_slopes_too_nothing_withheld_moves_nothing() -> None:
    assert bounds_by_slope(hills, -0.3, 0, lowest=1, highest=7).keeps_sign


def no_figure(_at: np.ndarray) -> tuple[float, np.ndarray]:
    raise NoEstimate("Not estimable because of nothing.")


def test_a_hazard_ratio_of_what_is_common_needs_less_to_be_explained_away() -> None:
    # EValue::evalues.HR(.7, .62, .79, rare = FALSE) and (1.5, 1.1, 2)
    assert e_value_of_common_hazard(0.7, 0.62, 0.79) == pytest.approx((1.87868551283741, 1.63435736866473))
    assert e_value_of_common_hazard(1.5, 1.1, 2) == pytest.approx((1.97854138688807, 1.33838193283475))
    assert e_value_of_common_hazard(0.7, 0.62, 0.79)[0] < e_value(0.7, 0.62, 0.79)[0]


def test_under_any_dependence_the_price_is_higher() -> None:
    # In R: p.adjust(c(.01, .04, .03, .2), "BY")
    assert list(adjust([0.01, 0.04, 0.03, 0.2], "by")) == pytest.approx(
        [0.0833333, 0.1111111, 0.1111111, 0.4166667], abs=1e-6
    )


def often_undefined(times: np.ndarray) -> np.ndarray:
    return np.asarray(times[:, 1] / times[:, 0])


CHANGES = np.random.default_rng(1).normal(size=(6, 4))
REFUSED = {
    "one site": lambda: cluster_bootstrap(rate, 1, seed=1),
    "undefined": lambda: cluster_bootstrap(lambda times: times[:, 0] * np.nan, 3, seed=1),
    "often undefined": lambda: cluster_bootstrap(often_undefined, 5, seed=1),
    "always the same": lambda: cluster_bootstrap(lambda times: times.sum(axis=1), 5, seed=1),
    "four sites": lambda: spearman_of_changes(CHANGES[:4], CHANGES[:4], seed=1),
    "one quarter": lambda: spearman_of_changes(CHANGES[:, :1], CHANGES[:, :1], seed=1),
    "shapes": lambda: spearman_of_changes(CHANGES, CHANGES[:, :3], seed=1),
    "nothing changed": lambda: spearman_of_changes(np.ones((6, 4)), CHANGES, seed=1),
    "no scale": lambda: bounds_of_mean([4.0], [3], [3], lowest=7, highest=1),
    "no weight": lambda: bounds_of_mean([4.0], [0], [3], lowest=1, highest=7),
    "no figure": lambda: bounds_of_estimate(lambda x: x[:, 0] * np.nan, 1.0, 2, lowest=1, highest=7),
    "no figure at any slope": lambda: bounds_by_slope(no_figure, 1.0, 2, lowest=1, highest=7),
    "no scale for a slope": lambda: bounds_by_slope(hills, 1.0, 2, lowest=7, highest=1),
    "no released figure": lambda: bounds_of_estimate(lambda x: x[:, 0], np.nan, 2, lowest=1, highest=7),
    "ratio of nought": lambda: e_value(0, 0, 1),
    "ratio outside": lambda: e_value(0.5, 0.6, 0.9),
    "hazard that is missing": lambda: e_value_of_common_hazard(np.nan, 0.6, 0.9),
    "p of two": lambda: adjust([0.1, 2], "bh"),
    "p missing": lambda: adjust([0.1, np.nan], "holm"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_no_number_is_made_of(case: str) -> None:
    with pytest.raises(NoEstimate, match=r"^Not estimable because"):
        REFUSED[case]()
