"""On which days a rule fires: the same for what happens now and for a trial on history."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from coaching.occasions.rules import (
    DELIVERED,
    WAITS_FOR,
    Absence,
    Contact,
    Event,
    Rule,
    Starter,
    Trigger,
    firings,
    is_cooled,
    would_have_fired,
)
from lms.ids import new_id

ON = date(2026, 11, 23)
SITE = new_id()
LONG_AGO, LATER = ON - timedelta(days=1000), ON + timedelta(days=1000)


def fires(rule: Rule, fact: object) -> list[date]:
    return [one.on for one in firings(rule, fact, LONG_AGO, LATER)]  # type: ignore[arg-type]


def an_event(what: str, **values: object) -> Event:
    return replace(Event(what, new_id(), new_id(), SITE, ON), **values)


def with_figures(trigger: Trigger, **figures: int) -> Rule:
    rule = DELIVERED[trigger]
    return replace(rule, is_on=True, figures={**rule.figures, **figures})


def test_as_delivered_only_the_recurrence_proposes_and_due_days_are_those_of_the_field() -> None:
    assert [rule.code for rule in DELIVERED.values() if rule.is_on] == [Trigger.RECURRENCE]
    due = {code: rule.figures["due_days"] for code, rule in DELIVERED.items()}
    assert (due["severe_deviation"], due["assessment_failed"], due["recurrence"]) == (5, 3, 5)
    assert DELIVERED[Trigger.RECURRENCE].figures["due_days_minor"] == 10
    assert 28 <= DELIVERED[Trigger.CADENCE].figures["every_days"] <= 42


def test_a_recurrence_is_due_by_its_severity() -> None:
    rule = DELIVERED[Trigger.RECURRENCE]
    for severity, days in (("critical", 5), ("major", 5), ("minor", 10)):
        (one,) = firings(rule, an_event("recurrence", severity=severity), LONG_AGO, LATER)
        assert one.due_days == days


def test_a_severe_deviation_fires_and_a_minor_one_or_a_good_catch_does_not() -> None:
    rule = with_figures(Trigger.SEVERE_DEVIATION)
    assert fires(rule, an_event("deviation", severity="major", kind="deviation")) == [ON]
    assert fires(rule, an_event("deviation", severity="minor", kind="deviation")) == []
    assert fires(rule, an_event("deviation", severity="major", kind="good_catch")) == []
    only = with_figures(Trigger.SEVERE_DEVIATION, critical_only=1)
    assert fires(only, an_event("deviation", severity="major", kind="deviation")) == []
    assert fires(only, an_event("deviation", severity="critical", kind="deviation")) == [ON]


def test_a_good_catch_fires_its_own_rule_only() -> None:
    catch = an_event("deviation", kind="good_catch", severity="minor")
    assert [rule.code for rule in DELIVERED.values() if fires(rule, catch)] == [Trigger.GOOD_CATCH]


def test_a_failed_check_fires_from_the_attempt_asked_for_and_always_when_none_is_left() -> None:
    rule = with_figures(Trigger.ASSESSMENT, failures=2)
    assert fires(rule, an_event("assessment", attempt=1)) == []
    assert fires(rule, an_event("assessment", attempt=2)) == [ON]
    assert fires(rule, an_event("assessment", attempt=1, locked=True)) == [ON]


def test_a_starter_is_met_weekly_four_times_then_fortnightly_until_signed_off() -> None:
    rule = with_figures(Trigger.STARTER)
    joined = date(2026, 6, 1)
    starter = Starter(new_id(), SITE, joined, joined + timedelta(days=60))
    days = [(day - joined).days for day in fires(rule, starter)]
    assert days == [7, 14, 21, 28, 42, 56]
    never = [(day - joined).days for day in fires(rule, replace(starter, signed_off_on=None))]
    assert never[:6] == days
    assert never[-1] <= 182


def test_a_return_fires_after_more_than_thirty_days_and_is_due_before_the_next_run() -> None:
    rule = with_figures(Trigger.RETURN)
    back = Absence(new_id(), SITE, ON - timedelta(days=31), ON, next_run_on=ON + timedelta(days=2))
    (one,) = firings(rule, back, LONG_AGO, LATER)
    assert (one.on, one.before) == (ON, ON + timedelta(days=2))
    assert fires(rule, replace(back, from_day=ON - timedelta(days=30))) == []


def test_the_cadence_begins_anew_with_each_meeting_and_ends_with_the_qualification() -> None:
    rule = with_figures(Trigger.CADENCE, every_days=35)
    start = date(2026, 1, 1)
    contact = Contact(
        new_id(), SITE, start, start + timedelta(days=150), (start + timedelta(days=30), start + timedelta(days=110))
    )
    days = [(one.on - start).days for one in firings(rule, contact, start, LATER)]
    # 30 days after the qualification they met; 35 and 70 days after that nobody had met them; 35 days after the second
    assert days == [65, 100, 145]
    assert [one.evidence["last"] for one in firings(rule, contact, start, LATER)] == [
        "2026-01-31",
        "2026-01-31",
        "2026-04-21",
    ]


def test_what_waits_for_its_fact_never_fires() -> None:
    for code in WAITS_FOR:
        for what in ("recurrence", "deviation", "assessment", "observation"):
            assert fires(replace(DELIVERED[code], is_on=True), an_event(what, severity="critical")) == []


def test_a_trial_keeps_the_cool_down_and_counts_an_occasion_once() -> None:
    rule = replace(with_figures(Trigger.ASSESSMENT), cool_down_days=14)
    person = new_id()
    facts = [an_event("assessment", person_id=person, on=ON - timedelta(days=days)) for days in (40, 30, 20, 19)]
    found = would_have_fired(rule, [*facts, *facts], LONG_AGO, LATER)
    assert [one.on for one in found] == [ON - timedelta(days=20), ON - timedelta(days=40)]
    assert is_cooled(rule, ON - timedelta(days=14), ON)
    assert not is_cooled(rule, ON - timedelta(days=13), ON)


def test_somebody_else_is_not_left_alone_because_of_a_colleague() -> None:
    rule = replace(with_figures(Trigger.ASSESSMENT), cool_down_days=14)
    facts = [an_event("assessment", on=ON - timedelta(days=days)) for days in (2, 1)]
    assert len(would_have_fired(rule, facts, LONG_AGO, LATER)) == 2


@given(st.lists(st.integers(0, 400), max_size=8), st.integers(14, 120), st.integers(0, 400), st.integers(0, 180))
def test_looking_every_day_finds_what_the_trial_finds(met: list[int], every: int, until: int, length: int) -> None:
    """Live and trial are one: asking day by day, as the nightly job does, gives the trial's days."""
    rule = with_figures(Trigger.CADENCE, every_days=every)
    start = date(2025, 1, 1)
    contact = Contact(
        new_id(), SITE, start, start + timedelta(days=length * 2), tuple(start + timedelta(days=day) for day in met)
    )
    last = start + timedelta(days=until)
    whole = [one.occasion for one in firings(rule, contact, start, last)]
    daily = [
        one.occasion
        for number in range(until + 1)
        for day in [start + timedelta(days=number)]
        for one in firings(rule, contact, day, day)
    ]
    assert whole == daily
