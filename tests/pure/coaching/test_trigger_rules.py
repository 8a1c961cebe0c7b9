"""Due days in working days of the site, changes of a rule, and the exact interval of a share against R."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from coaching.occasions.rules import DELIVERED, Firing, Trigger
from coaching.triggers.rules import changed, due_on, exact_interval, hold_by
from lms.ids import new_id
from lms.refusals import NotAllowed

FRIDAY = date(2026, 11, 20)
RULE = DELIVERED[Trigger.CADENCE]


def test_due_days_leave_out_weekends_and_the_sites_holidays() -> None:
    assert due_on(FRIDAY, 5) == date(2026, 11, 27)
    assert due_on(FRIDAY, 10) == date(2026, 12, 4)
    assert due_on(FRIDAY, 5, {date(2026, 11, 25)}) == date(2026, 11, 30)


def test_a_review_before_the_next_run_is_due_by_then_and_never_in_the_past() -> None:
    firing = Firing(Trigger.RETURN, 1, new_id(), new_id(), FRIDAY, "x", 5, before=FRIDAY + timedelta(days=4))
    assert hold_by(firing, FRIDAY, ()) == FRIDAY + timedelta(days=4)
    assert hold_by(replace(firing, before=FRIDAY - timedelta(days=1)), FRIDAY, ()) == FRIDAY
    assert hold_by(replace(firing, before=None), FRIDAY, ()) == date(2026, 11, 27)


def test_a_change_is_a_further_version_within_bounds() -> None:
    figures = {"every_days": 42, "due_days": 10}
    following = changed(RULE, is_on=True, figures=figures, cool_down_days=28, alerts="qa")
    assert (following.number, following.is_on, following.figures["every_days"], following.alerts) == (2, True, 42, "qa")
    for wrong, field in (({"every_days": 13}, "every_days"), ({"due_days": 31}, "due_days")):
        with pytest.raises(NotAllowed) as refusal:
            changed(RULE, is_on=True, figures={**figures, **wrong}, cool_down_days=28, alerts="qa")
        assert refusal.value.field == field
    with pytest.raises(NotAllowed, match="Nothing changes"):
        changed(RULE, is_on=False, figures=RULE.figures, cool_down_days=28, alerts="site_lead")
    with pytest.raises(NotAllowed, match="0 to 365"):
        changed(RULE, is_on=True, figures=figures, cool_down_days=-1, alerts="qa")


def test_a_rule_that_waits_for_its_fact_cannot_be_switched_on() -> None:
    fade = DELIVERED[Trigger.FADE]
    with pytest.raises(NotAllowed, match="waits for a fact"):
        changed(fade, is_on=True, figures=fade.figures, cool_down_days=30, alerts="qa")


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        # scipy.stats.binomtest(hits, of).proportion_ci(), which is binom.test(hits, of)$conf.int of R
        (7, 10, 0.3475471, 0.9332605),
        (0, 10, 0.0, 0.3084971),
        (10, 10, 0.6915029, 1.0),
        (1, 1, 0.025, 1.0),
        (900, 2000, 0.4280337, 0.4721131),
    ],
)
def test_the_interval_of_a_share_is_the_exact_one(hits: int, of: int, low: float, high: float) -> None:
    assert exact_interval(hits, of) == pytest.approx((low, high), abs=5e-7)
