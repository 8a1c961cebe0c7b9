"""What an observed run must show. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from lms.refusals import NotAllowed

LONGEST_NOTE = 1000
#: Points of a checklist, and characters of one.
MOST_POINTS, LONGEST_POINT = 60, 500
_SEEN = re.compile(r"\w")


class Shown(StrEnum):
    """What the assessor saw at a point."""

    YES = "yes"
    NO = "no"
    NOT_APPLICABLE = "not_applicable"


class ChecklistState(StrEnum):
    """The life of a version of a checklist."""

    IN_REVIEW = "in_review"
    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"
    ENDED = "ended"


def state_of(
    *, is_current: bool, sent_at: datetime | None, approved_at: datetime | None, ended_at: datetime | None
) -> ChecklistState:
    """Return where a version stands. One that was never sent for approval is from before there were approvals."""
    if is_current:
        return ChecklistState.IN_FORCE
    if ended_at is not None:
        return ChecklistState.ENDED
    if sent_at is not None and approved_at is None:
        return ChecklistState.IN_REVIEW
    return ChecklistState.SUPERSEDED


@dataclass(frozen=True, slots=True)
class Point:
    """A point of the checklist."""

    position: int
    text: str
    critical: bool


def check_checklist(code: str, title: str, points: Sequence[tuple[str, bool]]) -> None:
    """Raise ``NotAllowed`` for a checklist that nobody could mark. ``points``: text, critical."""
    if not _SEEN.search(code):
        raise NotAllowed("Give the checklist a code, such as CL-004.", field="code")
    if not _SEEN.search(title):
        raise NotAllowed(f"{code}: give the checklist a title.", field="title")
    if not points:
        raise NotAllowed(f"{code}: a checklist needs at least one point.", field="points")
    if len(points) > MOST_POINTS:
        message = f"{code}: {len(points)} points are more than an assessor can watch for; {MOST_POINTS} are the most."
        raise NotAllowed(message, field="points")
    for number, (text, _critical) in enumerate(points, start=1):
        if not _SEEN.search(text):
            raise NotAllowed(f"{code}: point {number} has no text.", field="points")
        if len(text) > LONGEST_POINT:
            message = (
                f"{code}: point {number} has {len(text)} characters; {LONGEST_POINT} are the most. Make two of it."
            )
            raise NotAllowed(message, field="points")


def check_approver(named: str, *, state: ChecklistState, writer: UUID | None, approver: UUID | None) -> None:
    """Raise ``NotAllowed`` unless the version waits for approval and somebody else wrote it. ``named``: such as CL-004 v3."""
    if state != ChecklistState.IN_REVIEW:
        raise NotAllowed(f"{named} does not wait for approval any more.")
    if writer is not None and writer == approver:
        raise NotAllowed(f"You wrote {named}, so somebody else approves it.")


def clean_marks(marks: Mapping[str, Mapping[str, str]], points: Sequence[Point]) -> dict[str, dict[str, str]]:
    """Return the marks of points that the checklist has, in its order, without anything else that was sent."""
    cleaned: dict[str, dict[str, str]] = {}
    for point in points:
        mark = marks.get(str(point.position), {})
        shown, note = mark.get("shown", ""), mark.get("note", "").strip()[:LONGEST_NOTE]
        if shown in set(Shown) or note:
            cleaned[str(point.position)] = {"shown": shown if shown in set(Shown) else "", "note": note}
    return cleaned


def check_can_be_signed(marks: Mapping[str, Mapping[str, str]], points: Sequence[Point]) -> None:
    """Raise ``NotAllowed`` unless every point is marked, and every “no” and “not applicable” says why."""
    for point in points:
        mark = marks.get(str(point.position), {})
        if not mark.get("shown"):
            raise NotAllowed(f"Point {point.position} is not marked yet.", field=f"point-{point.position}")
        if mark["shown"] != Shown.YES and not mark.get("note"):
            raise NotAllowed(
                f"Point {point.position}: write in a few words what you saw, so that both of you can work with it.",
                field=f"point-{point.position}",
            )


def passes(marks: Mapping[str, Mapping[str, str]], points: Sequence[Point]) -> bool:
    """Whether the run is passed: no critical point was marked “no”."""
    return not any(point.critical and marks[str(point.position)]["shown"] == Shown.NO for point in points)


def check_pair(assessor_id: UUID | None, trainee_id: UUID) -> None:
    """Raise ``NotAllowed`` if a person would observe themself."""
    if assessor_id is None or assessor_id == trainee_id:
        raise NotAllowed("Nobody observes themself. Ask another assessor.", field="trainee")


def check_observed_at(observed_at: datetime, now: datetime) -> None:
    """Raise ``NotAllowed`` for a run that has not happened yet."""
    if observed_at > now:
        raise NotAllowed("The run lies in the future. Give the time at which it began.", field="observed_at")


def check_assessor(*, qualified: bool, has_role: bool) -> None:
    """Raise ``NotAllowed`` unless the assessor is entitled now: qualified for the task, or assessor of the site."""
    if not (qualified or has_role):
        raise NotAllowed(
            "At this moment you are neither qualified for the task nor assessor of the site, so you cannot sign this run."
        )
