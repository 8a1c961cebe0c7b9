"""Two coaches rate the same run by the same checklist, each alone: which marks there are, and what can be compared. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from lms.refusals import NotAllowed

#: How far a point was shown, the least first: the steps of the scale.
STEPS = ("not_shown", "prompted", "shown", "mastered")
#: The recording does not show it: said, and compared with nothing.
NOT_SEEN = "not_seen"
MARKS = (*STEPS, NOT_SEEN)

#: Two marks of one point as steps, first coach's and second's.
Pair = tuple[int, int]


def check_second(first: UUID, second: UUID, coaches: Iterable[UUID]) -> None:
    """Raise ``NotAllowed`` unless another coach is asked."""
    if second == first or second not in set(coaches):
        raise NotAllowed("Choose another coach: the two of you rate alone and then compare.", field="second")


def check_marks(points: Iterable[int], marks: Mapping[str, str]) -> None:
    """Raise ``NotAllowed`` unless every point of the checklist has a mark."""
    if any(marks.get(str(position)) not in MARKS for position in points):
        raise NotAllowed("Give every point a mark; “not to be seen” is one.", field="marks")


def compared(first: Mapping[str, str], second: Mapping[str, str]) -> list[Pair]:
    """Return both marks of every point that both could see, as steps from 0."""
    seen = [point for point in first if point in second and NOT_SEEN not in {first[point], second[point]}]
    return [(STEPS.index(first[point]), STEPS.index(second[point])) for point in sorted(seen, key=int)]


def crossed(pairs: Iterable[Pair]) -> list[list[int]]:
    """Count pairs into a square table: rows the first coach, columns the second."""
    table = [[0] * len(STEPS) for _ in STEPS]
    for first, second in pairs:
        table[first][second] += 1
    return table
