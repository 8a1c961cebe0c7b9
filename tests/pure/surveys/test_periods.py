"""Months and quarters as the survey counts them."""

from __future__ import annotations

from datetime import date

import pytest

from coaching.surveys.periods import Month, Quarter


def test_a_month_is_read_and_written_as_people_write_it() -> None:
    assert str(Month.parse("2026-10")) == "2026-10"
    assert str(Quarter.parse("2026-Q4")) == "2026-Q4"
    assert Month.of(date(2026, 10, 31)) == Month(2026, 10)


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "2026-1", "10-2026", "0000-01", "2026-10\n", "²026-10"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="month"):
        Month.parse(text)


@pytest.mark.parametrize("text", ["2026-Q5", "2026-4", "Q4"])
def test_what_is_no_quarter_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="quarter"):
        Quarter.parse(text)
    with pytest.raises(ValueError, match="no quarter"):
        Quarter(2026, 5)


def test_every_month_belongs_to_one_quarter_which_its_third_month_ends() -> None:
    months = [Month(2026, number) for number in range(1, 13)]
    assert [month.quarter.number for month in months] == [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]
    assert [month for month in months if month.ends_quarter] == [Quarter(2026, n).last_month for n in (1, 2, 3, 4)]


def test_months_count_on_over_the_year() -> None:
    assert Month(2026, 12).next == Month(2027, 1)
    assert all(Month.from_ordinal(Month(2026, number).ordinal) == Month(2026, number) for number in range(1, 13))


def test_a_month_is_released_when_no_answer_to_it_can_still_come() -> None:
    # The last review of 31 December may be answered until 7 January, on the last site's clock.
    assert Month(2026, 12).releasable_from == date(2027, 1, 9)
