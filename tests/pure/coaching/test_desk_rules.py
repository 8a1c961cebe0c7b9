"""A coach's week: its days, how full it is, and what is next with each person."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from coaching.desk.rules import Load, Next, Step, load, name_of, next_step, soonest, week_of
from lms.refusals import NotAllowed

TODAY = date(2026, 11, 28)


def test_a_week_goes_from_monday_to_sunday_also_over_new_year() -> None:
    assert week_of("", TODAY)[0] == date(2026, 11, 23)
    days = week_of("2026-W53", TODAY)
    assert (days[0], days[-1]) == (date(2026, 12, 28), date(2027, 1, 3))
    assert name_of(days[0]) == "2026-W53"
    assert name_of(days[0] + timedelta(days=7)) == "2027-W01"


@pytest.mark.parametrize("text", ["2027-W53", "2026-W00", "2026-48", "0000-W01", "next"])
def test_what_is_no_week_is_refused_in_words(text: str) -> None:
    with pytest.raises(NotAllowed, match="names no week"):
        week_of(text, TODAY)


def test_six_a_week_four_a_day_and_ten_people_are_full_and_one_more_is_over() -> None:
    days = week_of("", TODAY)
    takes = Load(week=6, day=4, people=10)
    full = load([days[0]] * 4 + [days[1]] * 2 + [days[0] - timedelta(days=1)], days, 10)
    assert (full, full.is_over(takes)) == (takes, False)
    assert load([days[0]] * 5, days, 1).is_over(takes)
    assert load(list(days), days, 1).is_over(takes)
    assert load([], days, 11).is_over(takes)


def test_what_is_next_follows_from_where_the_review_stands() -> None:
    def what(state: str, **values: object) -> Next:
        given = {"meets_on": None, "signed_by_operator": False, "commitment_due": None, "follow_up_on": None, **values}
        return next_step(state=state, **given)  # type: ignore[arg-type]

    later = TODAY + timedelta(days=9)
    assert what("accepted") == Next(Step.FIND_TIME, None)
    assert what("scheduled", meets_on=later) == Next(Step.MEET, later)
    assert what("held").step is Step.OPERATOR_SIGNS
    assert what("held", signed_by_operator=True).step is Step.SIGN
    assert what("closed", commitment_due=TODAY, follow_up_on=later) == Next(Step.COMMITMENT, TODAY)
    assert what("closed", commitment_due=later, follow_up_on=TODAY) == Next(Step.FOLLOW_UP, TODAY)
    assert what("closed", follow_up_on=later) == Next(Step.FOLLOW_UP, later)


def test_what_waits_already_comes_before_any_day() -> None:
    early, late = Next(Step.MEET, TODAY), Next(Step.FOLLOW_UP, TODAY + timedelta(days=1))
    assert soonest([late, early]) is early
    assert soonest([early, Next(Step.SIGN, None)]).step is Step.SIGN
