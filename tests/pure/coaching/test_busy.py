"""What is kept of somebody's own calendar: spans, joined where they touch, and sentences without a title."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coaching.calendar_exchange.busy import AHEAD, busy_times

NOW = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)


def a_file(*events: str) -> bytes:
    body = "".join(
        f"BEGIN:VEVENT\nUID:{n}\nDTSTAMP:20270101T000000Z\n{event}\nEND:VEVENT\n" for n, event in enumerate(events)
    )
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{body}END:VCALENDAR\n".encode()


def test_each_entry_is_used_left_out_or_refused_and_counted_once() -> None:
    taken = busy_times(
        a_file(
            "DTSTART:20270302T080000Z\nDTEND:20270302T090000Z\nSUMMARY:Doctor",
            "DTSTART:20270302T083000Z\nDTEND:20270302T100000Z",
            "DTSTART:20270302T100000Z\nDTEND:20270302T103000Z",
            "DTSTART:20270303T080000Z\nDTEND:20270303T090000Z\nTRANSP:TRANSPARENT",
            "DTSTART:20270303T080000Z\nDTEND:20270303T090000Z\nSTATUS:CANCELLED",
            "DTSTART:20200303T080000Z\nDTEND:20200303T090000Z",
            "DTSTART:20270304T080000Z",
            "DTSTART:20270305T080000Z\nDURATION:PT1H\nRRULE:FREQ=SECONDLY",
            "SUMMARY:nothing",
        ),
        zone="UTC",
        now=NOW,
    )
    assert [(f"{s.starts_at:%d %H:%M}", f"{s.ends_at:%H:%M}") for s in taken.spans] == [("02 08:00", "10:30")]
    assert (taken.entries, taken.used) == (9, 3)
    assert taken.left_out == {"free": 1, "cancelled": 1, "elsewhere": 2}
    assert [one.number for one in taken.refused] == [8, 9]
    assert taken.used + sum(taken.left_out.values()) + len(taken.refused) == taken.entries
    assert "Doctor" not in repr(taken)


def test_what_is_over_or_further_than_four_hundred_days_is_cut_off() -> None:
    taken = busy_times(a_file("DTSTART;VALUE=DATE:20200101\nDTEND;VALUE=DATE:20350101"), zone="UTC", now=NOW)
    assert [(s.starts_at, s.ends_at) for s in taken.spans] == [(NOW, NOW + AHEAD)]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 600), st.integers(1, 200)), max_size=20))
def test_spans_hold_exactly_the_minutes_that_some_entry_takes(entries: list[tuple[int, int]]) -> None:
    times = [(NOW + timedelta(minutes=begin), NOW + timedelta(minutes=begin + lasts)) for begin, lasts in entries]
    events = [f"DTSTART:{begin:%Y%m%dT%H%M%SZ}\nDTEND:{end:%Y%m%dT%H%M%SZ}" for begin, end in times]
    spans = busy_times(a_file(*events), zone="UTC", now=NOW).spans
    assert all(earlier.ends_at < later.starts_at for earlier, later in pairwise(spans))
    minutes = {m for begin, lasts in entries for m in range(begin, begin + lasts)}
    kept = {
        int((span.starts_at - NOW).total_seconds() // 60) + n
        for span in spans
        for n in range(int((span.ends_at - span.starts_at).total_seconds() // 60))
    }
    assert kept == minutes
