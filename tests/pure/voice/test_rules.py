"""A wave opens only where what was published before it began has been answered; a note says something."""

from __future__ import annotations

from datetime import date

import pytest

from coaching.voice.rules import LONGEST, Wave, check_note, check_switch, owed
from lms.refusals import NotAllowed

#: The last release of a quarter comes nine days after its end.
Q3 = Wave("2026-Q3", date(2026, 10, 9), answered=False)
Q4_OPENS, Q1_OPENS = date(2026, 10, 1), date(2027, 1, 1)
NOTE = {"said": "Questions are not always welcome.", "did": "Ten minutes of hand-over are for questions."}


def test_a_published_wave_without_a_note_keeps_the_next_one_shut() -> None:
    assert owed([Q3], opens=Q1_OPENS) == "2026-Q3"


def test_a_wave_that_runs_is_not_interrupted_by_the_release_of_the_last_one() -> None:
    assert owed([Q3], opens=Q4_OPENS) is None


def test_a_release_on_the_opening_day_itself_holds_nothing_up() -> None:
    assert owed([Wave("2026-Q3", Q1_OPENS, answered=False)], opens=Q1_OPENS) is None


def test_an_answered_wave_holds_nothing_up_and_the_oldest_owed_one_is_named() -> None:
    q2 = Wave("2026-Q2", date(2026, 7, 9), answered=False)
    assert owed([Wave(Q3.quarter, Q3.released_on, answered=True)], opens=Q1_OPENS) is None
    assert owed([Q3, q2], opens=Q1_OPENS) == "2026-Q2"
    assert owed([], opens=Q1_OPENS) is None


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"said": "ok"}, "said"),
        ({"did": " " * 40}, "did"),
        ({"did": "x" * (LONGEST + 1)}, "did"),
        ({"due_on": date(2026, 10, 11)}, "due_on"),
    ],
)
def test_a_note_that_says_nothing_too_much_or_is_due_in_the_past_is_refused(
    changed: dict[str, object], field: str
) -> None:
    today = date(2026, 10, 12)
    check_note(**NOTE, due_on=today, today=today)
    with pytest.raises(NotAllowed) as refusal:
        check_note(**{**NOTE, "due_on": today, "today": today, **changed})  # type: ignore[arg-type]
    assert refusal.value.field == field


def test_a_switch_needs_a_reason_and_another_state() -> None:
    check_switch(is_on=True, wanted=False, reason="The works council has not agreed yet.")
    with pytest.raises(NotAllowed, match="off at this site already"):
        check_switch(is_on=False, wanted=False, reason="The works council has not agreed yet.")
    with pytest.raises(NotAllowed) as refusal:
        check_switch(is_on=True, wanted=False, reason="because")
    assert refusal.value.field == "reason"
