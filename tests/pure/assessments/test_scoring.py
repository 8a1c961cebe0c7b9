"""Scores and draws: what a sitter may rely on."""

from __future__ import annotations

import random
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from assessments.attempts.rules import Answer, PoolItem, draw, is_released, score


def single(*, right: bool, critical: bool = False) -> Answer:
    return Answer("single", critical, frozenset({1}), frozenset({1} if right else {2}))


def test_a_partly_right_answer_earns_credit_and_is_not_right() -> None:
    half = Answer("multiple", critical=False, right=frozenset({1, 2}), chosen=frozenset({1}))
    result = score([half, single(right=True)], 80)
    assert (result.correct, result.percent, result.credit_percent, result.passed) == (1, 50, 75, False)


def test_choosing_everything_earns_nothing() -> None:
    everything = Answer("multiple", critical=False, right=frozenset({1, 2}), chosen=frozenset({1, 2, 3, 4}))
    assert everything.credit == 0


def test_a_missed_critical_item_fails_whatever_the_total() -> None:
    result = score([single(right=False, critical=True), *[single(right=True)] * 99], 80)
    assert (result.percent, result.passed, result.critical_missed) == (99, False, 1)


def test_the_pass_mark_is_exact_and_the_percentage_is_never_rounded_up() -> None:
    two_of_three = [single(right=True), single(right=True), single(right=False)]
    assert score(two_of_three, 67).passed is False
    assert score(two_of_three, 66).passed is True
    assert score(two_of_three, 66).percent == 66


@given(st.integers(1, 12), st.integers(1, 12), st.sets(st.integers(0, 11)), st.sets(st.integers(0, 11)), st.integers())
def test_a_draw_has_no_repeats_asks_what_was_not_seen_first_and_something_critical(
    size: int, count: int, seen: set[int], critical: set[int], seed: int
) -> None:
    pool = [PoolItem(uuid4(), uuid4(), i in critical) for i in range(size)]
    seen_ids = {pool[i].item_id for i in seen if i < size}
    drawn = draw(pool, count, seen_ids, random.Random(seed))
    assert len(drawn) == len({item.item_id for item in drawn}) == min(count, size)
    assert any(item.critical for item in drawn) == any(item.critical for item in pool)
    fresh = sum(item.item_id not in seen_ids for item in drawn)
    possible = min(len(drawn), size - len(seen_ids))
    assert fresh >= possible - 1  # one place may go to a critical item


def test_keys_are_released_when_they_can_no_longer_help() -> None:
    assert is_released(passed=True, used=1, allowed=3)
    assert not is_released(passed=False, used=2, allowed=3)
    assert is_released(passed=False, used=3, allowed=3)
