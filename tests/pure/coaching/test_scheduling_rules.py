"""Common free time: in two zones, around what is taken, across a change of clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from coaching.scheduling.rules import REVIEW_LASTS, STEP, USUAL_HOURS, Diary, Span, common_free_slots, working_spans


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def test_two_sites_nine_hours_apart_meet_only_where_both_days_overlap() -> None:
    coach = Diary("America/New_York", USUAL_HOURS, [])
    operator = Diary("Europe/Berlin", USUAL_HOURS, [])
    slots = common_free_slots(coach, operator, starts_at=at(23, 0), ends_at=at(24, 0))
    assert slots[0].starts_at == at(23, 13)  # 08:00 in New York, 14:00 in Berlin
    assert slots[-1].ends_at <= at(23, 15, 30)  # 16:30 in Berlin


def test_a_slot_never_touches_a_batch_that_one_of_the_two_has() -> None:
    busy = Span(at(23, 7, 0), at(23, 14, 20))
    slots = common_free_slots(
        Diary("UTC", USUAL_HOURS, [busy]), Diary("UTC", USUAL_HOURS, []), starts_at=at(23, 0), ends_at=at(24, 0)
    )
    assert slots[0].starts_at == at(23, 14, 30)


def test_working_hours_follow_the_clock_on_the_wall_when_summer_time_ends() -> None:
    diary = Diary("Europe/Berlin", {5: (480, 960), 6: (480, 960)}, [])
    spans = list(working_spans(diary, at(24, 0, month=10), at(26, 0, month=10)))
    assert [span.starts_at for span in spans] == [at(24, 6, month=10), at(25, 7, month=10)]


def test_weekends_are_free_of_reviews_unless_somebody_works_then() -> None:
    usual = Diary("UTC", USUAL_HOURS, [])
    assert common_free_slots(usual, usual, starts_at=at(21, 0), ends_at=at(23, 0)) == []


@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 600)), max_size=12))
def test_every_slot_lies_in_both_working_days_and_meets_nothing(taken: list[tuple[int, int]]) -> None:
    begin = at(23, 0)
    busy = [Span(begin + timedelta(minutes=m), begin + timedelta(minutes=m + n)) for m, n in taken]
    first, second = Diary("Europe/Lisbon", USUAL_HOURS, busy[::2]), Diary("Europe/Athens", USUAL_HOURS, busy[1::2])
    for slot in common_free_slots(first, second, starts_at=begin, ends_at=begin + timedelta(days=4)):
        assert slot.ends_at - slot.starts_at == REVIEW_LASTS
        assert slot.starts_at.timestamp() % STEP.total_seconds() == 0
        assert not any(slot.meets(span) for span in busy)
        for diary in (first, second):
            spans = working_spans(diary, begin, begin + timedelta(days=4))
            assert any(span.starts_at <= slot.starts_at and slot.ends_at <= span.ends_at for span in spans)
