"""Reading follow-ups: the times that would suit both, and what can be told of the effect of reviews."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Date, bindparam, func, or_, select
from sqlalchemy.orm import aliased

from coaching.follow_up.models import FollowUp
from coaching.follow_up.rules import Declared, Effect, Since, effect_of
from coaching.reviews.models import CoachingReview
from coaching.scheduling.queries import free_slots
from coaching.scheduling.rules import Slots
from lms.deviations.models import Deviation
from lms.deviations.rules import CLASSIFIED
from lms.exposure.models import Batch
from lms.extensions import db
from lms.identity.models import Person
from lms.network.models import Site
from lms.permissions import Actor
from lms.refusals import NotFound
from lms.web.times import local_day, start_of_day


@dataclass(frozen=True, slots=True)
class Appointed:
    """A follow-up as its two people plan it."""

    review_id: UUID
    version: int
    coach_id: UUID
    coachee_id: UUID
    is_coach: bool
    other_name: str
    site_id: UUID
    zone: str
    wanted_on: date
    starts_at: datetime | None
    held_at: datetime | None


def appointed(reader: Actor, review_id: UUID) -> Appointed:
    """Return the follow-up of a review to its two people. Raises ``NotFound`` to everybody else."""
    coach, coachee = aliased(Person), aliased(Person)
    own = or_(CoachingReview.coach_id == reader.person_id, CoachingReview.coachee_id == reader.person_id)
    row = db.session.execute(
        select(CoachingReview.coach_id, CoachingReview.coachee_id, coach, coachee, Site.id, Site.zone, FollowUp)
        .join(FollowUp, FollowUp.review_id == CoachingReview.id)
        .join(Site, Site.id == CoachingReview.site_id)
        .join(coach, coach.id == CoachingReview.coach_id)
        .join(coachee, coachee.id == CoachingReview.coachee_id)
        .where(CoachingReview.id == review_id, own)
    ).first()
    if row is None:
        raise NotFound("There is no such follow-up of yours.")
    coach_id, coachee_id, by, of, site_id, zone, meeting = row
    is_coach = coach_id == reader.person_id
    return Appointed(
        review_id,
        meeting.version,
        coach_id,
        coachee_id,
        is_coach,
        of.name if is_coach else by.name,
        site_id,
        zone,
        meeting.wanted_on,
        meeting.starts_at,
        meeting.held_at,
    )


def slots_from(people: tuple[UUID, UUID], zone: str, *, first_day: date, days: int, now: datetime) -> Slots:
    """Return every time that both people have in common in some days from a day on, earliest first."""
    begin = max(start_of_day(first_day, zone), now + timedelta(hours=1))
    end = start_of_day(first_day + timedelta(days=days), zone)
    return free_slots(*people, starts_at=begin, ends_at=end)


# -- did it help? ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EffectRow:
    """What was declared, what was counted since, and the verdict that follows."""

    batches_needed: int | None
    days_needed: int | None
    #: Batches of ``product``, or of every product if that is None: records do not tell single executions of a step.
    batches: int
    product: str | None
    days: int
    came_back_on: date | None
    verdict: Effect


def effect_columns() -> tuple[Any, ...]:
    """Return columns for a statement over ``CoachingReview`` that ``effect_row`` reads; ``today`` is to be given.

    The same deviation is one at the site with the same step, category and cause, as rule R1 matches them. An execution
    of its step is a batch of the product that it happened with, since each runs the step; no record tells single ones.
    Where the deviation names no batch every batch of the site counts, and the reader is told so.
    """
    own, later, its, its_batch = aliased(Deviation), aliased(Deviation), aliased(Deviation), aliased(Batch)
    product = (
        select(its_batch.product)
        .join(its, its.batch_id == its_batch.id)
        .where(its.id == CoachingReview.deviation_id)
        .correlate(CoachingReview)
        .scalar_subquery()
    )
    batches = (
        select(func.count(Batch.id))
        .where(
            Batch.site_id == CoachingReview.site_id,
            Batch.started_on > CoachingReview.clean_from,
            Batch.started_on <= CoachingReview.clean_until,
            Batch.started_on <= bindparam("today", type_=Date),
            or_(product.is_(None), Batch.product == product),
        )
        .correlate(CoachingReview)
        .scalar_subquery()
    )
    came_back = (
        select(func.min(later.occurred_at))
        .select_from(own)
        .join(
            later,
            (later.site_id == own.site_id)
            & (later.process_step == own.process_step)
            & (later.category == own.category)
            & (later.root_cause_class == own.root_cause_class),
        )
        .where(
            own.id == CoachingReview.deviation_id,
            later.id != own.id,
            later.state.in_(CLASSIFIED),
            later.occurred_at > CoachingReview.closed_at,
            CoachingReview.clean_from.is_not(None),
        )
        .correlate(CoachingReview)
        .scalar_subquery()
    )
    return (
        CoachingReview.clean_batches,
        CoachingReview.clean_days,
        CoachingReview.clean_from,
        CoachingReview.clean_until,
        batches,
        came_back,
        product,
    )


def effect_row(values: Sequence[Any], zone: str, today: date) -> EffectRow | None:
    """Return the verdict of the values of ``effect_columns``; None if nothing was declared."""
    batches_needed, days_needed, first_day, last_day, batches, came_back, product = values
    if first_day is None:
        return None
    back_on = local_day(came_back, zone) if came_back is not None else None
    since = Since(batches, back_on if back_on is not None and back_on <= last_day else None)
    verdict = effect_of(Declared(batches_needed, days_needed, first_day, last_day), since, today)
    days = max((min(today, last_day) - first_day).days, 0)
    return EffectRow(batches_needed, days_needed, batches, product, days, since.came_back_on, verdict)
