"""Invitations as calendars read them: when, in the clocks of the site, who, and never what about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar, Timezone

from coaching.calendar_exchange.invitations import Attendee, invitation
from coaching.calendar_exchange.zones import comes_twice, observances
from coaching.own_calendar.feed import feed_text
from coaching.own_calendar.rules import Shown, tag_of

MADE_AT = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
#: Zones with every kind of clocks: none, two rules, the other half of the year, half an hour, no yearly rule.
ZONES = (
    "Europe/Berlin",
    "Europe/Dublin",
    "Europe/Lisbon",
    "America/New_York",
    "America/Sao_Paulo",
    "America/Santiago",
    "Asia/Singapore",
    "Asia/Kolkata",
    "Asia/Jerusalem",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Pacific/Chatham",
)


def an_invitation(starts_at: datetime, zone: str, **other: Any) -> str:
    values: dict[str, Any] = {
        "method": "REQUEST",
        "uid": "review-1@candor",
        "sequence": 0,
        "made_at": MADE_AT,
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=45),
        "zone": zone,
        "summary": "Coaching review",
        "place": "Room 2",
        "link": "https://candor.example.org/reviews/1",
        "organiser": Attendee("Candor", "Candor <candor@example.org>"),
        "attendees": (
            Attendee("Eli Ng", "eli@example.org", has_agreed=True),
            Attendee("Chidi Obi", "chidi@example.org"),
        ),
    }
    return invitation(**{**values, **other})


def described_in(text: str) -> tzinfo:
    """Return the zone as a calendar works it out that knows no zone but the one described in the text."""
    [zone] = Calendar.from_ical(text).walk("VTIMEZONE")
    return Timezone.from_ical(zone.to_ical()).to_tz(lookup_tzid=False)


@pytest.mark.parametrize("zone", ZONES)
def test_the_zone_that_is_described_gives_the_time_that_was_meant_around_every_change_of_clocks(zone: str) -> None:
    """On each day of two years, and in each quarter of an hour of the days on which clocks change."""
    here = ZoneInfo(zone)
    for year in (2027, 2028):
        text = an_invitation(datetime(year, 6, 1, 7, tzinfo=UTC), zone)
        described = described_in(text)
        moment = datetime(year, 1, 1, 12, tzinfo=UTC)
        while moment.astimezone(here).year == year:
            following = moment + timedelta(days=1)
            changes = moment.astimezone(here).utcoffset() != following.astimezone(here).utcoffset()
            for n in range(96 if changes else 1):
                begins = moment + timedelta(minutes=15 * n)
                wall = begins.astimezone(here).replace(tzinfo=described, fold=0)
                assert comes_twice(begins, zone) or wall.astimezone(UTC) == begins, begins
            moment = following


def test_where_the_clocks_show_a_time_twice_it_is_written_in_utc() -> None:
    """The DST night: some programs take the first of the two, others the second."""
    for minutes in (0, 60):
        begins = datetime(2027, 10, 31, 0, 30, tzinfo=UTC) + timedelta(minutes=minutes)
        text = an_invitation(begins, "Europe/Berlin")
        assert f"DTSTART:{begins:%Y%m%dT%H%M%SZ}" in text
        assert "TZID" not in text
    assert "DTSTART;TZID=Europe/Berlin:20271031T034500" in an_invitation(
        datetime(2027, 10, 31, 2, 45, tzinfo=UTC), "Europe/Berlin"
    )


def test_the_rules_of_a_zone_are_two_lines_where_they_can_be() -> None:
    [summer, winter] = observances("Europe/Berlin", 2026, 2026)
    assert (summer.yearly, summer.name, summer.is_summer) == ((3, -1, "SU"), "CEST", True)
    assert (winter.yearly, winter.name, winter.is_summer) == ((10, -1, "SU"), "CET", False)
    assert [one.yearly for one in observances("America/New_York", 2026, 2026)] == [(3, 2, "SU"), (11, 1, "SU")]
    assert [one.yearly for one in observances("Asia/Kolkata", 2026, 2026)] == [None]
    assert all(one.yearly is None for one in observances("Africa/Casablanca", 2026, 2026))


def test_each_change_of_clocks_says_what_they_showed_before_and_what_after() -> None:
    [zone] = Calendar.from_ical(an_invitation(MADE_AT, "Europe/Berlin")).walk("VTIMEZONE")
    changes = {part.name: (part["TZOFFSETFROM"].to_ical(), part["TZOFFSETTO"].to_ical()) for part in zone.subcomponents}
    assert changes == {"DAYLIGHT": ("+0100", "+0200"), "STANDARD": ("+0200", "+0100")}


def test_both_are_named_who_chose_the_time_is_not_asked_again_and_nothing_else_is_said() -> None:
    event = Calendar.from_ical(an_invitation(MADE_AT, "Europe/Berlin")).walk("VEVENT")[0]
    asked = {str(one): (one.params["PARTSTAT"], one.params["RSVP"]) for one in event["ATTENDEE"]}
    assert asked == {
        "mailto:eli@example.org": ("ACCEPTED", "FALSE"),
        "mailto:chidi@example.org": ("NEEDS-ACTION", "TRUE"),
    }
    assert str(event["ORGANIZER"]) == "mailto:candor@example.org"
    assert set(event) == {
        *("UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "STATUS", "TRANSP", "LOCATION"),
        *("DESCRIPTION", "URL", "ORGANIZER", "ATTENDEE"),
    }
    assert str(event["SUMMARY"]) == "Coaching review"


def test_a_withdrawal_keeps_the_identity_and_asks_nobody() -> None:
    calendar = Calendar.from_ical(an_invitation(MADE_AT, "Europe/Berlin", method="CANCEL", sequence=3))
    event = calendar.walk("VEVENT")[0]
    assert (calendar["METHOD"], event["STATUS"], event["SEQUENCE"]) == ("CANCEL", "CANCELLED", 3)
    assert str(event["UID"]) == "review-1@candor"
    assert {one.params["RSVP"] for one in event["ATTENDEE"]} == {"FALSE"}


def test_names_with_signs_of_the_format_do_not_break_out_of_it() -> None:
    hostile = Attendee('Eve"; evil=yes\r\nATTENDEE:mailto:x@example.org', "eve@example.org")
    text = an_invitation(MADE_AT, "Europe/Berlin", attendees=(hostile,), place="Room\r\nEND:VEVENT")
    [event] = Calendar.from_ical(text).walk("VEVENT")
    assert str(event["ATTENDEE"]) == "mailto:eve@example.org"
    assert str(event["LOCATION"]).startswith("Room")


def test_the_feed_says_when_and_keeps_its_tag_as_long_as_it_shows_the_same() -> None:
    row = Shown("review-1@candor", 2, MADE_AT, MADE_AT + timedelta(minutes=45), is_cancelled=True, target="/reviews/1")
    texts = {
        feed_text(
            [row], made_at=MADE_AT + timedelta(hours=n), name="Candor", summary="Coaching review", base_url="https://c"
        )
        for n in range(2)
    }
    assert len(texts) == 2
    [event] = Calendar.from_ical(texts.pop()).walk("VEVENT")
    assert (event["STATUS"], event["TRANSP"], event["SEQUENCE"]) == ("CANCELLED", "TRANSPARENT", 2)
    assert set(event) == {*("UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "STATUS", "TRANSP", "URL")}
    assert tag_of([row]) == tag_of([row])
    assert tag_of([row]) != tag_of([])
