"""Reading badges, and the open sheets of whoever holds one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from coaching.reviews.models import CoachingReview, ReviewState
from coaching.surveys.queries import WINDOW, Asked, with_sheets
from coaching.tablet.models import Badge
from lms.extensions import db
from lms.identity.models import Account, RoleAssignment
from lms.network.models import Site
from lms.permissions import ROLE_PERMISSIONS, Permission


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose badge it is, as long as they may answer the survey."""

    person_id: UUID
    pin_hash: str


def holder_of(badge: str, on: date) -> Holder | None:
    """Return who holds a badge and may answer on a day; None for a leaver, a lost role or an unknown badge."""
    statement = select(Badge.person_id, Badge.pin_hash).join(Account, Account.person_id == Badge.person_id)
    statement = statement.join(RoleAssignment, RoleAssignment.person_id == Badge.person_id)
    row = db.session.execute(statement.where(Badge.badge == badge, *_answers(on))).first()
    return None if row is None else Holder(row[0], row[1])


def may_answer(person_id: UUID, on: date) -> bool:
    """Whether a person may answer the survey on a day: not once they have left, lost the role or removed their badge."""
    statement = select(Badge.person_id).join(Account, Account.person_id == Badge.person_id)
    statement = statement.join(RoleAssignment, RoleAssignment.person_id == Badge.person_id)
    return db.session.execute(statement.where(Badge.person_id == person_id, *_answers(on))).first() is not None


def _answers(on: date) -> tuple[ColumnElement[bool], ...]:
    roles = [role for role, may in ROLE_PERMISSIONS.items() if Permission.SURVEY_ANSWER in may]
    return (
        Account.is_active.is_(True),
        RoleAssignment.role.in_(roles),
        RoleAssignment.approved_at.is_not(None),
        RoleAssignment.valid_from <= on,
        or_(RoleAssignment.valid_to.is_(None), RoleAssignment.valid_to > on),
    )


def has_badge(person_id: UUID | None) -> bool:
    """Whether the person has set a badge."""
    return db.session.scalar(select(Badge.person_id).where(Badge.person_id == person_id)) is not None


def open_sheets(person_id: UUID, now: datetime) -> list[Asked]:
    """Return the person's sheets whose window is open, answered or not, oldest first."""
    statement = (
        select(CoachingReview.id, Site.zone, CoachingReview.closed_at)
        .join(Site, Site.id == CoachingReview.site_id)
        .where(
            CoachingReview.coachee_id == person_id,
            CoachingReview.state == ReviewState.CLOSED,
            CoachingReview.closed_at > now - WINDOW - timedelta(days=1),
        )
        .order_by(CoachingReview.closed_at)
    )
    closed = [Asked(row[0], person_id, None, row[1], row[2]) for row in db.session.execute(statement) if row[2]]
    return with_sheets([asked for asked in closed if asked.is_open(now)])
