"""The door of this room: what coaching and metrics may call."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from assessments.evidence.queries import (
    SeenRun,
    StepStanding,
    WeakAttempt,
    seen_runs,
    step_standings,
    weak_attempts,
)
from assessments.history.queries import (
    AbsenceRow,
    AttemptRow,
    FailedRun,
    absences_ended,
    attempts_failed,
    next_runs,
    qualified_spans,
    runs_failed,
)
from assessments.matrix.queries import RunningOut, running_out
from assessments.observations.queries import ChecklistRow, checklists, points_of
from assessments.observations.rules import Point
from assessments.qualifications.queries import qualified_people
from assessments.qualifications.rules import Decision, Status, decide
from assessments.readiness.queries import everybody as operator_statuses
from assessments.standing.queries import case_of

__all__ = [
    "AbsenceRow",
    "AttemptRow",
    "ChecklistRow",
    "Decision",
    "FailedRun",
    "Point",
    "RunningOut",
    "SeenRun",
    "Status",
    "StepStanding",
    "WeakAttempt",
    "absences_ended",
    "attempts_failed",
    "checklists",
    "may",
    "next_runs",
    "operator_statuses",
    "points_of",
    "qualified_people",
    "qualified_spans",
    "running_out",
    "runs_failed",
    "seen_runs",
    "step_standings",
    "weak_attempts",
]


def may(person_id: UUID, task_id: UUID, site_id: UUID, at: datetime, *, now: datetime | None = None) -> Decision:
    """Return whether a person may do a task alone at a site at a moment, why, and on which evidence.

    The answer of a past moment never changes: it looks at nothing that became known later. With ``now`` what came
    between is listed in ``later``. The caller has checked who asks. Raises ``NotFound`` for an unknown person, task or site.
    """
    case = case_of(person_id, task_id, site_id, at, now=now)
    return decide(case.facts, at, known_until=now)
