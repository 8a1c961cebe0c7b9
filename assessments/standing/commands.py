"""Granting what is due, and freezing what people were trained for when something deviated."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, select

from assessments.qualifications.granting import Due, due
from assessments.qualifications.models import Qualification, TrainingState
from assessments.qualifications.rules import Decision, check_not_oneself, decide
from assessments.standing.plain import as_plain, text_of
from assessments.standing.queries import case_of
from assessments.training.queries import task_of_step
from lms.deviations.models import Deviation, PersonInvolved
from lms.extensions import db
from lms.notifications.commands import notify
from lms.permissions import Permission
from lms.refusals import NotAllowed, NotFound
from lms.signatures.commands import sign
from lms.signatures.models import Meaning
from lms.unit_of_work import Work, command


@command(needs=Permission.QUALIFICATION_GRANT)
def grant_due_qualification(work: Work, *, person_id: UUID, task_id: UUID, site_id: UUID) -> Qualification:
    """Grant a qualification that is due, signed, from now until the earliest end of what it rests on.

    Raises ``NotAllowed`` naming the first thing that is missing, and to whoever would grant their own.
    """
    if not work.actor.may(Permission.QUALIFICATION_GRANT, site_id):
        raise NotFound("There is no such qualification at your sites.")
    check_not_oneself(work.actor.person_id, person_id)
    case = case_of(person_id, task_id, site_id, work.at)
    if not case.belongs:
        raise NotFound("There is no such person at your sites.")
    rests_on = due(case.facts, work.at, case.worker.zone)
    if not rests_on.can_be_granted:
        raise NotAllowed(f"{case.worker.name}, {case.task.title}: {missing_sentence(*rests_on.missing[0])}")
    if case.worker.left_at is not None and case.worker.left_at <= work.at:
        raise NotAllowed(f"{case.worker.name} does not work there any more.")
    qualification = Qualification(
        person_id=person_id,
        task_id=task_id,
        site_id=site_id,
        valid_from=work.at,
        valid_to=rests_on.valid_to,
        granted_by_id=work.actor.person_id,
        evidence=_snapshot(decide(case.facts, work.at), rests_on),
        limited_by=rests_on.runs_out[0],
        limited_name=rests_on.runs_out[1],
    )
    work.add(qualification)
    sign(work, qualification, Meaning.APPROVED, reason=f"qualified for {case.task.title} at {case.worker.site_name}")
    notify(work, person_id, "qualified", "/my-qualifications", task=case.task.title)
    return qualification


def missing_sentence(code: str, names: dict[str, str]) -> str:
    """Return what is missing before a grant, as a sentence."""
    sentences = {
        "paused": "paused at present; lift the pause first.",
        "no_modules": "no training is tied to this task yet, so there is nothing a qualification could rest on.",
        "module": "“%(module)s” is not completed in version %(version)s.",
        "runs": "%(passed)s of %(runs)s observed runs passed in a row.",
        "not_yet": "it holds, and nothing newer was shown that would extend it; renewal opens 60 days before its end.",
    }
    return sentences[code] % names


def _snapshot(decision: Decision, rests_on: Due) -> dict[str, object]:
    plain = as_plain(decision)
    return {
        "modules": plain["modules"],
        "runs": [
            {"id": str(run.id), "observed_at": text_of(run.observed_at), "assessor": run.assessor}
            for run in rests_on.runs
        ],
        "runs_needed": rests_on.runs_needed,
        "renewal": rests_on.is_renewal,
        "runs_out_first": list(rests_on.runs_out),
    }


def freeze_training_states(
    work: Work, *, deviation_id: UUID, site_id: UUID, process_step: str, at: datetime, people: Iterable[UUID]
) -> None:
    """Keep for each person involved what they were trained and qualified for at that moment; once, never changed.

    Of several tasks of the step the first by code is taken; a step without a task keeps nothing.
    """
    task = task_of_step(process_step)
    if task is None:
        return
    kept = set(db.session.scalars(select(TrainingState.person_id).where(TrainingState.deviation_id == deviation_id)))
    for person_id in people:
        if person_id in kept:
            continue
        case = case_of(person_id, task.id, site_id, at)
        decision = {**as_plain(decide(case.facts, at)), "task": str(task.id), "task_title": task.title}
        work.add(
            TrainingState(deviation_id=deviation_id, person_id=person_id, site_id=site_id, decision=decision, as_of=at)
        )


@command(needs=Permission.SYSTEM_RUN)
def freeze_missing_training_states(work: Work) -> str:
    """Freeze the state of people involved in deviations whose process step became known only at triage."""
    missing = db.session.execute(
        select(Deviation.id, Deviation.site_id, Deviation.process_step, Deviation.occurred_at, PersonInvolved.person_id)
        .join(PersonInvolved, PersonInvolved.deviation_id == Deviation.id)
        .outerjoin(
            TrainingState,
            and_(TrainingState.deviation_id == Deviation.id, TrainingState.person_id == PersonInvolved.person_id),
        )
        .where(Deviation.process_step != "", TrainingState.id.is_(None))
    ).all()
    for deviation_id, site_id, process_step, occurred_at, person_id in missing:
        freeze_training_states(
            work,
            deviation_id=deviation_id,
            site_id=site_id,
            process_step=process_step,
            at=occurred_at,
            people=[person_id],
        )
    return f"{len(missing)} people involved looked at"
