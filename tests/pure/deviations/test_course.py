"""The course of a deviation: every pair of states, its clocks over weekends, holidays and clock changes, its refusals."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest

from lms.deviations import rules
from lms.deviations.rules import State
from lms.deviations.words import VOCABULARIES
from lms.refusals import NotAllowed

#: Every state, and what may follow it, written down a second time as the procedure says it.
MAY_FOLLOW = {
    "reported": "triaged rejected_duplicate downgraded_to_event",
    "triaged": "triaged contained under_investigation closed rejected_duplicate downgraded_to_event",
    "contained": "contained under_investigation rejected_duplicate downgraded_to_event",
    "under_investigation": "under_investigation capa_defined rejected_duplicate downgraded_to_event",
    "capa_defined": "capa_defined under_investigation qa_review",
    "qa_review": "closed under_investigation",
    "closed": "reopened",
    "reopened": "reopened contained under_investigation",
    "rejected_duplicate": "",
    "downgraded_to_event": "triaged",
}


@pytest.mark.parametrize(("state", "following"), list(product(State, State)))
def test_every_pair_of_states_is_allowed_or_refused_as_the_procedure_says(state: State, following: State) -> None:
    if following in MAY_FOLLOW[state].split():
        rules.check_may_become("X", state, following)
    else:
        with pytest.raises(NotAllowed, match="X is "):
            rules.check_may_become("X", state, following)


def test_every_state_is_open_or_over_and_has_its_word() -> None:
    over = {State.CLOSED, State.REJECTED_DUPLICATE, State.DOWNGRADED}
    assert set(rules.OPEN) == set(State) - over
    assert set(State) - rules.CLASSIFIED == {State.REPORTED, State.REJECTED_DUPLICATE, State.DOWNGRADED}
    assert set(VOCABULARIES["deviation_state"]) == set(State)
    assert set(VOCABULARIES["method"]) == set(rules.METHODS)
    assert set(VOCABULARIES["contributing_factor"]) == set(rules.FACTORS)


@pytest.mark.parametrize("state", list(State))
def test_classifying_anew_never_loses_work_that_has_begun(state: State) -> None:
    if state in {State.REPORTED, State.DOWNGRADED}:
        assert rules.classified_as("X", state) == State.TRIAGED
    elif state in {State.QA_REVIEW, State.CLOSED, State.REJECTED_DUPLICATE}:
        with pytest.raises(NotAllowed):
            rules.classified_as("X", state)
    else:
        assert rules.classified_as("X", state) == state


@pytest.mark.parametrize("severity", ["minor", "major", "critical", ""])
def test_only_a_minor_one_is_closed_without_investigation_and_only_with_a_reason(severity: str) -> None:
    rules.check_can_close("X", "qa_review", severity, "")
    with pytest.raises(NotAllowed):
        rules.check_can_close("X", "triaged", severity, " ")
    if severity == "minor":
        rules.check_can_close("X", "triaged", severity, "plain cause")
    else:
        with pytest.raises(NotAllowed, match="investigated"):
            rules.check_can_close("X", "triaged", severity, "plain cause")


CHRISTMAS = frozenset({date(2026, 12, 25), date(2026, 12, 26), date(2027, 1, 1)})


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        # Thursday before Christmas: Friday is free, then the weekend
        ("2026-12-24T10:00+01:00", 1, "2026-12-28T10:00+01:00"),
        # what is recorded on the holiday itself begins with the next working day
        ("2026-12-25T10:00+01:00", 1, "2026-12-29T00:00+01:00"),
        # over New Year
        ("2026-12-31T23:59+01:00", 1, "2027-01-04T23:59+01:00"),
        ("2026-12-23T09:00+01:00", 2, "2026-12-28T09:00+01:00"),
        # no holiday in between
        ("2026-12-21T09:00+01:00", 2, "2026-12-23T09:00+01:00"),
    ],
)
def test_holidays_stop_the_clock_of_working_days_as_weekends_do(start: str, days: int, due: str) -> None:
    found = rules.working_days_later(datetime.fromisoformat(start), days, "Europe/Berlin", CHRISTMAS)
    assert found == datetime.fromisoformat(due)


def test_a_holiday_over_the_end_of_summer_time_keeps_the_clock_on_the_wall() -> None:
    start = datetime.fromisoformat("2026-10-23T10:00+02:00")  # Friday before the clocks go back
    free = frozenset({date(2026, 10, 26)})
    due = rules.working_days_later(start, 1, "Europe/Berlin", free)
    assert due == datetime.fromisoformat("2026-10-27T10:00+01:00")
    spring = datetime.fromisoformat("2026-03-06T10:00-05:00")  # New York goes forward on the 8th
    assert rules.working_days_later(spring, 1, "America/New_York") == datetime.fromisoformat("2026-03-09T10:00-04:00")


def test_whatever_the_holidays_a_due_moment_lies_on_a_working_day_of_the_site() -> None:
    for offset in range(400):
        start = datetime(2026, 1, 1, 6, tzinfo=UTC) + timedelta(days=offset, minutes=37 * offset)
        free = frozenset(date(2026, 1, 1) + timedelta(days=n * 3) for n in range(200))
        due = rules.working_days_later(start, 2, "Asia/Tokyo", free)
        day = due.astimezone(rules.ZoneInfo("Asia/Tokyo")).date()
        assert day.weekday() < 5
        assert day not in free
        assert due > start


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2026-10-01T10:00+02:00", "2026-10-31T10:00+01:00"),  # over the end of summer time
        ("2026-03-20T10:00+01:00", "2026-04-19T10:00+02:00"),
        ("2026-12-20T10:00+01:00", "2027-01-19T10:00+01:00"),
    ],
)
def test_closing_is_due_thirty_calendar_days_later_at_the_same_time_on_the_wall(start: str, due: str) -> None:
    found = rules.calendar_days_later(datetime.fromisoformat(start), rules.CLOSING_DAYS, "Europe/Berlin")
    assert found == datetime.fromisoformat(due)


DUE = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("due", "to", "now", "allowed"),
    [
        (DUE, DUE + timedelta(days=1), DUE, True),
        (DUE, DUE + timedelta(days=1), DUE + timedelta(seconds=1), False),  # over: nothing is extended afterwards
        (DUE, DUE, DUE - timedelta(days=1), False),
        (DUE, DUE - timedelta(days=1), DUE - timedelta(days=2), False),
        (None, DUE, DUE - timedelta(days=2), False),
    ],
)
def test_an_extension_is_asked_for_before_the_due_moment_and_moves_it_on(
    due: datetime | None, to: datetime, now: datetime, *, allowed: bool
) -> None:
    if allowed:
        rules.check_extension(due, to, now)
    else:
        with pytest.raises(NotAllowed):
            rules.check_extension(due, to, now)


def test_on_time_is_told_by_the_first_due_moment() -> None:
    assert rules.closed_in_time(DUE, DUE) is True
    assert rules.closed_in_time(DUE + timedelta(seconds=1), DUE) is False
    assert rules.closed_in_time(DUE, None) is None


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"method": "guess"}, "method"),
        ({"finding": " "}, "finding"),
        ({"action_needed": False, "why_none": " "}, "why_none"),
    ],
)
def test_a_result_names_its_method_its_finding_and_why_nothing_is_done(values: dict[str, object], field: str) -> None:
    good = {"method": "five_whys", "finding": "found", "action_needed": True, "why_none": ""}
    rules.check_result(**good)  # type: ignore[arg-type]
    with pytest.raises(NotAllowed) as refused:
        rules.check_result(**{**good, **values})  # type: ignore[arg-type]
    assert refused.value.field == field


def test_containment_lies_between_the_event_and_now() -> None:
    rules.check_contained(DUE, DUE, DUE)
    for moment in (DUE - timedelta(minutes=1), DUE + timedelta(minutes=1)):
        with pytest.raises(NotAllowed):
            rules.check_contained(moment, DUE, DUE)
