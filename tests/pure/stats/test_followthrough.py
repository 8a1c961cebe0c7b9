"""Follow-through shares and the index over them."""

from dataclasses import replace

import pytest

from behavior_metrics.stats.followthrough import (
    ACTIONS_ON_TIME,
    COMMITMENTS_KEPT,
    CURRENCY_OWNED,
    RAISED_FIRST,
    RAISED_IN_TIME,
    WEIGHTS,
    Index,
    NotEnoughYet,
    Tally,
    follow_through_index,
    share,
)

TEAM = (
    Tally(RAISED_FIRST, 9, 14, 0.55),
    Tally(RAISED_IN_TIME, 17, 20, 0.80),
    Tally(COMMITMENTS_KEPT, 11, 13, 0.75),
    Tally(ACTIONS_ON_TIME, 6, 8, 0.85),
    Tally(CURRENCY_OWNED, 38, 40, 0.95),
)


def index(tallies: tuple[Tally, ...], people: int = 8) -> Index:
    found = follow_through_index(tallies, people)
    assert isinstance(found, Index)
    return found


def test_the_weights_add_up_to_one() -> None:
    assert sum(WEIGHTS.values()) == pytest.approx(1)


def test_a_share_has_both_its_own_interval_and_the_one_drawn_to_the_network() -> None:
    found = share(TEAM[0])
    assert found.raw is not None
    assert found.shrunken is not None
    assert found.raw.value == pytest.approx(9 / 14)
    assert found.shrunken.value == pytest.approx(14.5 / 24)
    assert found.shrunken.high - found.shrunken.low < found.raw.high - found.raw.low


@pytest.mark.parametrize(("due", "enough"), [(0, False), (4, False), (5, True)])
def test_below_five_there_is_no_share(due: int, *, enough: bool) -> None:
    assert share(Tally(COMMITMENTS_KEPT, due, due, 0.75)).enough is enough


def test_a_site_that_raises_nothing_is_unknown_not_perfect() -> None:
    found = share(Tally(RAISED_FIRST, 0, 0, 0.55))
    assert (found.raw, found.shrunken) == (None, None)


def test_a_network_where_all_is_kept_still_leaves_a_share_its_doubt() -> None:
    found = share(Tally(COMMITMENTS_KEPT, 4, 8, 1.0))
    assert found.shrunken is not None
    assert found.shrunken.value == pytest.approx(14 / 18, abs=1e-5)


def test_more_kept_than_due_is_refused() -> None:
    with pytest.raises(ValueError, match="9 done of 8 due"):
        share(Tally(COMMITMENTS_KEPT, 9, 8, 0.75))


def test_the_index_by_hand() -> None:
    # 100 (.25 * 14.5/24 + .20 * 25/30 + .25 * 18.5/23 + .15 * 14.5/18 + .15 * 47.5/50) = 78.2
    assert index(TEAM).estimate.value == pytest.approx(78.2, abs=0.05)


def test_the_index_when_raised_in_time_counts_only_what_was_raised() -> None:
    # (8 + 8) / (9 + 10) = .842 in the second place
    found = index((TEAM[0], Tally(RAISED_IN_TIME, 8, 9, 0.80), *TEAM[2:]))
    assert found.estimate.value == pytest.approx(78.4, abs=0.05)


def test_the_index_says_what_equal_weights_would_give() -> None:
    assert index(TEAM).equal_weights == pytest.approx(
        100 * (14.5 / 24 + 25 / 30 + 18.5 / 23 + 14.5 / 18 + 47.5 / 50) / 5
    )


def test_a_part_below_five_is_left_out_and_its_weight_shared_among_the_rest() -> None:
    found = index((*TEAM[:3], Tally(ACTIONS_ON_TIME, 0, 4, 0.85), TEAM[4]))
    by_hand = (0.25 * 14.5 / 24 + 0.20 * 25 / 30 + 0.25 * 18.5 / 23 + 0.15 * 47.5 / 50) / 0.85
    assert found.estimate.value == pytest.approx(100 * by_hand)


def test_the_interval_of_the_index_is_the_same_for_the_same_seed() -> None:
    assert index(TEAM) == index(TEAM)
    assert index(TEAM).estimate.low < 78.2 < index(TEAM).estimate.high


@pytest.mark.parametrize(
    ("tallies", "people", "lacking"),
    [
        (TEAM, 4, NotEnoughYet(5, 95, 4)),
        (TEAM[:2], 8, NotEnoughYet(2, 34, 8)),
        (tuple(replace(tally, done=3, due=6) for tally in TEAM[:3]), 8, NotEnoughYet(3, 18, 8)),
    ],
)
def test_too_few_people_parts_or_cases_give_no_index(
    tallies: tuple[Tally, ...], people: int, lacking: NotEnoughYet
) -> None:
    assert follow_through_index(tallies, people) == lacking
