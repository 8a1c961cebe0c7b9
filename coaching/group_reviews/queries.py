"""Reading teams' meetings: by their coach, and by those who take part. Nobody else reads one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from coaching.meeting_rules.models import MeetingRules
from coaching.meeting_rules.rules import Permitted
from coaching.reviews.models import CoachingReview
from coaching.scheduling.models import Appointment, GroupReview, GroupReviewMember
from lms.extensions import db
from lms.identity.models import Person
from lms.network.models import Site, Team, TeamMembership
from lms.permissions import Actor, Permission
from lms.refusals import NotFound
from lms.scope import within


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A meeting in its coach's list."""

    id: UUID
    subject: str
    kind: str | None
    site_name: str
    people: int
    starts_at: datetime | None
    called_off_at: datetime | None


@dataclass(frozen=True, slots=True)
class TakesPart:
    """Somebody in a meeting."""

    review_id: UUID
    person_id: UUID
    name: str
    zone: str
    state: str
    appointment_id: UUID | None
    left_at: datetime | None


@dataclass(frozen=True, slots=True)
class Group:
    """One meeting with everybody in it."""

    id: UUID
    coach_id: UUID
    coach_name: str
    subject: str
    site_name: str
    zone: str
    called_off_at: datetime | None
    permitted: Permitted
    starts_at: datetime | None
    mode: str | None
    place: str | None
    people: list[TakesPart]

    @property
    def going(self) -> list[TakesPart]:
        """Those who still take part, and whose review was not held yet."""
        return [one for one in self.people if one.left_at is None and one.state in {"accepted", "scheduled"}]


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who could take part."""

    id: UUID
    name: str
    site_id: UUID
    site_name: str
    team_name: str | None


def groups_of(coach: Actor) -> list[GroupRow]:
    """Return the coach's meetings, those to come first, then by subject."""
    statement = (
        select(
            GroupReview.id,
            GroupReview.subject,
            GroupReview.kind,
            Site.name,
            func.count(GroupReviewMember.id),
            func.min(Appointment.starts_at),
            GroupReview.called_off_at,
        )
        .join(Site, Site.id == GroupReview.site_id)
        .outerjoin(
            GroupReviewMember, and_(GroupReviewMember.group_id == GroupReview.id, GroupReviewMember.left_at.is_(None))
        )
        .outerjoin(
            Appointment,
            and_(Appointment.review_id == GroupReviewMember.review_id, Appointment.cancelled_at.is_(None)),
        )
        .where(GroupReview.coach_id == coach.person_id)
        .group_by(GroupReview.id, GroupReview.subject, GroupReview.kind, Site.name, GroupReview.called_off_at)
        .order_by(GroupReview.called_off_at.is_not(None), func.min(Appointment.starts_at).desc(), GroupReview.id)
        .limit(200)
    )
    return [GroupRow(*row) for row in db.session.execute(statement)]


def group(reader: Actor, group_id: UUID) -> Group:
    """Return a meeting to its coach. Raises ``NotFound`` to anybody else."""
    return _group(GroupReview.id == group_id, GroupReview.coach_id == reader.person_id)


def group_of_review(reader: Actor, review_id: UUID) -> Group:
    """Return the meeting that the reader's own review is part of. Raises ``NotFound`` to anybody who does not take part."""
    own = (
        select(GroupReviewMember.group_id)
        .join(CoachingReview, CoachingReview.id == GroupReviewMember.review_id)
        .where(CoachingReview.id == review_id, CoachingReview.coachee_id == reader.person_id)
    )
    return _group(GroupReview.id.in_(own))


def _group(*conditions: object) -> Group:
    coach, coachee = aliased(Person), aliased(Person)
    home = aliased(Site)
    statement = (
        select(
            GroupReview,
            coach.given_name + " " + coach.family_name,
            Site.name,
            Site.zone,
            MeetingRules,
            CoachingReview.id,
            coachee.id,
            coachee.given_name + " " + coachee.family_name,
            home.zone,
            CoachingReview.state,
            Appointment.id,
            GroupReviewMember.left_at,
            Appointment.starts_at,
            Appointment.mode,
            Appointment.place,
        )
        .join(coach, coach.id == GroupReview.coach_id)
        .join(Site, Site.id == GroupReview.site_id)
        .join(GroupReviewMember, GroupReviewMember.group_id == GroupReview.id)
        .join(CoachingReview, CoachingReview.id == GroupReviewMember.review_id)
        .join(coachee, coachee.id == CoachingReview.coachee_id)
        .join(home, home.id == coachee.site_id)
        .outerjoin(MeetingRules, MeetingRules.site_id == GroupReview.site_id)
        .outerjoin(Appointment, and_(Appointment.review_id == CoachingReview.id, Appointment.cancelled_at.is_(None)))
        .where(*conditions)  # type: ignore[arg-type]
        .order_by(coachee.family_name, coachee.given_name, CoachingReview.id)
    )
    rows = db.session.execute(statement).all()
    if not rows:
        raise NotFound("There is no such meeting of yours.")
    found: GroupReview = rows[0][0]
    planned = next((row for row in rows if row[12] is not None and row[11] is None), None)
    return Group(
        id=found.id,
        coach_id=found.coach_id,
        coach_name=rows[0][1],
        subject=found.subject,
        site_name=rows[0][2],
        zone=rows[0][3],
        called_off_at=found.called_off_at,
        permitted=rows[0][4].permitted() if rows[0][4] is not None else Permitted(),
        starts_at=planned[12] if planned is not None else None,
        mode=planned[13] if planned is not None else None,
        place=planned[14] if planned is not None else None,
        people=[TakesPart(*tuple[Any, ...](row)[5:12]) for row in rows],
    )


def colleagues(coach: Actor, on: date) -> list[Colleague]:
    """Return the people in teams of the coach's sites, by site, team and name: whom a meeting can be held with."""
    statement = (
        select(Person.id, Person.given_name + " " + Person.family_name, Person.site_id, Site.name, Team.name)
        .join(Site, Site.id == Person.site_id)
        .join(
            TeamMembership,
            and_(
                TeamMembership.person_id == Person.id,
                TeamMembership.valid_from <= on,
                or_(TeamMembership.valid_to.is_(None), TeamMembership.valid_to > on),
            ),
        )
        .join(Team, Team.id == TeamMembership.team_id)
        .where(
            within(Person.site_id, coach, Permission.REVIEW_COACH),
            or_(Person.left_on.is_(None), Person.left_on > on),
            Person.id != coach.person_id,
        )
        .order_by(Site.name, Team.name, Person.family_name, Person.given_name, Person.id)
    )
    return [Colleague(*row) for row in db.session.execute(statement)]
