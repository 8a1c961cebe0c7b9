"""Common free time: in any zones, around what is taken, across a change of clocks; the same as its obvious definition."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coaching.scheduling import rules
from coaching.scheduling.rules import (
    REVIEW_LASTS,
    USUAL_HOURS,
    Diary,
    Limits,
    Span,
    common_free_slots,
    days_lost_to_holidays,
    wall_moment,
)
from coaching.scheduling.weeks import week_of
from lms.refusals import NotAllowed
from tests.pure.coaching.obvious_slots import obvious_slots

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Europe/London", "UTC")
#: Around the nights in which clocks change in Europe, America and Australia, and a week in which none do.
BEGINS = tuple(datetime(*day, 3, 7, tzinfo=UTC) for day in ((2026, 10, 24), (2026, 3, 7), (2027, 4, 3), (2026, 11, 23)))


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def slots_of(first: Diary, *others: Diary, begin: datetime, days: int = 1) -> list[datetime]:
    found = common_free_slots(first, others, starts_at=begin, ends_at=begin + timedelta(days=days))
    return [slot.starts_at for slot in found]


def test_two_sites_six_hours_apart_meet_only_where_both_days_overlap() -> None:
    slots = slots_of(
        Diary("America/New_York", USUAL_HOURS), Diary("Europe/Berlin", USUAL_HOURS), begin=at(23, 0), days=1
    )
    assert slots[0] == at(23, 13)  # 08:00 in New York, 14:00 in Berlin
    assert slots[-1] + REVIEW_LASTS == at(23, 15, 30)  # 16:30 in Berlin


def test_a_slot_never_touches_a_batch_that_one_of_them_has() -> None:
    busy = Span(at(23, 7, 0), at(23, 14, 20))
    slots = slots_of(Diary("UTC", USUAL_HOURS, [busy]), Diary("UTC", USUAL_HOURS), begin=at(23, 0))
    assert slots[0] == at(23, 14, 30)


def test_a_day_has_several_spans_and_no_slot_reaches_over_the_break() -> None:
    split = Diary("UTC", {0: [(480, 570), (600, 660)]})
    assert slots_of(split, split, begin=at(23, 0)) == [
        at(23, 8),
        at(23, 8, 15),
        at(23, 8, 30),
        at(23, 8, 45),
        at(23, 10),
        at(23, 10, 15),
    ]


def test_hours_follow_the_clock_on_the_wall_when_summer_time_ends() -> None:
    diary = Diary("Europe/Berlin", {5: [(480, 525)], 6: [(480, 525)]})
    assert slots_of(diary, diary, begin=at(24, 0, month=10), days=2) == [at(24, 6, month=10), at(25, 7, month=10)]


def test_an_hour_that_the_night_leaves_out_is_nobodys() -> None:
    night = Diary("Europe/Berlin", {6: [(2 * 60, 3 * 60 + 45)]})
    # 29-Mar-2026: after 01:59 CET comes 03:00 CEST, so 02:00 to 03:45 holds no more than 03:00 to 03:45
    assert slots_of(night, night, begin=datetime(2026, 3, 28, 12, tzinfo=UTC)) == [datetime(2026, 3, 29, 1, tzinfo=UTC)]


def test_an_hour_that_comes_twice_counts_both_times() -> None:
    night = Diary("Europe/Berlin", {6: [(2 * 60, 2 * 60 + 45)]})
    assert slots_of(night, night, begin=at(24, 12, month=10)) == [at(25, 0, month=10), at(25, 1, month=10)]


def test_weekends_are_free_of_reviews_unless_somebody_says_otherwise() -> None:
    usual = Diary("UTC", USUAL_HOURS)
    assert slots_of(usual, usual, begin=at(21, 0), days=2) == []
    saturday = Diary("UTC", USUAL_HOURS, extra=[Span(at(21, 9), at(21, 10))])
    assert slots_of(saturday, saturday, begin=at(21, 0), days=2) == [at(21, 9), at(21, 9, 15)]


def test_a_holiday_on_the_only_free_day_is_named() -> None:
    away = [Span(at(23, 0), at(25, 0)), Span(at(26, 0), at(28, 0))]
    coach = Diary("Europe/Berlin", USUAL_HOURS)
    operator = Diary("Europe/Berlin", USUAL_HOURS, busy=away, holidays=frozenset({date(2026, 11, 25)}))
    week = {"starts_at": at(23, 0), "ends_at": at(28, 0)}
    assert not common_free_slots(coach, [operator], **week)
    assert days_lost_to_holidays(coach, [operator], **week, zone="Europe/Berlin") == [date(2026, 11, 25)]


def test_whoever_left_is_free_until_then_and_never_after() -> None:
    leaver = Diary("UTC", USUAL_HOURS, left_on=date(2026, 11, 25))
    slots = slots_of(leaver, Diary("UTC", USUAL_HOURS), begin=at(23, 0), days=5)
    assert slots[-1].date() == date(2026, 11, 24)


def test_forty_minutes_stay_between_a_coachs_reviews_and_none_between_an_operators() -> None:
    review = Span(at(23, 10), at(23, 10, 45))
    coach, operator = Diary("UTC", USUAL_HOURS, reviews=[review]), Diary("UTC", USUAL_HOURS)
    slots = slots_of(coach, operator, begin=at(23, 0))
    assert at(23, 8, 30) in slots  # ends 09:15, 45 minutes before
    assert at(23, 8, 45) not in slots
    assert at(23, 11, 15) not in slots
    assert at(23, 11, 30) in slots
    is_coached = coach
    assert at(23, 10, 45) in slots_of(operator, is_coached, begin=at(23, 0))


@pytest.mark.parametrize(("limits", "free_days"), [(Limits(40, 2, 6), {24, 25, 26, 27}), (Limits(40, 4, 2), set())])
def test_a_full_day_and_a_full_week_are_not_offered(limits: Limits, free_days: set[int]) -> None:
    reviews = [Span(at(23, 9), at(23, 9, 45)), Span(at(23, 13), at(23, 13, 45))]
    coach = Diary("UTC", USUAL_HOURS, reviews=reviews, limits=limits)
    slots = slots_of(coach, Diary("UTC", USUAL_HOURS), begin=at(23, 0), days=7)
    assert {slot.day for slot in slots} == free_days


def test_a_teams_meeting_counts_once_for_its_coach() -> None:
    meeting = [Span(at(23, 9), at(23, 9, 45))] * 5
    coach = Diary("UTC", USUAL_HOURS, reviews=meeting, limits=Limits(40, 2, 6))
    assert slots_of(coach, Diary("UTC", USUAL_HOURS), begin=at(23, 0))


spans = st.lists(st.tuples(st.integers(-600, 6 * 1440), st.integers(1, 1500)), max_size=6)
hours = st.dictionaries(
    st.integers(0, 6),
    st.sampled_from([[(480, 990)], [(480, 720), (780, 1000)], [(0, 1440)], [(60, 225)], [(1320, 1440)], [(485, 1003)]]),
    min_size=1,
)


@st.composite
def diaries(draw: st.DrawFn, begin: datetime) -> Diary:
    def times(most: int) -> list[Span]:
        return [
            Span(begin + timedelta(minutes=first), begin + timedelta(minutes=first + lasts))
            for first, lasts in draw(spans)[:most]
        ]

    day = begin.date()
    return Diary(
        draw(st.sampled_from(ZONES)),
        draw(hours),
        busy=times(4),
        reviews=[Span(span.starts_at, span.starts_at + REVIEW_LASTS) for span in times(6)],
        extra=times(2),
        holidays=frozenset(day + timedelta(days=n) for n in draw(st.sets(st.integers(0, 6), max_size=2))),
        joined_on=draw(st.sampled_from([None, day, day + timedelta(days=1)])),
        left_on=draw(st.sampled_from([None, day + timedelta(days=2), day + timedelta(days=9)])),
        limits=draw(st.sampled_from([Limits(), Limits(40, 1, 2), Limits(15, 2, 3)])),
    )


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_the_slots_are_those_of_the_obvious_definition(data: st.DataObject) -> None:
    """In any zones, with several spans a day, over nights in which clocks change, with holidays, absences and limits."""
    begin = data.draw(st.sampled_from(BEGINS)) + timedelta(minutes=data.draw(st.integers(0, 400)))
    end = begin + timedelta(minutes=data.draw(st.integers(0, 5 * 1440)))
    coach, *others = (data.draw(diaries(begin)) for _ in range(data.draw(st.integers(2, 3))))
    found = common_free_slots(coach, others, starts_at=begin, ends_at=end)
    expected = obvious_slots(coach, others, starts_at=begin, ends_at=end)
    assert [slot.starts_at for slot in found] == expected
    assert len(found) == len(expected)
    assert all(moment in found for moment in expected)
    assert begin.replace(second=1) not in found
    assert (found.first() is None) == (not expected)


def test_a_time_that_the_night_leaves_out_is_taken_with_the_clock_of_before() -> None:
    assert wall_moment(date(2026, 3, 29), 150, "Europe/Berlin").astimezone(ZoneInfo("Europe/Berlin")).hour == 3
    assert wall_moment(date(2026, 10, 25), 150, "Europe/Berlin") == at(25, 0, 30, month=10)


# -- what is refused -----------------------------------------------------------------------------------------------------


def test_a_slot_in_the_past_and_one_beside_the_quarter_are_refused() -> None:
    with pytest.raises(NotAllowed, match="This time is over"):
        rules.check_to_come(at(23, 9), at(23, 9))
    with pytest.raises(NotAllowed, match="quarter hour"):
        rules.check_to_come(at(23, 9, 5), at(23, 8))
    rules.check_to_come(at(23, 9, 15), at(23, 8))


def test_hours_holidays_and_limits_are_said_by_name_and_what_is_taken_without_why() -> None:
    slot = Span(at(23, 9), at(23, 9, 45))
    leave = Diary("UTC", USUAL_HOURS, busy=[Span(at(23, 0), at(24, 0))])
    with pytest.raises(NotAllowed, match=r"^Ann is taken at that time, since you opened this page or all along\."):
        rules.check_free(leave, slot, "Ann")
    with pytest.raises(NotAllowed, match="Ann does not work here on that day"):
        rules.check_free(Diary("UTC", USUAL_HOURS, left_on=date(2026, 11, 23)), slot, "Ann")
    with pytest.raises(NotAllowed, match="Ann has a public holiday"):
        rules.check_usual(Diary("UTC", USUAL_HOURS, holidays=frozenset({date(2026, 11, 23)})), slot, "Ann")
    with pytest.raises(NotAllowed, match="Ann does not work at that hour"):
        rules.check_usual(Diary("America/New_York", USUAL_HOURS), slot, "Ann")
    near = Diary("UTC", USUAL_HOURS, reviews=[Span(at(23, 10, 15), at(23, 11))])
    with pytest.raises(NotAllowed, match="Less than 40 minutes"):
        rules.check_limits(near, slot)
    full = Diary("UTC", USUAL_HOURS, reviews=[Span(at(23, 14), at(23, 14, 45))], limits=Limits(40, 1, 6))
    with pytest.raises(NotAllowed, match="1 reviews a day, 6 a week"):
        rules.check_limits(full, slot)
    free = Diary("UTC", USUAL_HOURS)
    rules.check_free(free, slot, "Ann")
    rules.check_usual(free, slot, "Ann")
    rules.check_limits(free, slot)


# -- the week to look at -------------------------------------------------------------------------------------------------


def test_the_week_shows_both_clocks_and_opens_where_the_first_slot_is() -> None:
    coach, operator = Diary("America/New_York", USUAL_HOURS), Diary("Asia/Kolkata", {2: [(18 * 60, 19 * 60 + 30)]})
    found = common_free_slots(coach, [operator], starts_at=at(26, 0), ends_at=at(30, 0) + timedelta(days=21))
    shown = {"zone": "America/New_York", "other_zone": "Asia/Kolkata", "today": date(2026, 11, 26)}
    week = week_of(found, asked=None, **shown)
    assert (week.monday, week.before, week.after) == (date(2026, 11, 30), None, date(2026, 12, 7))
    wednesday = week.days[2]
    assert [(choice.clock, choice.other_clock, choice.other_days) for choice in wednesday.choices] == [
        ("08:00", "18:30", 0),
        ("08:15", "18:45", 0),
    ]
    empty = week_of(found, asked=date(2026, 11, 27), **shown)
    assert empty.is_empty
    assert empty.after == date(2026, 11, 30)
    assert [day.day.weekday() for day in empty.days] == [0, 1, 2, 3, 4]


# -- who is asked --------------------------------------------------------------------------------------------------------
