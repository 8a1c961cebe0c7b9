from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from lms.capas import rules
from lms.capas.rules import Plan, Seen, State, Verdict
from lms.capas.words import VOCABULARIES
from lms.refusals import NotAllowed


def seen(before: int, batches_before: int, after: int, batches_after: int) -> Seen:
    return Seen(before, batches_before, after, batches_after, 0, 0)


def test_nine_in_fifty_two_against_three_in_forty_one_cannot_be_told() -> None:
    """Story 8: from 17.3 to 7.3 per 100 looks like success; chance alone does as much in one case of seven."""
    counts = seen(9, 52, 3, 41)
    assert counts.ratio == pytest.approx(0.42, abs=0.005)
    assert counts.p == pytest.approx(0.15, abs=0.005)
    assert rules.verdict_of(counts, 50) is Verdict.NOT_DEMONSTRABLE
    assert rules.extended_batches(40) == 80


@pytest.mark.parametrize(
    ("after", "p", "verdict"), [(4, 0.029, Verdict.EFFECTIVE), (5, 0.053, Verdict.NOT_DEMONSTRABLE)]
)
def test_in_eighty_batches_four_show_it_and_five_do_not(after: int, p: float, verdict: Verdict) -> None:
    counts = seen(9, 52, after, 80)
    assert counts.p == pytest.approx(p, abs=0.0005)
    assert rules.verdict_of(counts, 50) is verdict
    assert rules.most_for_effective(9, 52, 80, 50) == 4


@given(st.integers(0, 60), st.integers(1, 300), st.integers(0, 60), st.integers(1, 300))
def test_p_is_the_exact_conditional_one(before: int, batches_before: int, after: int, batches_after: int) -> None:
    """As SciPy's exact binomial test on the total, which is what R's ``poisson.test`` for two rates is."""
    counts = seen(before, batches_before, after, batches_after)
    if before + after:
        share = batches_after / (batches_before + batches_after)
        expected = binomtest(after, before + after, share, alternative="less").pvalue
        assert counts.p == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        (Seen(9, 52, 0, 80, 1, 0), Verdict.NOT_EFFECTIVE),  # a critical one
        (Seen(9, 52, 0, 80, 0, 1), Verdict.NOT_EFFECTIVE),  # confirmed as having come back
        (seen(9, 52, 14, 80), Verdict.NOT_EFFECTIVE),  # the rate did not fall
        (seen(0, 52, 1, 80), Verdict.NOT_EFFECTIVE),
        (seen(0, 52, 0, 80), Verdict.NOT_DEMONSTRABLE),  # nothing to compare with
        (seen(9, 0, 0, 80), Verdict.NOT_DEMONSTRABLE),
        (seen(9, 52, 0, 0), Verdict.NOT_DEMONSTRABLE),
        (seen(100, 500, 70, 500), Verdict.NOT_DEMONSTRABLE),  # a sure fall, but not the one asked for
    ],
)
def test_the_verdict_follows_from_the_counts(counts: Seen, verdict: Verdict) -> None:
    assert rules.verdict_of(counts, 50) is verdict


@given(st.integers(0, 40), st.integers(0, 200), st.integers(0, 40), st.integers(0, 200), st.integers(1, 100))
def test_effective_is_never_said_without_a_fall_and_a_small_p(
    before: int, batches_before: int, after: int, batches_after: int, percent: int
) -> None:
    counts = seen(before, batches_before, after, batches_after)
    if rules.verdict_of(counts, percent) is Verdict.EFFECTIVE:
        assert counts.ratio is not None
        assert counts.ratio <= 1 - percent / 100
        assert counts.p is not None
        assert counts.p < 0.05


def test_no_number_can_show_a_fall_from_almost_nothing() -> None:
    assert rules.most_for_effective(1, 52, 80, 50) is None


def test_a_due_day_goes_by_risk_and_can_be_extended_before_it_only() -> None:
    opened = date(2026, 3, 1)
    assert [(rules.due_on(opened, s) - opened).days for s in ("critical", "major", "minor")] == [30, 60, 90]
    rules.check_extension(date(2026, 4, 1), date(2026, 4, 15), date(2026, 4, 1))
    with pytest.raises(NotAllowed, match="over"):
        rules.check_extension(date(2026, 4, 1), date(2026, 4, 15), date(2026, 4, 2))
    with pytest.raises(NotAllowed, match="after"):
        rules.check_extension(date(2026, 4, 1), date(2026, 4, 1), date(2026, 3, 20))


@pytest.mark.parametrize(
    ("field", "value"),
    [("baseline_days", 10), ("window_days", 1), ("window_batches", 4), ("reduction_percent", 0), ("grace_days", -1)],
)
def test_a_plan_that_could_never_tell_is_refused_at_its_field(field: str, value: int) -> None:
    good = {"baseline_days": 365, "window_days": 180, "window_batches": 40, "reduction_percent": 50, "grace_days": 0}
    rules.check_plan(Plan(**good))
    with pytest.raises(NotAllowed) as refused:
        rules.check_plan(Plan(**{**good, field: value}))
    assert refused.value.field == field


def test_every_state_and_verdict_has_a_word_and_every_state_its_sentence() -> None:
    assert set(VOCABULARIES["capa_state"]) == set(State)
    assert set(VOCABULARIES["capa_verdict"]) == set(Verdict)
    assert set(VOCABULARIES["capa_kind"]) == set(rules.Kind)
    for state in State:
        for following in set(State) - rules.FOLLOWING[state]:
            with pytest.raises(NotAllowed, match="X is"):
                rules.check_may_become("X", state, following)
