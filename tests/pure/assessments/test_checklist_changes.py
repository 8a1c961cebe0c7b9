"""What an approver is shown: each point of both versions once, in the order of the work, with what became of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assessments.checklists.rules import Change, compared
from assessments.observations.rules import Point

TEXTS = st.lists(st.sampled_from("abcdef"), unique=True)
VERSIONS = st.builds(
    lambda texts, weights: [Point(n, text, weights[n % 3]) for n, text in enumerate(texts, start=1)],
    TEXTS,
    st.tuples(st.booleans(), st.booleans(), st.booleans()),
)


def version(*points: tuple[str, bool]) -> list[Point]:
    return [Point(number, text, critical) for number, (text, critical) in enumerate(points, start=1)]


def test_a_point_put_between_two_others_is_the_only_change() -> None:
    old = version(("wipes", True), ("closes", False))
    new = version(("wipes", True), ("waits", False), ("closes", False))
    assert [(one.position, one.text, one.change) for one in compared(old, new)] == [
        (1, "wipes", Change.SAME),
        (2, "waits", Change.ADDED),
        (3, "closes", Change.SAME),
    ]


def test_another_weight_is_a_change_and_another_word_is_another_point() -> None:
    old = version(("wipes", True), ("closes", False), ("signs", True))
    new = version(("wipes", False), ("closes it", False), ("signs", True))
    assert [(one.position, one.text, one.change) for one in compared(old, new)] == [
        (1, "wipes", Change.NO_LONGER_CRITICAL),
        (None, "closes", Change.REMOVED),
        (2, "closes it", Change.ADDED),
        (3, "signs", Change.SAME),
    ]
    assert compared(old, version(("closes", True)))[1].change == Change.NOW_CRITICAL


@given(VERSIONS, VERSIONS)
def test_both_versions_can_be_read_off_it(old: list[Point], new: list[Point]) -> None:
    found = compared(old, new)
    assert [(one.position, one.text, one.critical) for one in found if one.change != Change.REMOVED] == [
        (point.position, point.text, point.critical) for point in new
    ]
    assert [one.text for one in found if one.change != Change.ADDED] == [point.text for point in old]
    heavier = {one.text for one in found if one.change == Change.NOW_CRITICAL}
    assert all({p.text: p.critical for p in old}[text] is False for text in heavier)
