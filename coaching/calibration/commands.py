"""Asking another coach to rate the same run, and rating it alone."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select

from assessments.api import checklists, points_of
from coaching.calibration import queries, rules
from coaching.calibration.models import CalibrationExercise, CalibrationRating
from lms.extensions import db
from lms.identity.models import Person
from lms.notifications.commands import notify
from lms.permissions import Permission
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import Work, command


@command(needs=Permission.REVIEW_COACH)
def ask_calibration(work: Work, *, checklist_id: UUID, second_id: UUID, about: str) -> CalibrationExercise:
    """Ask another coach to rate a run by a checklist, as the asker does. The other is told."""
    asker = db.session.get(Person, work.actor.person_id) if work.actor.person_id else None
    if asker is None:
        raise NotAllowed("Only a coach who is a person can rate.")
    if checklist_id not in {row.id for row in checklists()}:
        raise NotAllowed("Choose a checklist that is in use.", field="checklist")
    rules.check_second(
        asker.id, second_id, [person_id for person_id, _name in queries.coaches(work.actor, work.at.date())]
    )
    if not about.strip():
        raise NotAllowed("Say which recording or run you both rate.", field="about")
    exercise = CalibrationExercise(
        site_id=asker.site_id,
        checklist_id=checklist_id,
        about=about.strip(),
        first_id=asker.id,
        second_id=second_id,
        opened_at=work.at,
    )
    work.add(exercise)
    notify(work, second_id, "calibration_asked", f"/calibration/{exercise.id}", name=asker.name)
    return exercise


@command(needs=Permission.REVIEW_COACH)
def rate_calibration(work: Work, exercise_id: UUID, *, marks: Mapping[str, str]) -> CalibrationRating:
    """Rate alone: neither sees the other's marks before both are in, and what was rated stays."""
    exercise = db.session.get(CalibrationExercise, exercise_id, with_for_update=True)
    if exercise is None or work.actor.person_id not in {exercise.first_id, exercise.second_id}:
        raise NotFound("There is no such calibration of yours.")
    rated = set(
        db.session.scalars(select(CalibrationRating.coach_id).where(CalibrationRating.exercise_id == exercise_id))
    )
    if work.actor.person_id in rated:
        raise NotAllowed("You have rated this run already. What you rated alone stays as it was.", field="marks")
    positions = [point.position for point in points_of(exercise.checklist_id)]
    rules.check_marks(positions, marks)
    rating = CalibrationRating(
        exercise_id=exercise_id,
        site_id=exercise.site_id,
        coach_id=work.actor.person_id,
        marks={str(position): marks[str(position)] for position in positions},
        rated_at=work.at,
    )
    work.add(rating)
    for coach_id in rated:
        notify(work, coach_id, "calibration_compared", f"/calibration/{exercise_id}")
    return rating
