"""What two coaches' marks let be compared."""

from __future__ import annotations

from uuid import uuid4

import pytest

from coaching.calibration.rules import check_marks, check_second, compared, crossed
from lms.refusals import NotAllowed


def test_a_point_that_one_could_not_see_is_compared_with_nothing() -> None:
    first = {"1": "not_shown", "2": "shown", "10": "not_seen", "3": "mastered"}
    second = {"1": "prompted", "2": "shown", "10": "shown", "3": "not_seen"}
    assert compared(first, second) == [(0, 1), (2, 2)]
    assert crossed(compared(first, second)) == [[0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]


def test_every_point_needs_a_mark_of_the_scale() -> None:
    check_marks([1, 2], {"1": "shown", "2": "not_seen"})
    for marks in ({"1": "shown"}, {"1": "shown", "2": "excellent"}):
        with pytest.raises(NotAllowed, match="every point a mark"):
            check_marks([1, 2], marks)


def test_nobody_calibrates_with_themselves_or_with_somebody_who_is_no_coach() -> None:
    first, second = uuid4(), uuid4()
    check_second(first, second, [second])
    for chosen, coaches in ((first, [first]), (second, [])):
        with pytest.raises(NotAllowed, match="another coach"):
            check_second(first, chosen, coaches)
