"""Reading the just-culture step: by its two assessors and the person, and by nobody else, whatever their role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import aliased

from assessments.api import may, qualified_people
from coaching.just_culture.models import JustCultureAnswers, JustCultureCase, JustCultureWords
from coaching.just_culture.rules import TASK, Stage, stage
from lms.coding.models import SystemCausesExcluded
from lms.deviations.models import Deviation, PersonInvolved
from lms.extensions import db
from lms.identity.models import Person, RoleAssignment
from lms.network.models import Site
from lms.permissions import ROLE_PERMISSIONS, Actor, Permission
from lms.refusals import NotFound
from lms.scope import within
from modules.api import tasks

#: Roles from which an assessor can come.
ROLES = tuple(role for role, permissions in ROLE_PERMISSIONS.items() if Permission.JUST_CULTURE_ASSESS in permissions)


@dataclass(frozen=True, slots=True)
class AnswersRow:
    """What one assessor answered."""

    assessor_name: str
    is_mine: bool
    answers: Mapping[str, str]
    route: str
    reason: str
    given_at: datetime | None


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One's own case in a list."""

    id: UUID
    number: str
    title: str
    opened_at: datetime
    stage: Stage
    is_subject: bool
    #: The reader has still to answer.
    waits_for_me: bool


@dataclass(frozen=True, slots=True)
class CasePage:
    """A case as one of its three readers sees it."""

    id: UUID
    version: int
    number: str
    title: str
    zone: str
    deviation_id: UUID | None
    subject_id: UUID
    subject_name: str
    assessor_names: tuple[str, str]
    is_subject: bool
    opened_at: datetime
    purge_on: date
    concern: str
    questions: int
    stage: Stage
    #: Both assessors', once both are in; until then nobody sees more than their own.
    answers: tuple[AnswersRow, ...]
    has_answered: bool
    route: str
    reason: str
    settled_at: datetime | None
    words: str
    words_at: datetime | None


@dataclass(frozen=True, slots=True)
class Opening:
    """What has to be known before a concern is stated about a deviation."""

    deviation_id: UUID
    number: str
    title: str
    site_id: UUID
    investigated: bool
    factors: bool
    excluded: bool
    #: Who was at the bench, by name.
    involved: tuple[tuple[UUID, str], ...]
    #: Everybody with a part in it: at the bench, raised it, leads it, recorded its result.
    named: frozenset[UUID]


def concerns(reader: Actor) -> ColumnElement[bool]:
    """Return the condition that a case is the reader's: one of its assessors, or the person. The only way to read one."""
    mine = (JustCultureCase.subject_id, JustCultureCase.first_id, JustCultureCase.second_id)
    return and_(JustCultureCase.purged_at.is_(None), or_(*(column == reader.person_id for column in mine)))


def cases_of(reader: Actor) -> list[CaseRow]:
    """Return the reader's cases, newest first, in two statements."""
    statement = (
        select(JustCultureCase, Deviation.number, Deviation.title)
        .join(Deviation, Deviation.id == JustCultureCase.deviation_id)
        .where(concerns(reader))
        .order_by(JustCultureCase.opened_at.desc())
    )
    rows = db.session.execute(statement).all()
    given: dict[UUID, list[UUID | None]] = {case.id: [] for case, _number, _title in rows}
    answered = select(JustCultureAnswers.case_id, JustCultureAnswers.assessor_id)
    for case_id, assessor_id in db.session.execute(answered.where(JustCultureAnswers.case_id.in_(given))):
        given[case_id].append(assessor_id)
    return [
        CaseRow(
            case.id,
            number,
            title,
            case.opened_at,
            stage([str(one) for one in given[case.id]], settled=case.settled_at is not None),
            case.subject_id == reader.person_id,
            case.subject_id != reader.person_id and reader.person_id not in given[case.id],
        )
        for case, number, title in rows
    ]


def case_page(reader: Actor, case_id: UUID) -> CasePage:
    """Return one case, in two statements. Raises ``NotFound`` to anybody but its assessors and the person."""
    subject, first, second = aliased(Person), aliased(Person), aliased(Person)
    statement = (
        select(JustCultureCase, Deviation.number, Deviation.title, Site.zone, subject, first, second, JustCultureWords)
        .join(Deviation, Deviation.id == JustCultureCase.deviation_id)
        .join(Site, Site.id == JustCultureCase.site_id)
        .join(subject, subject.id == JustCultureCase.subject_id)
        .join(first, first.id == JustCultureCase.first_id)
        .join(second, second.id == JustCultureCase.second_id)
        .outerjoin(JustCultureWords, JustCultureWords.case_id == JustCultureCase.id)
        .where(JustCultureCase.id == case_id, concerns(reader))
    )
    row = db.session.execute(statement).first()
    if row is None:
        raise NotFound("There is no such page of yours.")
    case, number, title, zone, of, one, two, own = row
    names: dict[UUID | None, str] = {one.id: one.name, two.id: two.name}
    given = db.session.scalars(
        select(JustCultureAnswers).where(JustCultureAnswers.case_id == case_id).order_by(JustCultureAnswers.given_at)
    ).all()
    # blind to each other, and the person is not made a messenger: all or only one's own
    shown = given if len(given) == len(names) else [a for a in given if a.assessor_id == reader.person_id]
    return CasePage(
        id=case.id,
        version=case.version,
        number=number,
        title=title,
        zone=zone,
        deviation_id=case.deviation_id,
        subject_id=of.id,
        subject_name=of.name,
        assessor_names=(one.name, two.name),
        is_subject=of.id == reader.person_id,
        opened_at=case.opened_at,
        purge_on=case.purge_on,
        concern=case.concern,
        questions=case.questions,
        stage=stage([a.route for a in given], settled=case.settled_at is not None),
        answers=tuple(
            AnswersRow(
                names[a.assessor_id],
                a.assessor_id == reader.person_id,
                a.answers,
                a.route,
                a.reason,
                a.given_at,
            )
            for a in shown
        ),
        has_answered=any(a.assessor_id == reader.person_id for a in given),
        route=case.route,
        reason=case.reason,
        settled_at=case.settled_at,
        words=own.words if own else "",
        words_at=own.written_at if own else None,
    )


def opening(reader: Actor, deviation_id: UUID) -> Opening:
    """Return what has to be known before a concern is stated, in two statements. ``NotFound`` for another site's."""
    row = db.session.execute(
        select(Deviation, exists().where(SystemCausesExcluded.deviation_id == Deviation.id)).where(
            Deviation.id == deviation_id, within(Deviation.site_id, reader, Permission.JUST_CULTURE_ASSESS)
        )
    ).first()
    if row is None:
        raise NotFound("There is no such deviation at your sites.")
    deviation, excluded = row
    people = db.session.execute(
        select(Person.id, Person.given_name, Person.family_name)
        .join(PersonInvolved, PersonInvolved.person_id == Person.id)
        .where(PersonInvolved.deviation_id == deviation_id)
        .order_by(Person.family_name, Person.given_name)
    )
    involved = tuple((person_id, f"{given} {family}") for person_id, given, family in people)
    others = (deviation.reported_by_id, deviation.lead_id, deviation.investigated_by_id)
    return Opening(
        deviation.id,
        deviation.number,
        deviation.title,
        deviation.site_id,
        deviation.investigated_by_id is not None,
        bool(deviation.contributing_factors),
        bool(excluded),
        involved,
        frozenset([one for one in (*others, *(person_id for person_id, _name in involved)) if one is not None]),
    )


def assessors(site_id: UUID, on: date, at: datetime) -> list[tuple[UUID, str]]:
    """Return who is qualified and has a role at a site that may assess, by name, in two statements."""
    task_id = task()
    if task_id is None:
        return []
    statement = (
        select(Person.id, Person.given_name, Person.family_name)
        .join(RoleAssignment, RoleAssignment.person_id == Person.id)
        .where(
            Person.id.in_(qualified_people(task_id, at)),
            RoleAssignment.role.in_(ROLES),
            RoleAssignment.approved_at.is_not(None),
            or_(RoleAssignment.site_id.is_(None), RoleAssignment.site_id == site_id),
            RoleAssignment.valid_from <= on,
            or_(RoleAssignment.valid_to.is_(None), RoleAssignment.valid_to > on),
            or_(Person.left_on.is_(None), Person.left_on > on),
        )
        .distinct()
        .order_by(Person.family_name, Person.given_name)
    )
    return [(person_id, f"{given} {family}") for person_id, given, family in db.session.execute(statement)]


def is_trained(person_id: UUID, at: datetime) -> bool:
    """Whether somebody may do the task of assessing now, at the site where they work: qualified, not lapsed, not paused."""
    row = db.session.execute(select(Person.site_id).where(Person.id == person_id)).first()
    task_id = task()
    return row is not None and task_id is not None and may(person_id, task_id, row[0], at).allowed


def task() -> UUID | None:
    """Return the task that assessors are qualified for, or None while nobody has set it up."""
    return next((row.id for row in tasks() if row.code == TASK), None)
