"""Baselines: which months may be one, when the alarm comes, since when, and what nothing can be told of."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import numpy as np
import pytest
from scipy.stats import poisson

from behavior_metrics.baselines import rules
from behavior_metrics.baselines.models import RateBaseline
from behavior_metrics.baselines.watching import Baseline, State, Watch, watched
from behavior_metrics.months.queries import Counted
from behavior_metrics.months.rules import Month, until
from behavior_metrics.stats.drift import poisson_cusum_arl, poisson_cusum_threshold
from lms.refusals import NotAllowed

FIRST = Month.parse("2024-01")


def stretch(months: int, *, batches: int = 20, found: int = 2, said: int = 1) -> list[list[int]]:
    """Months alike but for one event more in every second."""
    return [[FIRST.index + at, batches, found + at % 2, said + at % 2] for at in range(months)]


def baseline(rows: list[list[int]]) -> Baseline:
    months = tuple((row[0], row[1], row[2], row[3]) for row in rows)
    return Baseline(3, Month(rows[0][0]), Month(rows[-1][0]), months, rules.thresholds_of(rows))


def later(events: list[int], *, batches: int = 20) -> tuple[dict[Month, Counted], list[Month]]:
    """Months after a baseline of twenty: so many independent ones in each, and self-reports as usual."""
    months = [Month(FIRST.index + 20 + at) for at in range(len(events))]
    return {
        month: Counted(batches, n, 1 + at % 2) for at, (month, n) in enumerate(zip(months, events, strict=True))
    }, months


def independent(events: list[int]) -> Watch:
    found = watched(baseline(stretch(20)), *later(events))
    assert [one.outcome for one in found] == ["independent", "self_reported"]
    assert found[1].state in {State.STEADY, State.WAITING}, "the other outcome is judged by itself"
    return found[0]


def test_a_rise_is_found_and_dated_from_where_the_evidence_left_nought() -> None:
    found = independent([2, 3, 2, 2, 1, 6, 6, 5, 7, 6])
    assert found.state is State.RISEN
    assert found.since == Month.parse("2026-02"), "the sixth month"
    assert found.alarm is not None
    assert found.since <= found.alarm
    judged = [point for point in found.points if point.evidence is not None]
    assert len(judged) == 10
    assert judged[4].evidence == 0
    assert all(point.evidence is None for point in found.points if point.is_baseline)


def test_a_rise_that_creeps_in_is_dated_from_its_first_step() -> None:
    assert independent([2, 4, 4, 6, 6, 6, 6, 6]).since == Month.parse("2025-10")


def test_more_of_the_same_is_no_drift_and_a_rise_that_ended_is_told_as_past() -> None:
    assert independent([2, 3, 2, 3, 2, 3]).state is State.STEADY
    past = independent([7, 7, 8, 7, 7, *[0] * 20])
    assert past.state is State.HAD_RISEN
    assert past.since == Month.parse("2025-09")
    assert independent([]).state is State.WAITING
    assert watched(baseline(stretch(20)), {}, [Month.parse("2025-10")])[0].state is State.WAITING, "no batches"


def test_a_fall_is_told_where_months_of_nought_are_unusual_and_said_to_be_invisible_where_not() -> None:
    fallen = independent([2, 3, 0, 0, 0, 0, 0])
    assert fallen.state is State.FALLEN
    assert fallen.shows_a_fall
    assert fallen.since == Month.parse("2025-11")
    rare = baseline([[row[0], 20, at % 2, 0] for at, row in enumerate(stretch(20))])
    few, other = watched(rare, *later([0] * 12))
    assert few.state is State.STEADY
    assert not few.shows_a_fall
    assert other.state is State.NOT_WATCHED
    assert "few_expected" in few.cautions


def test_the_threshold_gives_a_false_alarm_once_in_370_months_and_finds_a_rise_far_sooner() -> None:
    found = independent([2])
    assert found.false_after is not None
    assert found.found_after is not None
    assert 370 <= found.false_after < 400
    assert found.found_after < 40
    assert found.threshold is not None
    rng = np.random.default_rng(11)
    lengths = []
    for _ in range(300):
        evidence, month = 0.0, 0
        while evidence <= found.threshold:
            month += 1
            evidence = max(0.0, evidence + rng.poisson(2.5 * 1.5) * np.log(1.5) - 2.5 * 0.5)
        lengths.append(month)
    assert np.mean(lengths) == pytest.approx(found.found_after, rel=0.12), "simulated, at a rate half as high again"


def test_chances_without_scipy_are_those_of_scipy() -> None:
    threshold = poisson_cusum_threshold(0.05, 0.075, 40)
    # Brook and Evans with scipy's distribution, written out once more
    edges = np.linspace(0, threshold, 201)
    start = np.concatenate([[0.0], (edges[:-1] + edges[1:]) / 2])
    most = np.floor((edges[None, :] - start[:, None] + 40 * 0.025) / np.log(1.5) + 1e-9)
    for now in (0.05, 0.075):
        below = poisson.cdf(most, now * 40)
        moves = np.column_stack([below[:, 0], np.diff(below, axis=1)])
        expected = np.linalg.solve(np.eye(201) - moves, np.ones(201))[0]
        assert poisson_cusum_arl(threshold, 0.05, 0.075, 40, now=now) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("first", "last", "reason", "field"),
    [
        ("2025-03", "2025-02", "quiet", "last"),
        ("2025-01", "2026-02", "quiet", "last"),
        ("2020-01", "2025-12", "quiet", "first"),
        ("2025-01", "2025-12", "  ", "reason"),
    ],
)
def test_months_that_cannot_be_a_baseline_are_refused_at_their_field(
    first: str, last: str, reason: str, field: str
) -> None:
    with pytest.raises(NotAllowed) as refused:
        rules.check_stretch(Month.parse(first), Month.parse(last), date(2026, 2, 28), reason)
    assert refused.value.field == field
    rules.check_stretch(Month.parse("2025-01"), Month.parse("2026-01"), date(2026, 2, 1), "quiet")


def test_too_few_months_with_batches_or_events_are_refused_in_words() -> None:
    idle = [[row[0], 0, 3, 3] for row in stretch(10)]
    with pytest.raises(NotAllowed, match="batches were made in 11; 12 are needed"):
        rules.thresholds_of([*idle, *stretch(11)])
    with pytest.raises(NotAllowed, match="Neither outcome has 5"):
        rules.thresholds_of([[row[0], 20, 0, 0] for row in stretch(20)])
    assert set(rules.thresholds_of(stretch(12, found=0, said=0))) == {"independent", "self_reported"}
    assert set(rules.thresholds_of([[row[0], 20, 1, 0] for row in stretch(12)])) == {"independent"}


def test_the_signature_covers_the_counts_the_thresholds_and_the_reason() -> None:
    rows = stretch(12)
    frozen = RateBaseline(
        site_id=uuid4(), number=1, first_day=date(2024, 1, 1), last_day=date(2024, 12, 31), months=rows,
        thresholds=dict(rules.thresholds_of(rows)), method_version=1, reason="quiet",
    )  # fmt: skip
    content = frozen.signed_content()
    assert content["months"] == rows
    assert {"thresholds", "reason", "number", "method", "first_day", "last_day", "site"} <= set(content)


def test_a_month_is_read_only_as_it_is_written_and_the_present_one_is_not_over() -> None:
    assert str(Month.parse("2026-02")) == "2026-02"
    assert Month.parse("2026-02").last_day == date(2026, 2, 28)
    for wrong in ("2026-13", "2026-2", "26-02", "2026-02-01"):
        with pytest.raises(ValueError, match="is not a month"):
            Month.parse(wrong)
    assert [str(month) for month in until(date(2026, 1, 31), 2)] == ["2025-11", "2025-12"]
