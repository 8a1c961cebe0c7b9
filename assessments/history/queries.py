"""What happened in this room between two moments, for the rules of other rooms. The calling room has checked who asks.

``site_ids`` narrows to sites; None takes the whole network.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, select, true
from sqlalchemy.orm import InstrumentedAttribute

from assessments.attempts.models import Attempt, FurtherAttempt
from assessments.items.models import Quiz
from assessments.observations.models import Checklist, Observation
from assessments.qualifications.models import Qualification, Suspension
from assessments.rosters.models import RosterEntry
from lms.extensions import db
from lms.planning.models import PlannedBatch
from lms.planning.rules import State

#: A statement with whatever columns.
AnySelect = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """An attempt that did not pass."""

    attempt_id: UUID
    person_id: UUID
    site_id: UUID
    title: str
    number: int
    #: It was the last one allowed then.
    locked: bool
    failed_at: datetime


@dataclass(frozen=True, slots=True)
class FailedRun:
    """An observed run that was signed as not passed."""

    observation_id: UUID
    person_id: UUID
    site_id: UUID
    title: str
    failed_at: datetime


@dataclass(frozen=True, slots=True)
class AbsenceRow:
    """Somebody was paused because they were away, and came back."""

    person_id: UUID
    site_id: UUID
    began_at: datetime
    ended_at: datetime


def _at(column: InstrumentedAttribute[UUID], site_ids: Collection[UUID] | None) -> ColumnElement[bool]:
    return true() if site_ids is None else column.in_(site_ids)


def attempts_failed(since: datetime, until: datetime, site_ids: Collection[UUID] | None = None) -> list[AttemptRow]:
    """Return the attempts closed in that time that did not pass, oldest first."""
    further = (
        select(func.count(FurtherAttempt.id))
        .where(FurtherAttempt.assignment_id == Attempt.assignment_id, FurtherAttempt.allowed_at <= Attempt.finished_at)
        .scalar_subquery()
    )
    statement: AnySelect = (
        select(
            Attempt.id,
            Attempt.person_id,
            Attempt.site_id,
            Quiz.title,
            Attempt.number,
            Attempt.number >= Quiz.attempts + further,
            Attempt.finished_at,
        )
        .join(Quiz, Quiz.id == Attempt.quiz_id)
        .where(
            Attempt.passed.is_(False),
            Attempt.finished_at >= since,
            Attempt.finished_at <= until,
            _at(Attempt.site_id, site_ids),
        )
        .order_by(Attempt.finished_at, Attempt.id)
    )
    return [AttemptRow(*row) for row in db.session.execute(statement)]


def runs_failed(since: datetime, until: datetime, site_ids: Collection[UUID] | None = None) -> list[FailedRun]:
    """Return the observed runs signed in that time as not passed, oldest first."""
    statement: AnySelect = (
        select(Observation.id, Observation.trainee_id, Observation.site_id, Checklist.title, Observation.signed_at)
        .join(Checklist, Checklist.id == Observation.checklist_id)
        .where(
            Observation.passed.is_(False),
            Observation.signed_at >= since,
            Observation.signed_at <= until,
            _at(Observation.site_id, site_ids),
        )
        .order_by(Observation.signed_at, Observation.id)
    )
    return [FailedRun(*row) for row in db.session.execute(statement)]


def absences_ended(since: datetime, until: datetime, site_ids: Collection[UUID] | None = None) -> list[AbsenceRow]:
    """Return the pauses for absence that were lifted in that time, oldest first."""
    statement: AnySelect = (
        select(Suspension.person_id, Suspension.site_id, Suspension.valid_from, Suspension.valid_to)
        .where(
            Suspension.kind == "absence",
            Suspension.valid_to >= since,
            Suspension.valid_to <= until,
            _at(Suspension.site_id, site_ids),
        )
        .order_by(Suspension.valid_to, Suspension.id)
    )
    return [AbsenceRow(*row) for row in db.session.execute(statement)]


def qualified_spans(site_ids: Collection[UUID] | None = None) -> dict[tuple[UUID, UUID], tuple[datetime, datetime]]:
    """Return by person and site from when to when they were qualified for a task: the first beginning, the last end."""
    ended = Qualification.ended_at
    until = func.max(case((ended < Qualification.valid_to, ended), else_=Qualification.valid_to))
    statement = (
        select(Qualification.person_id, Qualification.site_id, func.min(Qualification.valid_from), until)
        .where(_at(Qualification.site_id, site_ids))
        .group_by(Qualification.person_id, Qualification.site_id)
    )
    return {(row[0], row[1]): (row[2], row[3]) for row in db.session.execute(statement)}


def next_runs(after: datetime, site_ids: Collection[UUID] | None = None) -> dict[UUID, datetime]:
    """Return by person when the next planned run begins that they are rostered for after a moment."""
    statement = (
        select(RosterEntry.person_id, func.min(PlannedBatch.starts_at))
        .join(PlannedBatch, PlannedBatch.id == RosterEntry.planned_batch_id)
        .where(
            RosterEntry.struck_at.is_(None),
            PlannedBatch.state == State.PLANNED,
            PlannedBatch.starts_at > after,
            _at(RosterEntry.site_id, site_ids),
        )
        .group_by(RosterEntry.person_id)
    )
    return {row[0]: row[1] for row in db.session.execute(statement)}
