"""What the next version of a checklist changes, point by point. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from assessments.observations.rules import Point


class Change(StrEnum):
    """What became of a point."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    NOW_CRITICAL = "now_critical"
    NO_LONGER_CRITICAL = "no_longer_critical"


@dataclass(frozen=True, slots=True)
class PointChange:
    """A point beside the version in force. One that was removed has no position any more."""

    position: int | None
    text: str
    critical: bool
    change: Change


def compared(old: Sequence[Point], new: Sequence[Point]) -> list[PointChange]:
    """Return the points of both versions in the order of the work, each once, with what became of it."""
    matcher = SequenceMatcher(None, [point.text for point in old], [point.text for point in new], autojunk=False)
    found: list[PointChange] = []
    for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if tag == "equal":
            pairs = zip(old[old_from:old_to], new[new_from:new_to], strict=True)
            found += [PointChange(now.position, now.text, now.critical, _weight(was, now)) for was, now in pairs]
        else:
            found += [PointChange(None, gone.text, gone.critical, Change.REMOVED) for gone in old[old_from:old_to]]
            found += [PointChange(one.position, one.text, one.critical, Change.ADDED) for one in new[new_from:new_to]]
    return found


def _weight(was: Point, now: Point) -> Change:
    if was.critical == now.critical:
        return Change.SAME
    return Change.NOW_CRITICAL if now.critical else Change.NO_LONGER_CRITICAL
