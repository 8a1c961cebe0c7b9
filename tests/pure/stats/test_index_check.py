"""The psychometric check of the index: correlations, steadiness, and what other weights would make of it."""

import pytest

from behavior_metrics.stats.followthrough import PARTS, WEIGHTS, Flips, Tally
from behavior_metrics.stats.index_check import correlation, part_correlations, sensitivity, stability


def test_a_correlation_agrees_with_r() -> None:
    # R: x <- 1:10; y <- c(2, 1, 4, 3, 7, 8, 6, 9, 12, 10); cor.test(x, y)
    found = correlation("x", "y", list(zip(range(1, 11), (2, 1, 4, 3, 7, 8, 6, 9, 12, 10), strict=True)))
    assert found.r is not None
    assert (found.r.value, found.r.low, found.r.high) == pytest.approx(
        (0.9261797114, 0.7114102234, 0.9827299097), abs=1e-9
    )


@pytest.mark.parametrize("pairs", [[(1.0, 2.0)] * 9, [(float(step), 5.0) for step in range(20)]])
def test_nine_pairs_or_one_that_never_varies_give_no_correlation(pairs: list[tuple[float, float]]) -> None:
    assert correlation("x", "y", pairs).r is None


def test_a_straight_line_is_one_and_no_more() -> None:
    found = correlation("x", "y", [(float(step), -2.0 * step) for step in range(12)])
    assert found.r is not None
    assert (found.r.value, found.r.low, found.r.high) == (-1.0, -1.0, -1.0)


def test_what_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match="needs numbers"):
        correlation("x", "y", [(1.0, float("nan"))] * 12)


def team_quarter(*counts: tuple[int, int]) -> tuple[Tally, ...]:
    return tuple(Tally(part, done, due, 0.8) for part, (done, due) in zip(PARTS, counts, strict=True))


def test_parts_are_paired_where_both_have_five_cases() -> None:
    rows = [team_quarter((step, 12), (12 - step, 12), (3, 4), (5, 5), (0, 0)) for step in range(12)]
    found = {(one.first, one.second): one for one in part_correlations(rows)}
    assert len(found) == 10
    opposed = found["raised_first", "raised_in_time"]
    assert opposed.n == 12
    assert opposed.r is not None
    assert opposed.r.value == -1.0
    assert found["raised_first", "commitments_kept"].n == 0, "four cases are no share"
    assert found["raised_first", "actions_on_time"].r is None, "always kept never varies"


def test_steadiness_looks_at_neighbouring_quarters_of_one_team_only() -> None:
    values = {("a", 1): 60.0, ("a", 2): 70.0, ("a", 4): 10.0, ("b", 2): 50.0}
    found = stability(values)
    assert (found.correlation.n, found.median_change) == (1, 10.0)
    assert stability({}).median_change is None


def test_other_weights_move_the_index_and_may_turn_the_order() -> None:
    raises = team_quarter((20, 20), (20, 20), (2, 20), (2, 20), (2, 20))
    keeps = team_quarter((2, 20), (2, 20), (20, 20), (20, 20), (18, 20))
    found = {one.key: one for one in sensitivity([(raises, 8), (keeps, 8), (keeps, 3)], WEIGHTS)}
    assert set(found) == {"equal", *(f"without_{part}" for part in PARTS)}
    assert {one.places for one in found.values()} == {2}, "three people give no index under any weights"
    assert found["without_commitments_kept"].flips == Flips(1, 1)
    assert found["equal"].flips == Flips(1, 0)
    assert all(one.largest_move is not None and one.largest_move > 0 for one in found.values())
