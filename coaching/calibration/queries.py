"""Reading calibrations: a pair is named to itself alone; everybody else is given all pairs together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import aliased

from assessments.api import Point, checklists, points_of
from coaching.calibration.models import CalibrationExercise, CalibrationRating
from coaching.calibration.rules import Pair, compared
from lms.extensions import db
from lms.identity.models import Person, RoleAssignment
from lms.permissions import Actor, Permission, Role
from lms.refusals import NotFound


@dataclass(frozen=True, slots=True)
class ExerciseRow:
    """One's own calibration in a list."""

    id: UUID
    about: str
    other_name: str
    opened_at: datetime
    is_rated_by_me: bool
    is_rated_by_both: bool


@dataclass(frozen=True, slots=True)
class ExercisePage:
    """A calibration as one of its two coaches reads it."""

    id: UUID
    about: str
    checklist: str
    other_name: str
    points: tuple[Point, ...]
    mine: Mapping[str, str]
    #: Empty until both have rated.
    theirs: Mapping[str, str]
    #: What the two could compare, of all their calibrations together.
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class AllPairs:
    """What all coaches of the network could compare, and how many coaches that were. No pair can be told from it."""

    coaches: int
    pairs: tuple[Pair, ...]


def coaches(reader: Actor, on: date) -> list[tuple[UUID, str]]:
    """Return the other coaches at the reader's sites or of the whole network, by name."""
    sites = reader.sites_for(Permission.REVIEW_COACH)
    there = [] if sites is None else [or_(RoleAssignment.site_id.is_(None), RoleAssignment.site_id.in_(sites))]
    statement = (
        select(Person.id, Person.given_name, Person.family_name)
        .join(RoleAssignment, RoleAssignment.person_id == Person.id)
        .where(
            RoleAssignment.role == Role.COACH,
            RoleAssignment.approved_at.is_not(None),
            RoleAssignment.valid_from <= on,
            or_(RoleAssignment.valid_to.is_(None), RoleAssignment.valid_to > on),
            or_(Person.left_on.is_(None), Person.left_on > on),
            Person.id != reader.person_id,
            *there,
        )
        .distinct()
        .order_by(Person.family_name, Person.given_name)
    )
    return [(person_id, f"{given} {family}") for person_id, given, family in db.session.execute(statement)]


def exercises_of(reader: Actor) -> list[ExerciseRow]:
    """Return the reader's calibrations, newest first, in one statement."""
    other, mine, theirs = aliased(Person), aliased(CalibrationRating), aliased(CalibrationRating)
    e = CalibrationExercise
    statement = (
        select(e.id, e.about, other.given_name + " " + other.family_name, e.opened_at, mine.id, theirs.id)
        .join(other, and_(other.id.in_([e.first_id, e.second_id]), other.id != reader.person_id))
        .outerjoin(mine, and_(mine.exercise_id == e.id, mine.coach_id == reader.person_id))
        .outerjoin(theirs, and_(theirs.exercise_id == e.id, theirs.coach_id != reader.person_id))
        .where(or_(e.first_id == reader.person_id, e.second_id == reader.person_id))
        .order_by(e.opened_at.desc())
        .limit(100)
    )
    return [
        ExerciseRow(row[0], row[1], row[2], row[3], row[4] is not None, row[4] is not None and row[5] is not None)
        for row in db.session.execute(statement)
    ]


def exercise_page(reader: Actor, exercise_id: UUID) -> ExercisePage:
    """Return one calibration, in four statements. Raises ``NotFound`` to anybody but its two coaches."""
    exercise = db.session.get(CalibrationExercise, exercise_id)
    if exercise is None or reader.person_id not in {exercise.first_id, exercise.second_id}:
        raise NotFound("There is no such calibration of yours.")
    two = {exercise.first_id, exercise.second_id}
    other_id = next(person_id for person_id in two if person_id != reader.person_id)
    e, first, second = CalibrationExercise, aliased(CalibrationRating), aliased(CalibrationRating)
    statement = (
        select(e.id, e.first_id, first.marks, second.marks, Person.given_name, Person.family_name)
        .select_from(e)
        .join(Person, Person.id == other_id)
        .outerjoin(first, and_(first.exercise_id == e.id, first.coach_id == e.first_id))
        .outerjoin(second, and_(second.exercise_id == e.id, second.coach_id == e.second_id))
        .where(e.first_id.in_(two), e.second_id.in_(two))
        .order_by(e.opened_at)
    )
    pairs: list[Pair] = []
    mine: Mapping[str, str] = {}
    theirs: Mapping[str, str] = {}
    name = ""
    for found_id, first_id, of_first, of_second, given, family in db.session.execute(statement):
        name = f"{given} {family}"
        if of_first and of_second:
            pairs += compared(of_first, of_second)
        if found_id == exercise_id:
            own, others = (of_first, of_second) if first_id == reader.person_id else (of_second, of_first)
            mine, theirs = own or {}, (others or {}) if own else {}
    title = next((row.title for row in checklists() if row.id == exercise.checklist_id), "")
    points = tuple(points_of(exercise.checklist_id))
    return ExercisePage(exercise.id, exercise.about, title, name, points, mine, theirs, tuple(pairs))


def all_pairs() -> AllPairs:
    """Return what all coaches could compare, in one statement, in no order that names one."""
    e, first, second = CalibrationExercise, aliased(CalibrationRating), aliased(CalibrationRating)
    statement = (
        select(e.first_id, e.second_id, first.marks, second.marks)
        .join(first, and_(first.exercise_id == e.id, first.coach_id == e.first_id))
        .join(second, and_(second.exercise_id == e.id, second.coach_id == e.second_id))
    )
    rows = db.session.execute(statement).all()
    pairs = sorted(pair for _one, _two, of_first, of_second in rows for pair in compared(of_first, of_second))
    return AllPairs(len({person_id for row in rows for person_id in row[:2]}), tuple(pairs))
