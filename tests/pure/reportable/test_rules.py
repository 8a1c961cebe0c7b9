"""When a report to an authority is due, and to what a duty applies."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest

from lms.refusals import NotAllowed
from lms.reportable import rules
from lms.reportable.rules import STANDARD, Moments, due_at, start_of

HAPPENED = datetime.fromisoformat("2026-10-01T23:30+02:00")
FOUND = datetime.fromisoformat("2026-10-05T08:00+02:00")
SORTED = datetime.fromisoformat("2026-10-06T09:00+02:00")


@pytest.mark.parametrize(
    ("days", "kind", "start", "due"),
    [
        (45, "calendar", FOUND, "2026-11-19T23:59:59+01:00"),
        # the day counts at the site: half past eleven in Berlin is still the first of October
        (45, "calendar", HAPPENED, "2026-11-15T23:59:59+01:00"),
        (0, "calendar", SORTED, "2026-10-06T23:59:59+02:00"),
        (3, "working", SORTED, "2026-10-12T23:59:59+02:00"),  # the 8th is free, then a weekend
    ],
)
def test_a_report_is_due_at_the_end_of_the_last_day_at_the_site(
    days: int, kind: str, start: datetime, due: str
) -> None:
    free = frozenset({date(2026, 10, 8)})
    assert due_at(start, days, kind, "Europe/Berlin", free) == datetime.fromisoformat(due)


def test_days_count_from_the_moment_that_the_duty_names_and_never_from_a_later_one() -> None:
    all_known = Moments(HAPPENED, FOUND, SORTED)
    assert [start_of(name, all_known) for name in rules.StartsFrom] == [HAPPENED, FOUND, SORTED]
    assert start_of("detected", Moments(HAPPENED, None, SORTED)) == HAPPENED
    with pytest.raises(NotAllowed, match="Triage it first"):
        start_of("triaged", Moments(HAPPENED, FOUND, None))


def test_a_duty_applies_to_its_kinds_and_severities_and_an_empty_list_takes_all() -> None:
    assert rules.applies("", "", "event", "minor")
    assert rules.applies("oos complaint", "", "oos", "minor")
    assert not rules.applies("oos complaint", "", "deviation", "critical")
    assert not rules.applies("", "critical", "deviation", "major")
    assert not rules.applies("oos", "critical", "oos", "minor")


def test_the_duties_to_begin_with_are_those_of_the_clauses() -> None:
    for duty in STANDARD:
        rules.check_duty(duty)
    assert {duty.source: duty.days for duty in STANDARD if "CFR" in duty.source} == {
        "21 CFR 600.14": 45,
        "21 CFR 1271.350(b)": 45,
    }


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"authority": " "}, "authority"),
        ({"what": ""}, "what"),
        ({"days": -1}, "days"),
        ({"days": 366}, "days"),
        ({"day_kind": "lunar"}, "day_kind"),
        ({"starts_from": "closed"}, "starts_from"),
        ({"kinds": ("gossip",)}, "kinds"),
        ({"severities": ("awful",)}, "severities"),
    ],
)
def test_a_duty_that_could_not_be_kept_is_refused_at_its_field(values: dict[str, object], field: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        rules.check_duty(replace(STANDARD[0], **values))  # type: ignore[arg-type]
    assert refused.value.field == field


def test_a_report_has_a_day_that_was_and_a_number() -> None:
    today = date(2026, 11, 1)
    rules.check_submission(today, "BPD-1", today, today)
    with pytest.raises(NotAllowed, match="future"):
        rules.check_submission(date(2026, 11, 2), "BPD-1", today, today)
    with pytest.raises(NotAllowed, match="number"):
        rules.check_submission(today, " ", today, today)
