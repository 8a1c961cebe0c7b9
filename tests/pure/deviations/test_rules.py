from __future__ import annotations

import inspect
from dataclasses import fields
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.deviations import rules, taxonomy
from lms.deviations.words import VOCABULARIES
from lms.refusals import NotAllowed

SITE = UUID(int=1)
OTHER = UUID(int=2)
ZONES = {SITE: "Europe/Berlin", OTHER: "America/New_York"}
START = datetime(2025, 3, 1, 9, tzinfo=UTC)


def an_occurrence(day: float, *, site: UUID = SITE, step: str = "thaw", cause: str = "method") -> rules.Occurrence:
    return rules.Occurrence(uuid4(), site, step, "material", cause, START + timedelta(days=day))


def test_a_match_names_the_nearest_earlier_one() -> None:
    first, second, third = an_occurrence(0), an_occurrence(100), an_occurrence(243)
    found = rules.find_recurrences([third, first, second], ZONES)
    assert {(m.later_id, m.earlier_id, m.days_between) for m in found} == {
        (second.id, first.id, 100),
        (third.id, second.id, 143),
    }


@pytest.mark.parametrize(("days", "matches"), [(364, True), (365, True), (366, False), (1, True)])
def test_the_window_includes_its_last_day_and_no_more(days: int, *, matches: bool) -> None:
    found = rules.find_recurrences([an_occurrence(0), an_occurrence(days)], ZONES)
    assert bool(found) is matches


@pytest.mark.parametrize(
    ("earlier", "later", "hours"),
    [(date(2024, 10, 27), date(2025, 10, 27), 1), (date(2024, 3, 31), date(2025, 3, 31), -1)],
)
def test_a_clock_change_moves_nothing_over_the_limit(earlier: date, later: date, hours: int) -> None:
    """From summer to winter time 365 days last an hour longer, and back an hour less; at the site they are 365 days."""
    berlin = ZoneInfo("Europe/Berlin")
    first, second = (
        rules.Occurrence(
            uuid4(), SITE, "thaw", "material", "method", datetime.combine(day, time(), berlin).astimezone(UTC)
        )
        for day in (earlier, later)
    )
    assert second.occurred_at - first.occurred_at == timedelta(days=365, hours=hours)
    assert rules.repeats(second, first, "Europe/Berlin") == 365


@pytest.mark.parametrize(
    "later",
    [an_occurrence(10, site=OTHER), an_occurrence(10, step="harvest"), an_occurrence(10, cause="human")],
    ids=["site", "step", "cause"],
)
def test_site_step_and_cause_must_be_equal(later: rules.Occurrence) -> None:
    assert rules.find_recurrences([an_occurrence(0), later], ZONES) == []


def test_an_incomplete_classification_matches_nothing() -> None:
    assert rules.find_recurrences([an_occurrence(0, cause=""), an_occurrence(10, cause="")], ZONES) == []


def test_what_happened_at_the_same_moment_is_not_a_repetition_of_itself() -> None:
    before, one, two = an_occurrence(0), an_occurrence(30), an_occurrence(30)
    found = rules.find_recurrences([one, two, before], ZONES)
    assert {m.earlier_id for m in found} == {before.id}
    assert {m.later_id for m in found} == {one.id, two.id}


def test_the_rule_cannot_see_a_person() -> None:
    seen = {field.name for field in fields(rules.Occurrence)}
    assert seen == {"id", "site_id", "process_step", "category", "root_cause_class", "occurred_at"}
    assert "person" not in inspect.getsource(rules.find_recurrences) + inspect.getsource(rules.repeats)


@given(st.lists(st.tuples(st.integers(0, 900), st.sampled_from(["thaw", "harvest"])), max_size=25))
def test_the_rule_agrees_with_looking_at_every_pair(days: list[tuple[int, str]]) -> None:
    seen = [an_occurrence(day, step=step) for day, step in days]
    expected = set()
    for later in seen:
        gaps = [
            (later.occurred_at - earlier.occurred_at).days
            for earlier in seen
            if earlier.process_step == later.process_step and earlier.occurred_at < later.occurred_at
        ]
        if gaps and min(gaps) <= 365:
            expected.add((later.id, min(gaps)))
    assert {(m.later_id, m.days_between) for m in rules.find_recurrences(seen, ZONES)} == expected


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
    assert set(VOCABULARIES["recurrence_decision"]) == set(rules.Decision)


def test_a_channel_is_self_reported_or_independent_or_the_supervisor() -> None:
    assert set(taxonomy.DETECTION_CHANNELS) == taxonomy.SELF_REPORTED | taxonomy.INDEPENDENT | {"supervisor"}
    assert not taxonomy.SELF_REPORTED & taxonomy.INDEPENDENT


def test_a_study_keeps_its_own_codes_and_the_core_is_locked() -> None:
    assert taxonomy.is_known("faa-aid", "category", "II")
    assert not taxonomy.is_known(taxonomy.CORE, "category", "II")
    assert not taxonomy.is_known("faa-aid", "category", "")
