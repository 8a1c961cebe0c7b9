"""What the rules look at, read from the records of all rooms: for a trial on history, and for the nightly look at time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from assessments.api import absences_ended, attempts_failed, next_runs, qualified_spans, runs_failed
from coaching.occasions.rules import Absence, Contact, Event, Fact, Starter, Trigger
from coaching.reviews.models import CoachingReview, ReviewState
from coaching.scheduling.models import Appointment, BusyTime
from lms.deviations.models import Deviation, PersonInvolved
from lms.deviations.rules import CLASSIFIED
from lms.extensions import db
from lms.facts import DeviationClassified
from lms.identity.models import Person, RoleAssignment
from lms.network.models import Site
from lms.permissions import Role
from lms.recurrences.models import Recurrence
from lms.recurrences.rules import Decision
from lms.web.times import local_day

#: Sites to look at; None takes all.
Sites = Collection[UUID] | None
#: A statement with whatever columns.
AnySelect = Select[*tuple[Any, ...]]
#: A starter is looked at for as long as the ramp lasts, and a little longer.
STARTED_WITHIN = timedelta(days=200)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be looked at: between which moments, where, and in which zone each site's days begin."""

    since: datetime
    until: datetime
    site_ids: Sites
    zones: dict[UUID, str]
    #: Whether only what is due now matters, for which the newest of somebody's meetings says enough.
    only_now: bool = False

    def day(self, at: datetime, site_id: UUID) -> date:
        """Return the site's day of a moment."""
        return local_day(at, self.zones.get(site_id, "UTC"))


def asked(since: datetime, until: datetime, site_ids: Sites = None, *, only_now: bool = False) -> Asked:
    """Return the question, with the sites' zones read."""
    zones = dict(db.session.execute(select(Site.id, Site.zone)).all())
    return Asked(since, until, site_ids, zones, only_now)


def facts_for(trigger: Trigger, question: Asked) -> list[Fact]:
    """Return what a rule of this kind looks at; nothing for one that waits for its fact."""
    find = _FOUND_BY.get(trigger)
    return find(question) if find is not None else []


def first_named(deviation_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return by deviation who was named first of those at the bench."""
    statement = select(PersonInvolved.deviation_id, PersonInvolved.person_id).where(
        PersonInvolved.deviation_id.in_(deviation_ids)
    )
    found: dict[UUID, UUID] = {}
    for deviation_id, person_id in db.session.execute(statement.order_by(PersonInvolved.id)):
        found.setdefault(deviation_id, person_id)
    return found


def classified(deviation_id: UUID) -> DeviationClassified | None:
    """Return the fact of a deviation's classification; None while nobody here has classified it."""
    columns = (Deviation.number, Deviation.site_id, Deviation.kind, Deviation.severity, Deviation.reported_by_id)
    statement: AnySelect = select(*columns, Deviation.triaged_at).where(
        Deviation.id == deviation_id, Deviation.state.in_(CLASSIFIED), Deviation.triaged_at.is_not(None)
    )
    row = db.session.execute(statement).first()
    return DeviationClassified(deviation_id, *row) if row is not None else None


def number_of(deviation_id: UUID) -> str:
    """Return the number of a deviation."""
    return db.session.execute(select(Deviation.number).where(Deviation.id == deviation_id)).scalar_one()


def _at(column: InstrumentedAttribute[UUID], site_ids: Sites) -> ColumnElement[bool]:
    return true() if site_ids is None else column.in_(site_ids)


def _first_named() -> ColumnElement[UUID]:
    """Return the first person named on the statement's deviation, as a column; ids rise in the order of naming."""
    return (
        select(PersonInvolved.person_id)
        .where(PersonInvolved.deviation_id == Deviation.id)
        .order_by(PersonInvolved.id)
        .limit(1)
        .scalar_subquery()
    )


def _recurrences(question: Asked) -> list[Fact]:
    statement: AnySelect = (
        select(
            Recurrence.id,
            Deviation.number,
            Deviation.site_id,
            Deviation.severity,
            Recurrence.decided_at,
            _first_named(),
        )
        .join(Deviation, Deviation.id == Recurrence.deviation_id)
        .where(
            Recurrence.decision == Decision.CONFIRMED,
            Recurrence.decided_at >= question.since,
            Recurrence.decided_at <= question.until,
            _at(Deviation.site_id, question.site_ids),
        )
        .order_by(Recurrence.decided_at, Recurrence.id)
    )
    return [
        Event(
            what="recurrence",
            record_id=recurrence_id,
            person_id=person_id,
            site_id=site_id,
            on=question.day(decided_at, site_id),
            severity=severity,
            title=number,
        )
        for recurrence_id, number, site_id, severity, decided_at, person_id in db.session.execute(statement)
        if person_id is not None
    ]


def _deviations(question: Asked) -> list[Fact]:
    person = func.coalesce(_first_named(), Deviation.reported_by_id)
    statement: AnySelect = (
        select(
            Deviation.id,
            Deviation.number,
            Deviation.site_id,
            Deviation.severity,
            Deviation.kind,
            Deviation.triaged_at,
            person,
            _first_named(),
        )
        .where(
            Deviation.triaged_at >= question.since,
            Deviation.triaged_at <= question.until,
            Deviation.state.in_(CLASSIFIED),
            _at(Deviation.site_id, question.site_ids),
        )
        .order_by(Deviation.triaged_at, Deviation.id)
    )
    found: list[Fact] = []
    for deviation_id, number, site_id, severity, kind, triaged_at, either, named in db.session.execute(statement):
        # a good catch is talked about with whoever made it; a deviation only with somebody who was at the bench
        person_id = either if kind == "good_catch" else named
        if person_id is not None:
            found.append(
                Event(
                    what="deviation",
                    record_id=deviation_id,
                    person_id=person_id,
                    site_id=site_id,
                    on=question.day(triaged_at, site_id),
                    severity=severity,
                    kind=kind,
                    title=number,
                )
            )
    return found


def _attempts(question: Asked) -> list[Fact]:
    return [
        Event(
            what="assessment",
            record_id=row.attempt_id,
            person_id=row.person_id,
            site_id=row.site_id,
            on=question.day(row.failed_at, row.site_id),
            attempt=row.number,
            locked=row.locked,
            title=row.title,
        )
        for row in attempts_failed(question.since, question.until, question.site_ids)
    ]


def _runs(question: Asked) -> list[Fact]:
    return [
        Event(
            what="observation",
            record_id=row.observation_id,
            person_id=row.person_id,
            site_id=row.site_id,
            on=question.day(row.failed_at, row.site_id),
            title=row.title,
        )
        for row in runs_failed(question.since, question.until, question.site_ids)
    ]


def _operators(question: Asked) -> list[tuple[UUID, UUID, date]]:
    """Return person, site and day of joining of everybody who makes batches now."""
    today = question.until.date()
    holds = exists().where(
        RoleAssignment.person_id == Person.id,
        RoleAssignment.role == Role.OPERATOR,
        RoleAssignment.approved_at.is_not(None),
        RoleAssignment.valid_from <= today,
        or_(RoleAssignment.valid_to.is_(None), RoleAssignment.valid_to > today),
    )
    statement = (
        select(Person.id, Person.site_id, Person.joined_on)
        .where(holds, or_(Person.left_on.is_(None), Person.left_on > today), _at(Person.site_id, question.site_ids))
        .order_by(Person.id)
    )
    return [(row[0], row[1], row[2]) for row in db.session.execute(statement)]


def _starters(question: Asked) -> list[Fact]:
    spans = qualified_spans(question.site_ids)
    earliest = question.since.date() - STARTED_WITHIN
    found: list[Fact] = []
    for person_id, site_id, joined_on in _operators(question):
        if joined_on >= earliest:
            span = spans.get((person_id, site_id))
            found.append(
                Starter(person_id, site_id, joined_on, question.day(span[0], site_id) if span is not None else None)
            )
    return found


def _absences(question: Asked) -> list[Fact]:
    away = [
        (row.person_id, row.site_id, row.began_at, row.ended_at)
        for row in absences_ended(question.since, question.until, question.site_ids)
    ]
    leave = (
        select(BusyTime.person_id, Person.site_id, BusyTime.starts_at, BusyTime.ends_at)
        .join(Person, Person.id == BusyTime.person_id)
        .where(
            BusyTime.kind == "leave",
            BusyTime.struck_out_at.is_(None),
            BusyTime.ends_at >= question.since,
            BusyTime.ends_at <= question.until,
            _at(Person.site_id, question.site_ids),
        )
        .order_by(BusyTime.ends_at, BusyTime.id)
    )
    away += [(row[0], row[1], row[2], row[3]) for row in db.session.execute(leave)]
    runs = next_runs(question.until, question.site_ids) if away else {}
    return [
        Absence(
            person_id,
            site_id,
            question.day(began_at, site_id),
            question.day(ended_at, site_id),
            question.day(runs[person_id], site_id) if person_id in runs else None,
        )
        for person_id, site_id, began_at, ended_at in away
    ]


def _contacts(question: Asked) -> list[Fact]:
    spans = qualified_spans(question.site_ids)
    met: defaultdict[UUID, list[date]] = defaultdict(list)
    # a review counts from when it was held, one still to come from when it is planned
    planned = and_(
        Appointment.review_id == CoachingReview.id,
        Appointment.cancelled_at.is_(None),
        CoachingReview.state == ReviewState.SCHEDULED,
    )
    moment = func.coalesce(CoachingReview.held_at, Appointment.starts_at)
    shown = func.max(moment) if question.only_now else moment
    reviews = (
        select(CoachingReview.coachee_id, CoachingReview.site_id, shown)
        .outerjoin(Appointment, planned)
        .where(
            CoachingReview.state != ReviewState.CANCELLED,
            moment.is_not(None),
            _at(CoachingReview.site_id, question.site_ids),
        )
    )
    if question.only_now:
        reviews = reviews.group_by(CoachingReview.coachee_id, CoachingReview.site_id)
    for coachee_id, site_id, at in db.session.execute(reviews):
        met[coachee_id].append(question.day(at, site_id))
    return [
        Contact(
            person_id,
            site_id,
            question.day(span[0], site_id),
            question.day(span[1], site_id),
            tuple(sorted(met.get(person_id, ()))),
        )
        for person_id, site_id, _ in _operators(question)
        if (span := spans.get((person_id, site_id))) is not None
    ]


_FOUND_BY: dict[Trigger, Callable[[Asked], list[Fact]]] = {
    Trigger.RECURRENCE: _recurrences,
    Trigger.SEVERE_DEVIATION: _deviations,
    Trigger.GOOD_CATCH: _deviations,
    Trigger.ASSESSMENT: _attempts,
    Trigger.OBSERVATION: _runs,
    Trigger.STARTER: _starters,
    Trigger.RETURN: _absences,
    Trigger.CADENCE: _contacts,
}
