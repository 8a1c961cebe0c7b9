from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from lms.deviations import rules, taxonomy
from lms.deviations.words import VOCABULARIES
from lms.refusals import NotAllowed

START = datetime(2025, 3, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("recorded", "due"),
    [
        ("2026-11-20T10:44+01:00", "2026-11-23T10:44+01:00"),  # Friday -> Monday, same time
        ("2026-11-23T23:50+01:00", "2026-11-24T23:50+01:00"),
        ("2026-11-21T15:00+01:00", "2026-11-24T00:00+01:00"),  # Saturday counts from Monday 00:00
        ("2026-10-23T10:00+02:00", "2026-10-26T10:00+01:00"),  # over the end of summer time
    ],
)
def test_triage_is_due_one_working_day_later_in_the_sites_own_time(recorded: str, due: str) -> None:
    found = rules.working_days_later(datetime.fromisoformat(recorded), 1, "Europe/Berlin")
    assert found == datetime.fromisoformat(due)


def test_the_working_day_is_the_sites_and_not_the_servers() -> None:
    """Friday 23:00 in New York is Saturday in UTC; it is still a Friday report."""
    friday = datetime.combine(date(2026, 11, 20), time(23), ZoneInfo("America/New_York"))
    due = rules.working_days_later(friday, 1, "America/New_York")
    assert due == datetime.combine(date(2026, 11, 23), time(23), ZoneInfo("America/New_York"))


def test_a_late_entry_needs_a_reason_and_the_future_is_refused() -> None:
    at = START + timedelta(hours=24)
    rules.check_times(START, at, "")
    with pytest.raises(NotAllowed, match="24 hours") as late:
        rules.check_times(START - timedelta(seconds=1), at, " ")
    assert late.value.field == "late_reason"
    rules.check_times(START - timedelta(seconds=1), at, "the tablet was charging")
    with pytest.raises(NotAllowed, match="future"):
        rules.check_times(at + timedelta(minutes=1), at, "")


@pytest.mark.parametrize(
    ("state", "following", "allowed"),
    [
        ("reported", "triaged", True),
        ("reported", "closed", False),
        ("reported", "rejected_duplicate", True),
        ("triaged", "triaged", True),
        ("triaged", "closed", True),
        ("closed", "triaged", False),
        ("closed", "rejected_duplicate", False),
        ("rejected_duplicate", "triaged", False),
    ],
)
def test_a_deviation_goes_only_where_its_state_lets_it(state: str, following: str, *, allowed: bool) -> None:
    if allowed:
        rules.check_may_become("X", state, rules.State(following))
    else:
        with pytest.raises(NotAllowed, match="X is"):
            rules.check_may_become("X", state, rules.State(following))


@pytest.mark.parametrize(
    ("story", "title"),
    [
        ("Label fell off. We stopped.", "Label fell off"),
        ("pH 7.2 instead of 7.4, bag held", "pH 7.2 instead of 7.4, bag held"),
        ("First line\nsecond line", "First line"),
        ("word " * 60, "word " * 23 + "word …"),
    ],
)
def test_a_title_is_the_first_sentence(story: str, title: str) -> None:
    assert rules.title_of(story) == title
    assert len(rules.title_of(story)) <= rules.TITLE_LENGTH + 2


def test_every_code_has_a_word_and_every_word_a_code() -> None:
    for field, codes in taxonomy.CODES.items():
        assert set(VOCABULARIES[field]) == set(codes)
    assert set(VOCABULARIES["deviation_state"]) == set(rules.State)


def test_a_channel_is_self_reported_or_independent_or_the_supervisor() -> None:
    assert set(taxonomy.DETECTION_CHANNELS) == taxonomy.SELF_REPORTED | taxonomy.INDEPENDENT | {"supervisor"}
    assert not taxonomy.SELF_REPORTED & taxonomy.INDEPENDENT


def test_a_study_keeps_its_own_codes_and_the_core_is_locked() -> None:
    assert taxonomy.is_known("faa-aid", "category", "II")
    assert not taxonomy.is_known(taxonomy.CORE, "category", "II")
    assert not taxonomy.is_known("faa-aid", "category", "")
