"""Follow-through shares and the index over them."""

from dataclasses import replace

import pytest

from behavior_metrics.stats.followthrough import (
    ACTIONS_ON_TIME,
    COMMITMENTS_KEPT,
    CURRENCY_OWNED,
    PARTS,
    RAISED_FIRST,
    RAISED_IN_TIME,
    WEIGHTS,
    Flips,
    Index,
    NotEnoughYet,
    Tally,
    follow_through_index,
    index_value,
    order_flips,
    share,
)

TEAM = (
    Tally(RAISED_FIRST, 9, 14, 0.55),
    Tally(RAISED_IN_TIME, 17, 20, 0.80),
    Tally(COMMITMENTS_KEPT, 11, 13, 0.75),
    Tally(ACTIONS_ON_TIME, 6, 8, 0.85),
    Tally(CURRENCY_OWNED, 38, 40, 0.95),
)


#: 5 and 95 % of 2,000 draws for these counts, as first computed.
LOW, HIGH = 72.095839739937, 83.973293055557


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


def test_the_interval_is_made_from_the_content_alone() -> None:
    assert index(TEAM) == index(TEAM)
    # pinned: the same counts give the same interval in any year
    assert (index(TEAM).estimate.low, index(TEAM).estimate.high) == pytest.approx((LOW, HIGH), abs=1e-9)
    assert index((replace(TEAM[0], done=10), *TEAM[1:])).estimate.low != index(TEAM).estimate.low


def test_the_interval_is_that_of_the_weighted_beta_sum() -> None:
    # independent of the draws: mean 78.2 and, by the variances of five Betas, a standard deviation of 3.4
    variance = 0.0
    for tally in TEAM:
        a = tally.done + 10 * tally.network_share
        b = tally.due - tally.done + 10 * (1 - tally.network_share)
        variance += WEIGHTS[tally.part] ** 2 * a * b / ((a + b) ** 2 * (a + b + 1))
    reach = 1.645 * 100 * variance**0.5
    found = index(TEAM).estimate
    assert (found.low, found.high) == pytest.approx((78.2 - reach, 78.2 + reach), abs=0.5)


def test_percent_and_shares_are_the_same_weights() -> None:
    percent = {part: round(100 * weight) for part, weight in WEIGHTS.items()}
    assert follow_through_index(TEAM, 8, weights=percent) == index(TEAM)


def test_equal_weights_are_their_own_twin() -> None:
    found = follow_through_index(TEAM, 8, weights=dict.fromkeys(PARTS, 20))
    assert isinstance(found, Index)
    assert found.estimate.value == pytest.approx(found.equal_weights)


def test_the_value_alone_is_that_of_the_whole_index() -> None:
    assert index_value(TEAM, 8) == index(TEAM).estimate.value


def test_a_part_without_any_case_says_nothing_however_good_the_network_is() -> None:
    silent = Tally(RAISED_FIRST, 0, 0, 1.0)
    assert index((silent, *TEAM[1:])).estimate.value == index(TEAM[1:]).estimate.value
    assert index_value(tuple(replace(tally, done=0, due=0) for tally in TEAM), 8) == NotEnoughYet(0, 0, 8)


@pytest.mark.parametrize(
    ("tallies", "weights", "words"),
    [
        ((*TEAM, TEAM[0]), WEIGHTS, "named twice"),
        (TEAM, {RAISED_FIRST: 1.0}, "No weight"),
        (TEAM, {**WEIGHTS, RAISED_FIRST: -0.1}, "negative"),
        (TEAM, dict.fromkeys(WEIGHTS, 0.0), "nought"),
        ((replace(TEAM[0], network_share=float("nan")), *TEAM[1:]), WEIGHTS, "between 0 and 1"),
    ],
)
def test_input_that_means_nothing_is_refused(tallies: tuple[Tally, ...], weights: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        index_value(tallies, 8, weights=weights)


def test_an_order_flips_when_two_weightings_disagree_and_ties_do_not() -> None:
    assert order_flips([(70, 80), (75, 78), (60, 60)]) == Flips(3, 1)
    assert order_flips([(70, 80), (70, 78)]) == Flips(1, 0)
    assert order_flips([]) == Flips(0, 0)


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
