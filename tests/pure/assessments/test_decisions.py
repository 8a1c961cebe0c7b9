"""Who may do a task at a moment: against a naive reading of the same history, and the past never moves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessments.qualifications.granting import due, months_later
from assessments.qualifications.rules import (
    Completion,
    Facts,
    Grant,
    Pause,
    RequiredModule,
    Run,
    Status,
    TaughtVersion,
    decide,
    overall,
)
from assessments.training.moments import read_moment
from lms.refusals import NotAllowed

NAMES = UUID("11111111-1111-1111-1111-111111111111")
START = datetime(2026, 1, 1, tzinfo=UTC)


def at(hours: int) -> datetime:
    return START + timedelta(hours=hours)


def uid(text: str) -> UUID:
    return uuid5(NAMES, text)


hours = st.integers(0, 400)


@st.composite
def histories(draw: st.DrawFn) -> Facts:
    modules, completions = [], []
    for m in range(draw(st.integers(0, 2))):
        begins = sorted(draw(st.lists(hours, min_size=1, max_size=3, unique=True)))
        versions = tuple(TaughtVersion(uid(f"v{m}-{n}"), n + 1, at(h)) for n, h in enumerate(begins))
        modules.append(RequiredModule(uid(f"m{m}"), f"M{m}", f"Module {m}", f"SOP-{m}", versions))
        for c in range(draw(st.integers(0, 3))):
            version, done = draw(st.sampled_from(versions)), draw(hours)
            until = draw(st.none() | st.integers(done + 1, 500).map(at))
            completions.append(
                Completion(uid(f"c{m}-{c}"), uid(f"m{m}"), version.id, version.number, at(done), until, 90)
            )
    grants = []
    for g in range(draw(st.integers(0, 3))):
        begin = draw(hours)
        end = draw(st.integers(begin + 1, 500))
        ended = draw(st.none() | st.integers(begin, end - 1).map(at))
        grants.append(Grant(uid(f"g{g}"), at(begin), at(end), ended, "cause" if ended else ""))
    pauses = []
    for p in range(draw(st.integers(0, 2))):
        begin = draw(hours)
        pauses.append(Pause(uid(f"p{p}"), "other", at(begin), draw(st.none() | st.integers(begin, 500).map(at)), "why"))
    runs = [
        Run(uid(f"r{r}"), at(observed), at(observed + draw(st.integers(0, 48))), draw(st.booleans()))
        for r in range(draw(st.integers(0, 4)))
        for observed in [draw(hours)]
    ]
    left = draw(st.none() | hours.map(at))
    return Facts(tuple(modules), tuple(completions), tuple(runs), tuple(grants), tuple(pauses), 2, 12, left)


def naive(facts: Facts, moment: datetime) -> str:
    """Say the status by going through the history with plain loops, as a clerk would."""
    if facts.left_at is not None and moment >= facts.left_at:
        return "left"
    for pause in facts.pauses:
        if pause.valid_from <= moment and not (pause.valid_to is not None and pause.valid_to <= moment):
            return "paused"
    known = [grant for grant in facts.grants if grant.valid_from <= moment]
    for grant in known:
        if moment < grant.valid_to and not (grant.ended_at is not None and grant.ended_at <= moment):
            return "qualified" if naive_is_trained(facts, moment) else "restricted"
    if known:
        last = max(known, key=lambda grant: grant.valid_from)
        return "withdrawn" if last.ended_at is not None and last.ended_at <= moment else "lapsed"
    begun = [c for c in facts.completions if c.completed_at <= moment]
    return "in_training" if begun or [r for r in facts.runs if r.signed_at <= moment] else "not_started"


def naive_is_trained(facts: Facts, moment: datetime) -> bool:
    """Say whether every module was completed in the version then in force, by the newest completion of it."""
    for module in facts.modules:
        begun = [version for version in module.versions if version.begins_at <= moment]
        if begun:
            in_force = max(begun, key=lambda version: version.number)
            made = [c for c in facts.completions if c.version_id == in_force.id and c.completed_at <= moment]
            newest = max(made, key=lambda c: c.completed_at) if made else None
            if newest is None or (newest.counts_until is not None and newest.counts_until <= moment):
                return False
    return True


def unambiguous(facts: Facts) -> bool:
    """Whether no two completions of a version, and no two grants, share a moment: then a clerk has one reading."""
    completions = [(c.version_id, c.completed_at) for c in facts.completions]
    grants = [grant.valid_from for grant in facts.grants]
    return len(set(completions)) == len(completions) and len(set(grants)) == len(grants)


@settings(max_examples=400)
@given(histories().filter(unambiguous), st.integers(-5, 520))
def test_the_decision_is_what_a_clerk_would_read_from_the_history(facts: Facts, hour: int) -> None:
    decision = decide(facts, at(hour))
    expected = naive(facts, at(hour))
    shown = "left" if decision.reason == "left" else str(decision.status)
    assert shown == expected
    assert decision.allowed == (expected == "qualified")


def known_by(facts: Facts, moment: datetime) -> Facts:
    """Cut everything off a history that became known after a moment."""
    return replace(
        facts,
        modules=tuple(
            replace(m, versions=tuple(v for v in m.versions if v.begins_at <= moment)) for m in facts.modules
        ),
        completions=tuple(c for c in facts.completions if c.completed_at <= moment),
        runs=tuple(r for r in facts.runs if r.signed_at <= moment),
        grants=tuple(
            g if g.ended_at is None or g.ended_at <= moment else replace(g, ended_at=None, ended_reason="")
            for g in facts.grants
            if g.valid_from <= moment
        ),
        pauses=tuple(
            p if p.valid_to is not None and p.valid_to <= moment else replace(p, valid_to=None)
            for p in facts.pauses
            if p.valid_from <= moment
        ),
        left_at=facts.left_at if facts.left_at is not None and facts.left_at <= moment else None,
    )


@settings(max_examples=400)
@given(histories(), st.integers(-5, 520))
def test_nothing_that_happens_later_changes_the_answer_or_its_evidence(facts: Facts, hour: int) -> None:
    then, today = decide(known_by(facts, at(hour)), at(hour)), decide(facts, at(hour))
    assert (then.status, then.reason, then.allowed, then.until) == (
        today.status,
        today.reason,
        today.allowed,
        today.until,
    )
    assert [(m.version, m.completion, m.state) for m in then.evidence.modules] == [
        (m.version, m.completion, m.state) for m in today.evidence.modules
    ]
    assert (then.evidence.runs, then.evidence.grant, then.evidence.pause) == (
        today.evidence.runs,
        today.evidence.grant,
        today.evidence.pause,
    )


@given(histories(), st.integers(0, 300), st.integers(0, 200))
def test_what_came_later_is_listed_and_lies_between_then_and_now(facts: Facts, hour: int, more: int) -> None:
    decision = decide(facts, at(hour), known_until=at(hour + more))
    assert all(at(hour) < event.at <= at(hour + more) for event in decision.later)
    signed_later = sum(at(hour) < run.signed_at <= at(hour + more) for run in facts.runs)
    assert sum(event.what.startswith("run_") for event in decision.later) == signed_later


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["qualified", "lapsed"], "lapsed"), (["restricted", "in_training"], "restricted"), (["qualified"], "qualified"),
        (["paused", "withdrawn"], "paused"), (["qualified", "not_started"], "in_training"), (["not_started"], "not_started"),
    ],
)  # fmt: skip
def test_a_person_stands_as_the_worst_of_their_tasks(statuses: list[str], expected: str) -> None:
    assert overall(Status(status) for status in statuses) == expected


MODULE = RequiredModule(uid("m"), "M", "Module", "SOP", (TaughtVersion(uid("v"), 1, START),))
DONE = Completion(uid("c"), uid("m"), uid("v"), 1, at(1))


def run(day: int, *, passed: bool = True) -> Run:
    return Run(uid(f"run{day}"), at(24 * day), at(24 * day + 1), passed)


def test_the_first_grant_asks_for_runs_passed_in_a_row() -> None:
    facts = Facts((MODULE,), (DONE,), (run(1), run(2, passed=False), run(3)), runs_needed=2)
    assert due(facts, at(24 * 4), "UTC").missing == (("runs", {"passed": "1", "runs": "2"}),)
    with_one_more = replace(facts, runs=(*facts.runs, run(4)))
    assert due(with_one_more, at(24 * 5), "UTC").can_be_granted


def test_it_lasts_until_the_first_of_what_it_rests_on_runs_out() -> None:
    facts = Facts((MODULE,), (DONE,), (run(1), run(2)), runs_needed=2, valid_months=6)
    rests_on = due(facts, at(24 * 4), "Europe/Lisbon")
    assert rests_on.valid_to == datetime(2026, 7, 2, 23, tzinfo=UTC)  # 3 July begins at 23:00 UTC in Lisbon's summer
    assert rests_on.runs_out == ("run", "")
    sooner = replace(facts, completions=(replace(DONE, counts_until=at(24 * 90)),))
    assert due(sooner, at(24 * 4), "Europe/Lisbon").runs_out == ("module", "Module")


def test_a_renewal_asks_for_one_fresh_run_and_opens_sixty_days_before_the_end() -> None:
    grant = Grant(uid("g"), at(24 * 3), at(24 * 180))
    facts = Facts((MODULE,), (DONE,), (run(1), run(2)), (grant,), runs_needed=2, valid_months=6)
    assert due(facts, at(24 * 150), "UTC").missing[0][0] == "runs"
    renewed = replace(facts, runs=(*facts.runs, run(149)))
    assert due(renewed, at(24 * 150), "UTC").can_be_granted
    early = replace(facts, runs=(*facts.runs, run(50)))
    assert due(early, at(24 * 51), "UTC").missing == (("not_yet", {}),)


def test_after_a_withdrawal_everything_is_shown_anew() -> None:
    grant = Grant(uid("g"), at(24 * 3), at(24 * 180), at(24 * 10), "cause")
    facts = Facts((MODULE,), (DONE,), (run(1), run(2), run(11)), (grant,), runs_needed=2)
    assert due(facts, at(24 * 20), "UTC").missing == (("runs", {"passed": "1", "runs": "2"}),)


def test_a_run_that_has_itself_run_out_carries_nothing() -> None:
    facts = Facts((MODULE,), (DONE,), (run(1), run(2)), runs_needed=2, valid_months=1)
    assert due(facts, at(24 * 33), "UTC").missing[0][0] == "runs"


def test_months_end_on_the_last_day_where_the_day_does_not_exist() -> None:
    assert months_later(datetime(2027, 8, 31, tzinfo=UTC).date(), 6).isoformat() == "2028-02-29"
    assert months_later(datetime(2026, 12, 31, tzinfo=UTC).date(), 12).isoformat() == "2027-12-31"


@pytest.mark.parametrize(
    ("text", "zone", "utc"),
    [
        ("2026-03-14T14:10", "Europe/London", "2026-03-14T14:10:00+00:00"),
        ("14-Mar-2026 14:10", "America/New_York", "2026-03-14T18:10:00+00:00"),
        ("2026-07-14 14:10", "Europe/London", "2026-07-14T13:10:00+00:00"),
        ("2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30:00+00:00"),  # happens twice: the first
        ("2026-03-29T02:30", "Europe/Berlin", "2026-03-29T01:30:00+00:00"),  # is skipped
        ("2026-03-14", "Europe/Berlin", "2026-03-14T11:00:00+00:00"),
        ("2026-03-14T14:10Z", "Asia/Tokyo", "2026-03-14T14:10:00+00:00"),
    ],
)
def test_a_moment_is_read_on_the_clock_of_the_site(text: str, zone: str, utc: str) -> None:
    assert read_moment(text, zone).isoformat() == utc


def test_what_is_not_a_moment_is_refused_with_an_example() -> None:
    with pytest.raises(NotAllowed, match="14-Mar-2026 14:10"):
        read_moment("last Tuesday", "UTC")
