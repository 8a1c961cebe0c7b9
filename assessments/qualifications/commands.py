"""Ending and pausing qualifications, and what a task asks for. Granting needs the evidence and lives in ``standing``."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from assessments.qualifications.models import Qualification, Suspension, TaskRequirement
from assessments.qualifications.queries import works_at
from assessments.qualifications.rules import check_not_oneself, check_reason
from lms.extensions import db
from lms.permissions import Permission
from lms.refusals import NotAllowed, NotFound
from lms.scope import get_scoped
from lms.unit_of_work import Work, command

#: Why somebody is paused. A precaution, never a judgement.
PAUSE_KINDS = ("absence", "investigation", "monitoring", "other")


@command(needs=Permission.QUALIFICATION_GRANT)
def set_task_requirement(work: Work, task_id: UUID, *, runs_needed: int, valid_months: int) -> TaskRequirement:
    """Set how many observed runs a task asks for and how many months a qualification lasts. Granted ones keep their end."""
    if not 0 <= runs_needed <= 20:
        raise NotAllowed("Ask for 0 to 20 observed runs.", field="runs_needed")
    if not 1 <= valid_months <= 60:
        raise NotAllowed("A qualification lasts 1 to 60 months.", field="valid_months")
    requirement = db.session.scalars(select(TaskRequirement).where(TaskRequirement.task_id == task_id)).one_or_none()
    if requirement is None:
        requirement = TaskRequirement(task_id=task_id, runs_needed=runs_needed, valid_months=valid_months)
        work.add(requirement)
    requirement.runs_needed, requirement.valid_months = runs_needed, valid_months
    return requirement


@command(needs=Permission.QUALIFICATION_SUSPEND)
def suspend(work: Work, *, person_id: UUID, site_id: UUID, task_id: UUID | None, kind: str, reason: str) -> Suspension:
    """Pause one task of a person, or all of them, at a site, from now on. Holds at once and takes nothing away for good."""
    if not work.actor.may(Permission.QUALIFICATION_SUSPEND, site_id) or not works_at(person_id, site_id):
        raise NotFound("There is no such person at your sites.")
    check_not_oneself(work.actor.person_id, person_id)
    check_reason(reason)
    if kind not in PAUSE_KINDS:
        raise NotAllowed("Choose why the person is paused.", field="kind")
    task = Suspension.task_id.is_(None) if task_id is None else Suspension.task_id == task_id
    same = select(Suspension.id).where(
        Suspension.person_id == person_id, Suspension.site_id == site_id, Suspension.valid_to.is_(None), task
    )
    if db.session.scalar(same) is not None:
        raise NotAllowed("This person is paused already. Lift that pause first if its reason changed.", field="kind")
    pause = Suspension(
        person_id=person_id,
        site_id=site_id,
        task_id=task_id,
        kind=kind,
        reason=reason.strip(),
        valid_from=work.at,
        by_person_id=work.actor.person_id,
    )
    work.add(pause)
    return pause


@command(needs=Permission.QUALIFICATION_SUSPEND)
def lift_suspension(work: Work, suspension_id: UUID, *, reason: str) -> Suspension:
    """End a pause now. What was paused holds again unless it ran out or was withdrawn meanwhile."""
    pause = get_scoped(Suspension, suspension_id, work.actor, Permission.QUALIFICATION_SUSPEND)
    check_not_oneself(work.actor.person_id, pause.person_id)
    check_reason(reason)
    if pause.valid_to is not None:
        raise NotAllowed("This pause is lifted already.")
    pause.valid_to, pause.lifted_reason, pause.lifted_by_id = work.at, reason.strip(), work.actor.person_id
    return pause


@command(needs=Permission.QUALIFICATION_SUSPEND)
def withdraw_qualification(
    work: Work, *, person_id: UUID, task_id: UUID, site_id: UUID, reason: str
) -> list[Qualification]:
    """End a person's qualification for a task now, with the cause. The way back is training and observed runs, anew.

    Ends every row that holds or is still to come, so that an older one does not revive.
    """
    if not work.actor.may(Permission.QUALIFICATION_SUSPEND, site_id):
        raise NotFound("There is no such qualification at your sites.")
    check_not_oneself(work.actor.person_id, person_id)
    check_reason(reason)
    held = db.session.scalars(
        select(Qualification).where(
            Qualification.person_id == person_id,
            Qualification.task_id == task_id,
            Qualification.site_id == site_id,
            Qualification.valid_to > work.at,
            Qualification.ended_at.is_(None),
        )
    ).all()
    if not held:
        raise NotFound("This person holds no such qualification at your sites.")
    for qualification in held:
        qualification.ended_at, qualification.ended_reason = work.at, reason.strip()
        qualification.ended_by_id = work.actor.person_id
    return list(held)
