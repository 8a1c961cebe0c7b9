"""Checklists in versions: written by one, approved by another with a signature. Runs are marked on an approved one only."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_, select

from assessments.observations.models import Checklist, ChecklistPoint
from assessments.observations.queries import WAITS, points_of
from assessments.observations.rules import check_approver, check_checklist
from lms.extensions import db
from lms.notifications.commands import notify
from lms.permissions import Permission
from lms.refusals import NoPermission, NotAllowed, NotFound, StaleForm
from lms.signatures.commands import sign
from lms.signatures.models import Meaning
from lms.unit_of_work import Work, command
from modules.api import hold_task


@command(needs=Permission.ITEM_AUTHOR)
def write_checklist(
    work: Work,
    *,
    code: str,
    title: str,
    task_id: UUID,
    points: Sequence[tuple[str, bool]],
    replaces: int | None = None,
) -> Checklist:
    """Write the checklist of a task, or its next version, and send it for approval. ``points``: text, critical.

    ``replaces`` is the newest version that the author read, 0 for a checklist that is new; None takes the place of whatever
    is there. Where nothing was changed the newest version is returned. A version that still waits is replaced by its next.
    A checklist holds in the whole network, and a task has one: raises ``NoPermission`` to a trainer of some sites,
    ``NotAllowed`` for a code or a task that is taken, ``StaleForm`` if another version came meanwhile.
    """
    if work.actor.sites_for(Permission.ITEM_AUTHOR) is not None:
        raise NoPermission("A checklist holds in the whole network, so a trainer of the whole network writes it.")
    check_checklist(code, title, points)
    hold_task(task_id)
    standing = db.session.scalars(select(Checklist).where(or_(Checklist.is_current, WAITS))).all()
    of_code = sorted((one for one in standing if one.code.casefold() == code.casefold()), key=lambda one: one.number)
    newest = of_code[-1] if of_code else None
    taken = next((one for one in standing if one.task_id == task_id and one not in of_code), None)
    comes = newest is None or newest.task_id != task_id  # where two are in force from before, each goes on
    if taken is not None and comes:
        raise _taken(taken)
    if newest is not None:
        if replaces == 0:
            raise NotAllowed(f"There is a checklist {newest.code} already. Write its next version.", field="code")
        if replaces not in {None, newest.number}:
            message = f"Version {newest.number} was written meanwhile. Compare, then send yours again."
            raise StaleForm(message)
        same_points = [(point.text, point.critical) for point in points_of(newest.id)] == list(points)
        if same_points and (newest.title, newest.task_id) == (title, task_id):
            return newest
        if not newest.is_current:
            newest.ended_at = work.at
    checklist = Checklist(
        code=newest.code if newest else code,
        number=_last_number(code) + 1,
        title=title,
        task_id=task_id,
        is_current=False,
        written_by_id=work.actor.person_id,
        sent_at=work.at,
        change_reason=work.reason,
    )
    work.add(checklist)
    db.session.flush()
    for position, (text, critical) in enumerate(points, start=1):
        work.add(ChecklistPoint(checklist_id=checklist.id, position=position, text=text.strip(), critical=critical))
    return checklist


@command(needs=Permission.DOCUMENT_APPROVE)
def approve_checklist(work: Work, checklist_id: UUID) -> Checklist:
    """Approve a version that waits, with a signature: runs begun from now on are marked on it.

    Raises ``NoPermission`` to QA of some sites, ``NotAllowed`` to whoever wrote it and for one that does not wait any more.
    """
    checklist = _waiting(work, checklist_id)
    of_code_or_task = or_(Checklist.code == checklist.code, Checklist.task_id == checklist.task_id)
    in_force = db.session.scalars(select(Checklist).where(Checklist.is_current, of_code_or_task)).all()
    before = next((one for one in in_force if one.code == checklist.code), None)
    taken = next((one for one in in_force if one.code != checklist.code), None)
    comes = before is None or before.task_id != checklist.task_id  # as where it was written
    if taken is not None and comes:
        raise _taken(taken)
    if before is not None:
        before.is_current = False
    checklist.is_current, checklist.approved_by_id, checklist.approved_at = True, work.actor.person_id, work.at
    sign(work, checklist, Meaning.APPROVED)
    _tell_writer(work, checklist, "checklist_approved")
    return checklist


@command(needs=Permission.DOCUMENT_APPROVE)
def return_checklist(work: Work, checklist_id: UUID) -> Checklist:
    """Give a version that waits back to its author. Raises ``NotAllowed`` without a reason, which the trail keeps."""
    checklist = _waiting(work, checklist_id)
    if not work.reason.strip():
        raise NotAllowed("Say what the author should change.", field="reason")
    checklist.ended_at = work.at
    _tell_writer(work, checklist, "checklist_returned", reason=work.reason.strip()[:300])
    return checklist


def _waiting(work: Work, checklist_id: UUID) -> Checklist:
    """Return a version for whoever decides about it, held until the decision is made."""
    if work.actor.sites_for(Permission.DOCUMENT_APPROVE) is not None:
        raise NoPermission("A checklist holds in the whole network: QA of the whole network approves it.")
    checklist = db.session.get(Checklist, checklist_id)
    if checklist is None:
        raise NotFound("There is no such checklist.")
    hold_task(checklist.task_id)
    db.session.refresh(checklist)  # as it stands once nobody else decides
    check_approver(
        f"{checklist.code} v{checklist.number}",
        state=checklist.state,
        writer=checklist.written_by_id,
        approver=work.actor.person_id,
    )
    return checklist


def _taken(other: Checklist) -> NotAllowed:
    message = f"{other.code} is the checklist of this task: write its next version. A run is marked on one."
    return NotAllowed(message, field="task")


def _last_number(code: str) -> int:
    known = db.session.execute(select(Checklist.code, Checklist.number))
    return max((number for named, number in known if named.casefold() == code.casefold()), default=0)


def _tell_writer(work: Work, checklist: Checklist, sentence: str, **more: str) -> None:
    if checklist.written_by_id is not None:
        code, number = checklist.code, checklist.number
        notify(work, checklist.written_by_id, sentence, f"/checklists/{checklist.id}", code=code, number=number, **more)
