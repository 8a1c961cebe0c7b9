"""Observing a run: begun, marked at the bench, signed by the assessor."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from assessments.observations import rules
from assessments.observations.models import Checklist, Observation
from assessments.observations.queries import points_of
from assessments.qualifications.queries import held_until, role_at, works_at
from assessments.qualifications.rules import Facts, evidence_at
from assessments.training.queries import completions, modules_asked, tasks, trainings
from lms import signals
from lms.extensions import db
from lms.facts import ObservationFailed, ObservationPassed
from lms.network.queries import zone_of
from lms.notifications.commands import notify
from lms.permissions import Permission, Role
from lms.refusals import NotAllowed, NotFound, StaleForm
from lms.scope import get_scoped
from lms.signatures.commands import sign
from lms.signatures.models import Meaning
from lms.unit_of_work import Work, command


@command(needs=Permission.OBSERVATION_RECORD)
def begin_observation(
    work: Work, *, trainee_id: UUID, task_id: UUID, site_id: UUID, observed_at: datetime, batch: str
) -> Observation:
    """Begin the record of an observed run on the current checklist.

    Raises ``NotAllowed`` for oneself, for an assessor who is not entitled at this moment, for a trainee who has not completed
    the task's modules in the version in force, and for a task without a checklist.
    """
    if not work.actor.may(Permission.OBSERVATION_RECORD, site_id) or not works_at(trainee_id, site_id):
        raise NotFound("There is no such person at your sites.")
    rules.check_pair(work.actor.person_id, trainee_id)
    rules.check_observed_at(observed_at, work.at)
    _entitlement(work, task_id, site_id)
    _check_reading(trainee_id, task_id, site_id, work.at)
    checklist = db.session.scalars(
        select(Checklist).where(Checklist.task_id == task_id, Checklist.is_current).order_by(Checklist.code)
    ).first()
    if checklist is None:
        message = "No checklist of this task is in force yet: a trainer writes it, and quality assurance approves it."
        raise NotAllowed(message, field="task")
    observation = Observation(
        checklist_id=checklist.id,
        task_id=task_id,
        trainee_id=trainee_id,
        assessor_id=work.actor.person_id,
        site_id=site_id,
        batch_reference=batch.strip(),
        observed_at=observed_at,
        marks={},
    )
    work.add(observation)
    return observation


@command(needs=Permission.OBSERVATION_RECORD)
def save_marks(
    work: Work, observation_id: UUID, *, version: int, marks: Mapping[str, Mapping[str, str]], remarks: str, batch: str
) -> int:
    """Keep the draft as it stands and return its new version. Raises ``NotAllowed`` once it is signed."""
    observation = _own_draft(work, observation_id, version)
    observation.marks = rules.clean_marks(marks, points_of(observation.checklist_id))
    observation.remarks, observation.batch_reference = remarks.strip(), batch.strip()[:60]
    db.session.flush()
    return observation.version


@command(needs=Permission.OBSERVATION_RECORD)
def record_observation(
    work: Work, observation_id: UUID, *, version: int, marks: Mapping[str, Mapping[str, str]], remarks: str, batch: str
) -> Observation:
    """Sign the run: as shown, as marked, with its verdict. A critical point marked “no” does not pass.

    Raises ``NotAllowed`` for a point without a mark, a “no” without a note, or an assessor no longer entitled.
    """
    observation = _own_draft(work, observation_id, version)
    points = points_of(observation.checklist_id)
    observation.marks = rules.clean_marks(marks, points)
    observation.remarks, observation.batch_reference = remarks.strip(), batch.strip()[:60]
    rules.check_pair(work.actor.person_id, observation.trainee_id)
    rules.check_can_be_signed(observation.marks, points)
    if not observation.batch_reference:
        raise NotAllowed("Give the batch number, or write “training run”.", field="batch")
    _check_reading(observation.trainee_id, observation.task_id, observation.site_id, observation.observed_at)
    by, until = _entitlement(work, observation.task_id, observation.site_id)
    observation.assessor_by, observation.assessor_until = by, until
    observation.passed = rules.passes(observation.marks, points)
    observation.state, observation.signed_at = "signed", work.at
    sign(work, observation, Meaning.WITNESSED)
    title = next(task.title for task in tasks() if task.id == observation.task_id)
    notify(work, observation.trainee_id, "run_signed", f"/observations/{observation.id}", task=title)
    if observation.passed:
        fact = ObservationPassed(
            observation.id, observation.trainee_id, observation.task_id, observation.site_id, observation.observed_at
        )
        work.tell(signals.observation_passed, fact)
    else:
        checklist = db.session.get_one(Checklist, observation.checklist_id)
        missed = ObservationFailed(
            observation.id, observation.trainee_id, observation.site_id, checklist.title, work.at
        )
        work.tell(signals.observation_failed, missed)
    return observation


def _own_draft(work: Work, observation_id: UUID, version: int) -> Observation:
    observation = get_scoped(Observation, observation_id, work.actor, Permission.OBSERVATION_RECORD)
    if observation.assessor_id != work.actor.person_id:
        raise NotFound("There is no such observation of yours.")
    if observation.state != "open":
        raise NotAllowed("This run is signed. Its record stays as it is.")
    if observation.version != version:
        raise StaleForm("This draft was changed in another window. Compare, then send again.")
    return observation


def _entitlement(work: Work, task_id: UUID, site_id: UUID) -> tuple[str, datetime | None]:
    """Return what entitles the actor to assess the task at this moment, and until when it holds."""
    assessor_id = work.actor.person_id
    until = held_until(assessor_id, task_id, site_id, work.at) if assessor_id else None
    has_role, role_until = role_at(assessor_id, Role.ASSESSOR, site_id, work.at) if assessor_id else (False, None)
    rules.check_assessor(qualified=until is not None, has_role=has_role)
    return ("qualification", until) if until is not None else ("role", role_until)


def _check_reading(trainee_id: UUID, task_id: UUID, site_id: UUID, at: datetime) -> None:
    """Raise ``NotAllowed`` unless the trainee has completed the task's modules in the versions in force at a moment."""
    zone = zone_of(site_id)
    modules = tuple(m for of_task in trainings([task_id]) for m in modules_asked(of_task, at, zone, site_id))
    done = completions([trainee_id], [module.id for module in modules], at).get(trainee_id, ())
    for module in evidence_at(Facts(modules=modules, completions=tuple(done)), at).modules:
        if module.state != "done":
            raise NotAllowed(
                f"First comes the reading: “{module.module.title}” in version {module.version.number} is not completed.",
                field="trainee",
            )
