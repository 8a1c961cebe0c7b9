"""Open reviews whose coach is gone: that they exist, and whose they are; never what stands in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, exists, or_, select
from sqlalchemy.orm import aliased

from coaching.follow_up.models import FollowUp
from coaching.reviews.models import CoachingReview, ReviewState
from coaching.scheduling.models import Appointment
from lms.deviations.models import Deviation, PersonInvolved
from lms.extensions import db
from lms.identity.models import Account, Person, RoleAssignment
from lms.network.models import Site
from lms.permissions import Actor, Permission, Role
from lms.scope import within
from lms.signatures.models import Signature

_OPEN = (ReviewState.ACCEPTED, ReviewState.SCHEDULED, ReviewState.HELD)


@dataclass(frozen=True, slots=True)
class LostRow:
    """An open review without a coach who could hold it."""

    id: UUID
    site_id: UUID
    site_name: str
    coach_name: str
    coachee_name: str
    state: str
    deviation_number: str | None
    starts_at: datetime | None
    is_signed: bool


def coach_works(on: date) -> ColumnElement[bool]:
    """Return the condition that the coach of a review has an open account and coaches at the review's site on a day."""
    account = exists().where(Account.person_id == CoachingReview.coach_id, Account.is_active)
    role = exists().where(
        RoleAssignment.person_id == CoachingReview.coach_id,
        RoleAssignment.role == Role.COACH,
        RoleAssignment.approved_at.is_not(None),
        or_(RoleAssignment.site_id.is_(None), RoleAssignment.site_id == CoachingReview.site_id),
        RoleAssignment.valid_from <= on,
        or_(RoleAssignment.valid_to.is_(None), RoleAssignment.valid_to > on),
    )
    return and_(account, role)


def is_signed() -> ColumnElement[bool]:
    """Return the condition that somebody has signed a review."""
    return exists().where(Signature.record_type == "coaching_review", Signature.record_id == CoachingReview.id)


def lost_reviews(reader: Actor, on: date) -> list[LostRow]:
    """Return the reviews at the reader's sites whose coach is gone and that are open or to be followed up, by their time."""
    coach, coachee = aliased(Person), aliased(Person)
    statement = (
        select(
            CoachingReview.id,
            CoachingReview.site_id,
            Site.name,
            coach.given_name + " " + coach.family_name,
            coachee.given_name + " " + coachee.family_name,
            CoachingReview.state,
            Deviation.number,
            case((CoachingReview.state == ReviewState.CLOSED, FollowUp.starts_at), else_=Appointment.starts_at),
            is_signed(),
        )
        .join(coach, coach.id == CoachingReview.coach_id)
        .join(coachee, coachee.id == CoachingReview.coachee_id)
        .join(Site, Site.id == CoachingReview.site_id)
        .outerjoin(FollowUp, FollowUp.review_id == CoachingReview.id)
        .outerjoin(Deviation, Deviation.id == CoachingReview.deviation_id)
        .outerjoin(Appointment, and_(Appointment.review_id == CoachingReview.id, Appointment.cancelled_at.is_(None)))
        .where(
            within(CoachingReview.site_id, reader, Permission.REVIEW_PROPOSE),
            or_(
                CoachingReview.state.in_(_OPEN),
                and_(
                    CoachingReview.state == ReviewState.CLOSED,
                    CoachingReview.outcome == "",
                    CoachingReview.follow_up_on.is_not(None),
                ),
            ),
            ~coach_works(on),
        )
        .order_by(Appointment.starts_at.is_(None), Appointment.starts_at, CoachingReview.id)
        .limit(500)
    )
    return [LostRow(*row) for row in db.session.execute(statement)]


def coaches_of(sites: set[UUID], on: date) -> dict[UUID, list[tuple[UUID, str]]]:
    """Return who coaches at each of several sites on a day, by name, in one statement."""
    if not sites:
        return {}
    statement = (
        select(Person.id, Person.given_name, Person.family_name, RoleAssignment.site_id)
        .join(RoleAssignment, RoleAssignment.person_id == Person.id)
        .where(
            RoleAssignment.role == Role.COACH,
            RoleAssignment.approved_at.is_not(None),
            or_(RoleAssignment.site_id.is_(None), RoleAssignment.site_id.in_(sites)),
            RoleAssignment.valid_from <= on,
            or_(RoleAssignment.valid_to.is_(None), RoleAssignment.valid_to > on),
            exists().where(Account.person_id == Person.id, Account.is_active),
        )
        .order_by(Person.family_name, Person.given_name, Person.id)
    )
    found: dict[UUID, list[tuple[UUID, str]]] = {site_id: [] for site_id in sites}
    for person_id, given, family, at in db.session.execute(statement):
        for site_id in sites if at is None else (at,):
            if (person_id, f"{given} {family}") not in found[site_id]:
                found[site_id].append((person_id, f"{given} {family}"))
    return found


def involved_in(deviation_id: UUID | None) -> set[UUID]:
    """Return who has a part in a deviation and so does not coach about it: named on it, or investigating it."""
    if deviation_id is None:
        return set()
    named = set(db.session.scalars(select(PersonInvolved.person_id).where(PersonInvolved.deviation_id == deviation_id)))
    deviation = db.session.get_one(Deviation, deviation_id)
    investigators = {deviation.lead_id, deviation.investigated_by_id}
    return named | {person_id for person_id in investigators if person_id is not None}
