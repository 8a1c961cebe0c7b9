"""Quartiles of a wait of which some is not over: published medians, and the room's own curve as a second way there."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from behavior_metrics.stats.recurrent import time_to_first
from behavior_metrics.stats.waiting import FEWEST, Quartiles, Wait, quartiles

#: Remission in weeks, acute myelogenous leukaemia (Miller 1981; R data set survival::aml): medians 31 and 23.
MAINTAINED = [(9, 1), (13, 1), (13, 0), (18, 1), (23, 1), (28, 0), (31, 1), (34, 1), (45, 0), (48, 1), (161, 0)]
NOT_MAINTAINED = [
    (5, 1),
    (5, 1),
    (8, 1),
    (8, 1),
    (12, 1),
    (16, 0),
    (23, 1),
    (27, 1),
    (30, 1),
    (33, 1),
    (43, 1),
    (45, 1),
]


def of(rows: list[tuple[int, int]]) -> Quartiles | None:
    return quartiles([Wait(days, bool(ended)) for days, ended in rows])


def test_it_gives_the_medians_that_were_published() -> None:
    assert of(MAINTAINED) == Quartiles(11, 4, 18, 31, 48)
    found = of(NOT_MAINTAINED)
    assert found is not None
    assert (found.lower, found.median, found.upper) == (8, 23, 33)


def test_it_agrees_with_the_curve_that_has_errors_as_well() -> None:
    random = Random(5)
    for _ in range(40):
        rows = [(random.randint(0, 30), int(random.random() < 0.7)) for _ in range(random.randint(5, 60))]
        curve = time_to_first([days for days, _ in rows], [ended for _, ended in rows])
        found = of(rows)
        assert found is not None
        for share, day in ((0.75, found.lower), (0.5, found.median), (0.25, found.upper)):
            below = curve.time[np.asarray(curve.share) <= share + 1e-12]
            assert day == (int(below[0]) if below.size else None)


def test_what_still_waits_makes_it_longer_and_leaving_it_out_would_not() -> None:
    ended = [(2, 1)] * 5
    waits = of([*ended, *[(40, 0)] * 6])
    assert of(ended) == Quartiles(5, 0, 2, 2, 2)
    assert waits == Quartiles(11, 6, 2, None, None)


@pytest.mark.parametrize("number", range(FEWEST))
def test_below_five_nothing_is_said(number: int) -> None:
    assert of([(1, 1)] * number) is None
