"""The clock of a commitment stands while it waits on others: compared with counting day by day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coaching.commitments.rules import Clock, Wait, check_evidence, check_wait, clock_of
from lms.refusals import NotAllowed

DUE = date(2027, 3, 15)


def day(number: int) -> date:
    return DUE + timedelta(days=number)


def counted_day_by_day(due_on: date, waits: list[Wait]) -> Clock:
    """Go through the days: one that is waited on, and not later than the due day so far, moves the due day on by one."""
    today, last = due_on - timedelta(days=60), due_on
    while today <= last:
        waiting = [wait for wait in waits if wait.first_day <= today and (wait.until is None or today < wait.until)]
        endless = [wait for wait in waiting if wait.until is None]
        if endless:
            return Clock(last, today)
        if waiting:
            last += timedelta(days=1)
        today += timedelta(days=1)
    return Clock(last, None)


_wait = st.builds(
    lambda first, length: Wait(day(first), day(first + length) if length is not None else None),
    st.integers(-40, 30),
    st.none() | st.integers(0, 25),
)


@given(st.lists(_wait, max_size=5))
def test_the_due_day_moves_on_by_exactly_the_days_waited(waits: list[Wait]) -> None:
    assert clock_of(DUE, waits) == counted_day_by_day(DUE, waits)


def test_five_days_of_waiting_move_the_due_day_by_five() -> None:
    clock = clock_of(DUE, [Wait(day(-6), day(-1))])
    assert clock == Clock(day(5), None)
    assert not clock.is_overdue(day(5))
    assert clock.is_overdue(day(6))


def test_while_it_waits_nothing_is_overdue_however_long() -> None:
    clock = clock_of(DUE, [Wait(day(-1), None)])
    assert clock.stopped_on == day(-1)
    assert not clock.is_overdue(day(300))


def test_what_was_late_already_does_not_become_punctual_by_waiting() -> None:
    clock = clock_of(DUE, [Wait(day(1), None)])
    assert clock == Clock(DUE, None)
    assert clock.is_overdue(day(1))


def test_a_day_in_two_waits_counts_once() -> None:
    assert clock_of(DUE, [Wait(day(-9), day(-4)), Wait(day(-7), day(-2))]).due_on == day(7)


@pytest.mark.parametrize(
    ("words", "is_open", "under_way", "sentence"),
    [
        (" ", True, False, "Say on what it waits"),
        ("the simulator", False, False, "looked at already"),
        ("the simulator", True, True, "said already"),
    ],
)
def test_a_wait_needs_a_reason_and_something_to_wait(words: str, is_open: bool, under_way: bool, sentence: str) -> None:  # noqa: FBT001
    with pytest.raises(NotAllowed, match=sentence):
        check_wait(words, is_open=is_open, under_way=under_way)


@pytest.mark.parametrize("link", ["https://example.org/x", "//example.org/x", "javascript:alert(1)", "deviations/1"])
def test_a_link_that_shows_it_stays_inside_the_application(link: str) -> None:
    with pytest.raises(NotAllowed, match="beginning with a slash"):
        check_evidence("seen", link)


def test_nothing_is_verified_without_evidence() -> None:
    with pytest.raises(NotAllowed, match="Say what shows it"):
        check_evidence(" ", "")
    check_evidence("", "/observations/1")
    check_evidence("initials", "")
