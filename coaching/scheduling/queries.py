"""Diaries of people, and the slots they have in common. What takes somebody's time is told to nobody but themselves."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    bindparam,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from coaching.calendar_exchange.queries import taken_by_own_calendars
from coaching.meeting_rules.models import MeetingRules
from coaching.meeting_rules.rules import Permitted
from coaching.reviews.models import CoachingReview
from coaching.scheduling.models import Appointment, BusyTime, ExtraTime, GroupReviewMember, MeetingLimits, WorkingHours
from coaching.scheduling.rules import (
    HORIZON,
    NOTICE,
    USUAL_HOURS,
    Diary,
    Limits,
    Slots,
    Span,
    common_free_slots,
    days_lost_to_holidays,
)
from lms.asking import ask
from lms.calendars.models import SiteHoliday
from lms.extensions import UTCDateTime, db
from lms.identity.models import Person
from lms.network.models import Site
from lms.permissions import Actor
from lms.refusals import NotFound

#: A coach's week is full or not as a whole, so reviews just outside the horizon count as well.
_WEEK = timedelta(days=8)


def diaries(
    people: Collection[UUID], starts_at: datetime, ends_at: datetime, *, except_for: Collection[UUID] = ()
) -> dict[UUID, Diary]:
    """Return when people can be met between two moments, in three statements for however many.

    ``except_for`` names appointments that are being moved: they take nobody's time.
    """
    facts, hours = _people(people)
    busy, reviews, extra = _taken(people, starts_at - _WEEK, ends_at + _WEEK, except_for)
    holidays = _holidays({row.site_id for row in facts.values()}, starts_at.date() - timedelta(days=2))
    return {
        person_id: Diary(
            zone=row.zone,
            hours=hours.get(person_id) or USUAL_HOURS,
            busy=busy.get(person_id, ()),
            reviews=reviews.get(person_id, ()),
            extra=extra.get(person_id, ()),
            holidays=holidays.get(row.site_id, frozenset()),
            joined_on=row.joined_on,
            left_on=row.left_on,
            limits=row.limits,
        )
        for person_id, row in facts.items()
    }


@dataclass(frozen=True, slots=True)
class _Facts:
    site_id: UUID
    zone: str
    joined_on: date
    left_on: date | None
    limits: Limits


def _people(people: Collection[UUID]) -> tuple[dict[UUID, _Facts], dict[UUID, dict[int, list[tuple[int, int]]]]]:
    facts: dict[UUID, _Facts] = {}
    hours: dict[UUID, dict[int, list[tuple[int, int]]]] = {}
    for row in ask(_facts_and_hours(), people=list(people)):
        person_id, site_id, zone, joined_on, left_on, buffer, a_day, a_week, weekday, first, last = row
        limits = Limits() if buffer is None else Limits(buffer, a_day, a_week)
        facts[person_id] = _Facts(site_id, zone, joined_on, left_on, limits)
        if weekday is not None:
            hours.setdefault(person_id, {}).setdefault(weekday, []).append((first, last))
    return facts, hours


@cache
def _facts_and_hours() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Person.id,
            Person.site_id,
            Site.zone,
            Person.joined_on,
            Person.left_on,
            MeetingLimits.buffer_minutes,
            MeetingLimits.a_day,
            MeetingLimits.a_week,
            WorkingHours.weekday,
            WorkingHours.from_minute,
            WorkingHours.to_minute,
        )
        .join(Site, Site.id == Person.site_id)
        .outerjoin(MeetingLimits, MeetingLimits.person_id == Person.id)
        .outerjoin(WorkingHours, and_(WorkingHours.person_id == Person.id, WorkingHours.replaced_at.is_(None)))
        .where(Person.id.in_(bindparam("people", expanding=True)))
        .order_by(Person.id, WorkingHours.weekday, WorkingHours.from_minute)
    )


def standing(appointment: type[Appointment] = Appointment) -> ColumnElement[bool]:
    """Return the condition of busy time that still stands: not struck out, and of no cancelled appointment."""
    return and_(BusyTime.struck_out_at.is_(None), appointment.cancelled_at.is_(None))


def _taken(
    people: Collection[UUID], starts_at: datetime, ends_at: datetime, except_for: Collection[UUID]
) -> tuple[dict[UUID, list[Span]], dict[UUID, list[Span]], dict[UUID, list[Span]]]:
    values: dict[str, object] = {"people": list(people), "begin": starts_at, "end": ends_at}
    if except_for:
        values["moved"] = list(except_for)
    busy: dict[UUID, list[Span]] = {}
    reviews: dict[UUID, list[Span]] = {}
    extra: dict[UUID, list[Span]] = {}
    kinds = {"review": reviews, "extra": extra}
    for person_id, begin, end, kind in ask(_taken_between(moving=bool(except_for)), **values):
        kinds.get(kind, busy).setdefault(person_id, []).append(Span(begin, end))
    return busy, reviews, extra


@cache
def _taken_between(*, moving: bool) -> CompoundSelect[*tuple[Any, ...]]:
    people: BindParameter[Any] = bindparam("people", expanding=True)
    starts_at: BindParameter[Any] = bindparam("begin", type_=UTCDateTime)
    ends_at: BindParameter[Any] = bindparam("end", type_=UTCDateTime)
    moved: BindParameter[Any] = bindparam("moved", expanding=True)
    taken = (
        select(BusyTime.person_id, BusyTime.starts_at, BusyTime.ends_at, BusyTime.kind)
        .outerjoin(Appointment, Appointment.id == BusyTime.appointment_id)
        .where(
            BusyTime.person_id.in_(people),
            BusyTime.starts_at < ends_at,
            BusyTime.ends_at > starts_at,
            standing(),
            *([or_(BusyTime.appointment_id.is_(None), BusyTime.appointment_id.not_in(moved))] if moving else []),
        )
    )
    own = taken_by_own_calendars(people, starts_at, ends_at)
    added = select(ExtraTime.person_id, ExtraTime.starts_at, ExtraTime.ends_at, literal("extra")).where(
        ExtraTime.person_id.in_(people),
        ExtraTime.starts_at < ends_at,
        ExtraTime.ends_at > starts_at,
        ExtraTime.struck_out_at.is_(None),
    )
    return union_all(taken, own, added)


def _holidays(sites: Collection[UUID], since: date) -> dict[UUID, frozenset[date]]:
    found: dict[UUID, set[date]] = {}
    for site_id, day in ask(_kept_since(), sites=list(sites), since=since):
        found.setdefault(site_id, set()).add(day)
    return {site_id: frozenset(days) for site_id, days in found.items()}


@cache
def _kept_since() -> Select[*tuple[Any, ...]]:
    return select(SiteHoliday.site_id, SiteHoliday.day).where(
        SiteHoliday.site_id.in_(bindparam("sites", expanding=True)),
        SiteHoliday.is_kept,
        SiteHoliday.day >= bindparam("since"),
    )


@dataclass(frozen=True, slots=True)
class Meeting:
    """A review that is to be put into calendars: its people, how it stands, and what their sites permit."""

    id: UUID
    state: str
    is_coach: bool
    coach_id: UUID
    coach_name: str
    coach_zone: str
    coachee_id: UUID
    coachee_name: str
    coachee_zone: str
    site_id: UUID
    appointment_id: UUID | None
    starts_at: datetime | None
    mode: str | None
    place: str | None
    #: The meeting of a team that this review is part of, if it is.
    group_id: UUID | None
    permitted: Permitted

    @property
    def other_name(self) -> str:
        """The name of whom the reader meets."""
        return self.coachee_name if self.is_coach else self.coach_name

    @property
    def other_zone(self) -> str:
        """The zone of whom the reader meets."""
        return self.coachee_zone if self.is_coach else self.coach_zone


def meeting(reader: Actor, review_id: UUID, *, as_coach: bool | None = None) -> Meeting:
    """Return the review that the reader is to find a time for. Raises ``NotFound`` to anybody but that side of it.

    Without a side, either of its two people is given it.
    """
    coach, coachee = aliased(Person), aliased(Person)
    coach_site, site = aliased(Site), aliased(Site)
    sides = [CoachingReview.coach_id] if as_coach is not False else []
    sides += [CoachingReview.coachee_id] if as_coach is not True else []
    row = db.session.execute(
        select(
            CoachingReview.state,
            CoachingReview.coach_id,
            coach.given_name + " " + coach.family_name,
            coach_site.zone,
            CoachingReview.coachee_id,
            coachee.given_name + " " + coachee.family_name,
            site.zone,
            CoachingReview.site_id,
            Appointment.id,
            Appointment.starts_at,
            Appointment.mode,
            Appointment.place,
            GroupReviewMember.group_id,
            MeetingRules,
        )
        .join(coach, coach.id == CoachingReview.coach_id)
        .join(coach_site, coach_site.id == coach.site_id)
        .join(coachee, coachee.id == CoachingReview.coachee_id)
        .join(site, site.id == coachee.site_id)
        .outerjoin(Appointment, and_(Appointment.review_id == CoachingReview.id, Appointment.cancelled_at.is_(None)))
        .outerjoin(
            GroupReviewMember,
            and_(GroupReviewMember.review_id == CoachingReview.id, GroupReviewMember.left_at.is_(None)),
        )
        .outerjoin(MeetingRules, MeetingRules.site_id == CoachingReview.site_id)
        .where(CoachingReview.id == review_id, or_(*(side == reader.person_id for side in sides)))
    ).first()
    if row is None:
        raise NotFound("There is no such review of yours.")
    state, *facts, rules = tuple[Any, ...](row)
    facts.append(rules.permitted() if rules is not None else Permitted())
    return Meeting(review_id, state, row[1] == reader.person_id, *facts)


def free_slots(
    coach_id: UUID,
    others: UUID | Sequence[UUID],
    *,
    starts_at: datetime,
    ends_at: datetime,
    except_for: Collection[UUID] = (),
) -> Slots:
    """Return every slot between two moments that a coach and one or more others have in common, earliest first."""
    coachees = [others] if isinstance(others, UUID) else list(others)
    found = diaries({coach_id, *coachees}, starts_at, ends_at, except_for=except_for)
    return common_free_slots(
        found[coach_id], [found[person_id] for person_id in coachees], starts_at=starts_at, ends_at=ends_at
    )


@dataclass(frozen=True, slots=True)
class Common:
    """What several people have in common in the next 60 days."""

    slots: Slots
    #: Days, in the reader's zone, that only public holidays keep from being free.
    holidays: list[date]


def common(coach_id: UUID, others: Sequence[UUID], *, now: datetime, zone: str, moved: Collection[UUID] = ()) -> Common:
    """Return every slot of the next 60 days that a coach and others have in common, and the days that holidays cost them."""
    begin, end = now + NOTICE, now + HORIZON
    found = diaries({coach_id, *others}, begin, end, except_for=moved)
    coach, rest = found[coach_id], [found[person_id] for person_id in others]
    return Common(
        common_free_slots(coach, rest, starts_at=begin, ends_at=end),
        days_lost_to_holidays(coach, rest, starts_at=begin, ends_at=end, zone=zone),
    )
