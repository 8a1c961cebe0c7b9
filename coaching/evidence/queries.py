"""Whom and what a review is about, for the evidence beside it. Only its two people are answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select

from coaching.reviews.models import CoachingReview
from lms.deviations.models import Deviation
from lms.extensions import db
from lms.network.models import Site
from lms.permissions import Actor
from lms.refusals import NotFound


@dataclass(frozen=True, slots=True)
class Subject:
    """The person and, after an event, the step and the moment that are looked at."""

    review_id: UUID
    coachee_id: UUID
    site_id: UUID
    zone: str
    process_step: str | None
    occurred_at: datetime | None


def subject_of(reader: Actor, review_id: UUID) -> Subject:
    """Return what a review is about. Raises ``NotFound`` to anybody but its coach and its coachee."""
    own = or_(CoachingReview.coach_id == reader.person_id, CoachingReview.coachee_id == reader.person_id)
    row = db.session.execute(
        select(
            CoachingReview.id,
            CoachingReview.coachee_id,
            Site.id,
            Site.zone,
            Deviation.process_step,
            Deviation.occurred_at,
        )
        .join(Site, Site.id == CoachingReview.site_id)
        .outerjoin(Deviation, Deviation.id == CoachingReview.deviation_id)
        .where(CoachingReview.id == review_id, own)
    ).first()
    if row is None:
        raise NotFound("There is no such review of yours.")
    return Subject(*row)
