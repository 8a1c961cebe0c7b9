"""Who may meet as a team. Pure: values in, nothing or a refusal out."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from lms.refusals import NotAllowed

FEWEST, MOST = 2, 8


def check_team(coachees: Collection[UUID], sites: Collection[UUID], *, coach_id: UUID, subject: str) -> None:
    """Raise ``NotAllowed`` for a meeting of too few or too many, of people of several sites, or with the coach among them."""
    if not subject.strip():
        raise NotAllowed("Say in a few words what the team looks at.", field="subject")
    if coach_id in coachees:
        raise NotAllowed("You lead the meeting, so you are not one of those who take part.", field="coachees")
    if not FEWEST <= len(coachees) <= MOST:
        message = f"Choose {FEWEST} to {MOST} people. With one alone it is a review as any other."
        raise NotAllowed(message, field="coachees")
    if len(set(sites)) != 1:
        raise NotAllowed("A team's meeting is of one site. Hold one for each.", field="coachees")
