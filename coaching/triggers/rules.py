"""Who is asked to coach, and by when. Pure: values in, a choice or a refusal out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

#: Working days within which a review is held after a confirmed recurrence, by severity.
DAYS_BY_SEVERITY = {"critical": 5, "major": 5, "minor": 10}
#: Reviews a coach takes at once before another is asked.
OPEN_REVIEWS = 6


@dataclass(frozen=True, slots=True)
class Candidate:
    """A coach who could be asked."""

    person_id: UUID
    name: str
    #: Reviews proposed to or accepted by this coach and not closed yet.
    open_reviews: int
    #: Works at the site itself; a remote coach is as good, a local one is nearer.
    at_site: bool


def due_on(confirmed_on: date, severity: str, weekend: Collection[int] = (5, 6)) -> date:
    """Return the day by which the review should be held, counting working days from the day after the confirmation."""
    left, day = DAYS_BY_SEVERITY.get(severity, 10), confirmed_on
    while left:
        day += timedelta(days=1)
        if day.weekday() not in weekend:
            left -= 1
    return day


def choose_coach(candidates: Sequence[Candidate], conflicted: Collection[UUID]) -> Candidate | None:
    """Return the coach to ask: nobody who was involved or is the coachee, then the least loaded, a local one first, then by name."""
    free = [candidate for candidate in candidates if candidate.person_id not in conflicted]
    if not free:
        return None
    within_cap = [candidate for candidate in free if candidate.open_reviews < OPEN_REVIEWS] or free
    return min(within_cap, key=lambda c: (c.open_reviews, not c.at_site, c.name, str(c.person_id)))
