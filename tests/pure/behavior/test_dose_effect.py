"""Coaching dose and recurrence: found where it was drawn in, and not told where there is too little."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest

from behavior_metrics.counting.queries import Counts
from behavior_metrics.dose.effect import dose_effect
from behavior_metrics.dose.lines import DoseLine
from behavior_metrics.frames.quarters import Quarter


def lines(sites: int, ratio: float, *, quarters: int = 12, rate: float = 0.2) -> list[DoseLine]:
    """Draw sites whose rate falls by `ratio` for ten reviews more in 100 batches in the quarter before."""
    dice = np.random.default_rng(4)
    found = []
    for site in range(sites):
        level = dice.normal(0, 0.3)
        for quarter in range(quarters):
            held = int(dice.integers(5, 40))
            recurred = int(dice.poisson(100 * rate * np.exp(level + np.log(ratio) * held / 10)))
            after = Counts(batches=100, recurrences=recurred)
            found.append(
                DoseLine(UUID(int=site), f"S{site}", Quarter(8000 + quarter), held, 100, after, after_over=True)
            )
    return found


def test_what_was_drawn_in_is_found_within_its_interval() -> None:
    found = dose_effect(lines(12, 0.8))
    assert found.effect is not None
    assert found.effect.ratio.low < 0.8 < found.effect.ratio.high
    assert found.effect.verdict == "fewer"
    assert found.beside is not None
    assert found.beside.ratio.value == pytest.approx(found.effect.ratio.value, abs=0.05)


def test_nothing_is_told_where_nothing_goes_together() -> None:
    found = dose_effect(lines(12, 1.0))
    assert found.effect is not None
    assert found.effect.verdict == "untold"


@pytest.mark.parametrize(("sites", "rate", "missing"), [(7, 0.2, {"clusters"}), (12, 0.002, {"events"})])
def test_few_sites_or_few_recurrences_say_what_is_missing(sites: int, rate: float, missing: set[str]) -> None:
    found = dose_effect(lines(sites, 0.8, rate=rate))
    assert found.effect is None
    assert {check.key for check in found.checks if not check.met} == missing


def test_a_quarter_whose_next_is_not_over_or_whose_reviews_are_not_told_is_left_out() -> None:
    whole = lines(12, 0.8)
    open_ended = [
        DoseLine(
            line.site, line.name, line.quarter, None if number % 2 else line.held, 100, line.after, number % 2 == 1
        )
        for number, line in enumerate(whole)
    ]
    found = dose_effect(open_ended)
    assert found.effect is None
    assert found.checks[0].have == 0


def test_the_same_dose_everywhere_is_a_sentence() -> None:
    same = [
        DoseLine(line.site, line.name, line.quarter, 20, 100, line.after, after_over=True) for line in lines(12, 0.8)
    ]
    found = dose_effect(same)
    assert found.effect is None
    assert found.refusal.startswith("Not estimable because")
