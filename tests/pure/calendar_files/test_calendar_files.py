"""Calendar files of other programs: when their entries take place, and what is refused before it can do harm."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from lms.calendar_files.expanding import Occurrence, Window, occurrences
from lms.calendar_files.reading import LARGEST, MOST_ENTRIES, read_calendar
from lms.refusals import NotAllowed

ZONE = "Europe/Berlin"
SPRING = Window(datetime(2027, 3, 1, tzinfo=UTC), datetime(2027, 5, 1, tzinfo=UTC))
AUTUMN = Window(datetime(2027, 10, 1, tzinfo=UTC), datetime(2027, 11, 15, tzinfo=UTC))


def a_file(*events: str, around: str = "") -> bytes:
    body = "".join(f"BEGIN:VEVENT\r\nDTSTAMP:20270101T000000Z\r\n{event.strip()}\r\nEND:VEVENT\r\n" for event in events)
    lines = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:test\n{around}{body}END:VCALENDAR\n"
    return lines.replace("\r\n", "\n").replace("\n", "\r\n").encode()


def taking_place(data: bytes, window: Window = SPRING, zone: str = ZONE) -> list[Occurrence]:
    found, refused = occurrences(read_calendar(data, zone).entries, zone, window)
    assert refused == []
    return found


def begins(data: bytes, window: Window = SPRING, zone: str = ZONE) -> list[str]:
    return [f"{one.starts_at:%m-%dT%H:%M}" for one in taking_place(data, window, zone)]


def refused(data: bytes, window: Window = SPRING) -> list[str]:
    read = read_calendar(data, ZONE)
    _, not_repeated = occurrences(read.entries, ZONE, window)
    return [one.sentence for one in (*read.refused, *not_repeated)]


def test_ten_o_clock_stays_ten_o_clock_across_a_change_of_clocks() -> None:
    weekly = a_file("UID:1\nDTSTART;TZID=Europe/Berlin:20270316T100000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=4")
    assert begins(weekly) == ["03-16T09:00", "03-23T09:00", "03-30T08:00", "04-06T08:00"]


def test_in_the_night_that_leaves_an_hour_out_the_time_moves_on_and_in_the_other_it_is_the_first_of_two() -> None:
    daily = "UID:1\nDTSTART;TZID=Europe/Berlin:{}T023000\nDTEND;TZID=Europe/Berlin:{}T030000\nRRULE:FREQ=DAILY;COUNT=3"
    assert begins(a_file(daily.format("20270327", "20270327"))) == ["03-27T01:30", "03-28T01:30", "03-29T00:30"]
    assert begins(a_file(daily.format("20271030", "20271030")), AUTUMN) == ["10-30T00:30", "10-31T00:30", "11-01T01:30"]


def test_a_night_shift_lasts_as_many_hours_as_it_has_and_a_day_as_many_as_the_clocks_give_it() -> None:
    shift = a_file("UID:1\nDTSTART;TZID=Europe/Berlin:20270327T220000\nDURATION:PT8H\nRRULE:FREQ=DAILY;COUNT=2")
    assert [(one.ends_at - one.starts_at).total_seconds() / 3600 for one in taking_place(shift)] == [8, 8]
    whole = a_file("UID:1\nDTSTART;VALUE=DATE:20270327\nRRULE:FREQ=DAILY;COUNT=3")
    assert [(one.ends_at - one.starts_at).total_seconds() / 3600 for one in taking_place(whole)] == [24, 23, 24]


def test_a_floating_time_is_meant_where_its_reader_is() -> None:
    floating = a_file("UID:1\nDTSTART:20270316T100000\nDTEND:20270316T110000")
    assert begins(floating) == ["03-16T09:00"]
    assert begins(floating, zone="America/New_York") == ["03-16T14:00"]


def test_exceptions_are_left_out_by_time_and_by_day_and_changed_ones_take_their_place() -> None:
    series = "UID:1\nDTSTART;TZID=Europe/Berlin:20270401T100000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=5\n"
    left_out = a_file(f"{series}EXDATE;TZID=Europe/Berlin:20270402T100000\nEXDATE;VALUE=DATE:20270404")
    assert begins(left_out) == ["04-01T08:00", "04-03T08:00", "04-05T08:00"]
    moved = "UID:1\nRECURRENCE-ID;TZID=Europe/Berlin:20270402T100000\nDTSTART;TZID=Europe/Berlin:20270402T150000\nDURATION:PT2H"
    gone = "UID:1\nRECURRENCE-ID;TZID=Europe/Berlin:20270403T100000\nDTSTART;TZID=Europe/Berlin:20270403T100000\nSTATUS:CANCELLED"
    assert begins(a_file(series, moved, gone)) == ["04-01T08:00", "04-02T13:00", "04-04T08:00", "04-05T08:00"]


def test_a_change_of_this_and_all_later_ones_moves_them_in_time_and_length() -> None:
    series = "UID:1\nDTSTART;TZID=Europe/Berlin:20270401T100000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=4"
    later = (
        "UID:1\nRECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20270403T100000\n"
        "DTSTART;TZID=Europe/Berlin:20270403T120000\nDURATION:PT3H"
    )
    found = taking_place(a_file(series, later))
    assert [(f"{o.starts_at:%dT%H}", (o.ends_at - o.starts_at).seconds // 3600) for o in found] == [
        ("01T08", 1),
        ("02T08", 1),
        ("03T10", 3),
        ("04T10", 3),
    ]


def test_further_dates_and_periods_are_taken_and_a_cancelled_entry_is_not() -> None:
    more = (
        "UID:1\nDTSTART:20270401T080000Z\nDTEND:20270401T090000Z\nRDATE:20270405T080000Z\n"
        "RDATE;VALUE=PERIOD:20270406T080000Z/PT3H,20270407T080000Z/20270407T083000Z"
    )
    found = taking_place(a_file(more, "UID:2\nDTSTART:20270402T080000Z\nDURATION:PT1H\nSTATUS:CANCELLED"))
    assert [(f"{o.starts_at:%d}", (o.ends_at - o.starts_at).seconds // 60) for o in found] == [
        ("01", 60),
        ("05", 60),
        ("06", 180),
        ("07", 30),
    ]


def test_until_counts_its_own_day_and_its_own_moment() -> None:
    to_the_day = a_file(
        "UID:1\nDTSTART;TZID=Europe/Berlin:20270401T100000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20270403"
    )
    assert begins(to_the_day) == ["04-01T08:00", "04-02T08:00", "04-03T08:00"]
    to_the_moment = to_the_day.replace(b"UNTIL=20270403", b"UNTIL=20270402T080000Z")
    assert begins(to_the_moment) == ["04-01T08:00", "04-02T08:00"]


def test_a_daily_entry_since_twenty_years_is_no_reason_to_refuse() -> None:
    old = a_file("UID:1\nDTSTART;TZID=Europe/Berlin:20060105T090000\nDURATION:PT15M\nRRULE:FREQ=DAILY")
    assert len(begins(old)) == 61


def test_a_whole_day_with_the_same_day_as_its_end_is_one_day() -> None:
    [one] = taking_place(a_file("UID:1\nDTSTART;VALUE=DATE:20270401\nDTEND;VALUE=DATE:20270401"))
    assert (one.first_day, one.end_day) == (date(2027, 4, 1), date(2027, 4, 2))


def test_the_zone_that_a_file_defines_counts_in_that_file_only() -> None:
    zone = (
        "BEGIN:VTIMEZONE\nTZID:Works\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0{n}00\n"
        "TZOFFSETTO:+0{n}00\nEND:STANDARD\nEND:VTIMEZONE\n"
    )
    event = "UID:1\nDTSTART;TZID=Works:20270401T100000\nDURATION:PT1H"
    assert begins(a_file(event, around=zone.replace("{n}", "5"))) == ["04-01T05:00"]
    assert begins(a_file(event, around=zone.replace("{n}", "3"))) == ["04-01T07:00"]
    assert refused(a_file(event)) == ["Its time zone “Works” is not known."]


def test_one_broken_entry_does_not_take_the_others_with_it() -> None:
    fine = "UID:1\nDTSTART:20270401T080000Z\nDURATION:PT1H"
    broken = a_file(fine, "UID:2\nDTSTART:tomorrow", "UID:3\nDTSTART:20270402T080000Z\nDTEND:20270401T080000Z", "UID:4")
    assert refused(broken) == ["Its DTSTART cannot be read.", "It ends before it begins.", "It has no beginning."]
    unparsable = a_file(fine).replace(b"VERSION:2.0", b"VERSION:2.0\r\n:\r\n;;;")
    assert begins(unparsable) == ["04-01T08:00"]


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;COUNT=100000000",
        "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15;BYMINUTE=0,5,10,15,20,25,30",
        "FREQ=DAILY;BYSECOND=0,1,2,3",
        "FREQ=HOURLY",
    ],
)
def test_a_rule_that_repeats_without_end_is_refused_and_not_followed(rule: str) -> None:
    bomb = a_file(f"UID:1\nDTSTART:16010101T000000Z\nDURATION:PT1M\nRRULE:{rule}")
    assert refused(bomb) == ["It repeats more often than anybody's day has room for."]


def test_a_zone_whose_clocks_change_each_second_is_refused_and_not_followed() -> None:
    zone = (
        "BEGIN:VTIMEZONE\nTZID:Works\nBEGIN:STANDARD\nDTSTART:16010101T000000\nRRULE:FREQ=SECONDLY\n"
        "TZOFFSETFROM:+0500\nTZOFFSETTO:+0300\nEND:STANDARD\nEND:VTIMEZONE\n"
    )
    assert refused(a_file("UID:1\nDTSTART;TZID=Works:20270401T100000\nDURATION:PT1H", around=zone)) == [
        "It cannot be read."
    ]


def test_a_time_outside_of_any_calendar_is_refused() -> None:
    early = a_file("UID:1\nDTSTART;TZID=Europe/Berlin:00010101T000000\nDURATION:PT1H")
    assert refused(early) == ["One of its times lies outside of any calendar."]
    late = a_file("UID:1\nDTSTART:99991231T230000Z\nDURATION:P1D")
    assert refused(late) == ["One of its times lies outside of any calendar."]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "no calendar file"),
        (b"PK\x03\x04 a spreadsheet", "no calendar file"),
        (b"BEGIN:VCALENDAR\n" + b" " * LARGEST, "larger than 5 MB"),
        (
            b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\nEND:VEVENT\n" * (MOST_ENTRIES + 1) + b"END:VCALENDAR\n",
            "more than 5000",
        ),
        (b"BEGIN:VCALENDAR\n" * (MOST_ENTRIES * 4 + 1), "more than 5000"),
    ],
    ids=["empty", "spreadsheet", "huge", "many", "nested"],
)
def test_what_is_no_calendar_file_is_refused_with_a_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(NotAllowed, match=sentence):
        read_calendar(data, ZONE)


def test_components_within_components_are_read_or_refused_but_break_nothing() -> None:
    deep = b"BEGIN:VCALENDAR\r\n" + b"BEGIN:X\r\n" * 3000 + b"END:X\r\n" * 3000 + b"END:VCALENDAR\r\n"
    assert read_calendar(deep, ZONE).entries == []
