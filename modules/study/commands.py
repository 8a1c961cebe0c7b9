"""Studying: marking what was read, passing the check, signing read-and-understood. Only the person themself does any of it."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select

from lms import signals
from lms.extensions import db
from lms.facts import ModuleCompleted
from lms.permissions import Permission
from lms.refusals import NotFound, StaleForm
from lms.signatures.commands import sign
from lms.signatures.models import Meaning
from lms.unit_of_work import Work, command
from modules.assignments import rules as days
from modules.assignments.models import Assignment, AssignmentState, PartProgress
from modules.assignments.queries import completions_of
from modules.curricula.queries import required_of
from modules.study import rules
from modules.study.queries import Study, study_of


@command(needs=Permission.STUDY)
def mark_section_read(work: Work, assignment_id: UUID, part_id: UUID, slug: str) -> PartProgress:
    """Keep that a section, or a change, was read; the reading is finished with the last one. Marking twice changes nothing."""
    own = _own(work, assignment_id)
    part = rules.check_can_read(own.parts, part_id, slug, own.to_read)
    progress = _progress(work, assignment_id, part_id)
    if slug not in progress.sections_read:
        progress.sections_read = [*progress.sections_read, slug]
    if not part.finished and {one.slug for one in own.to_read} <= set(progress.sections_read):
        progress.finished_at = work.at
    return progress


def finish_part(work: Work, assignment_id: UUID, part_id: UUID, evidence: Mapping[str, object]) -> PartProgress:
    """Finish a knowledge check with the evidence that it was passed, such as ``{"attempt": "…", "percent": 90}``.

    Called by the command of another room inside its own unit of work. Raises ``NotFound`` unless the actor is the person
    (or the system), ``NotAllowed`` out of turn or without evidence. Evidence holds text and whole numbers only.
    """
    own = _own(work, assignment_id)
    rules.check_can_finish(own.parts, part_id, evidence)
    progress = _progress(work, assignment_id, part_id)
    progress.finished_at, progress.evidence = work.at, dict(evidence)
    return progress


@command(needs=Permission.STUDY)
def sign_read_and_understood(
    work: Work, assignment_id: UUID, *, version: int, sha256: str, statement: str
) -> Assignment:
    """Complete an assignment with the signature *read and understood* over its SOP version and the sentence shown.

    Raises ``StaleForm`` if the assignment, the text or the sentence is not the one that was shown, ``NotAllowed`` while a
    part before the sign-off is open.
    """
    own = _own(work, assignment_id)
    part = rules.check_can_sign(own.parts)
    if (own.version, own.sha256, own.statement) != (version, sha256, statement):
        raise StaleForm("What you were about to sign has changed. Read it again before you sign.")
    assignment = db.session.get_one(Assignment, assignment_id)
    progress = _progress(work, assignment_id, part.id)
    progress.finished_at = work.at
    required = required_of(own.person_id, work.at)
    asked = required.of(assignment.module_id) if required else None
    before = completions_of([own.person_id], [assignment.module_id], work.at)
    assignment.evidence = {
        "statement": statement,
        "document": own.code,
        "title": own.title,
        "number": own.number,
        "sha256": own.sha256,
    }
    assignment.state, assignment.completed_at = AssignmentState.COMPLETED, work.at
    assignment.counts_until = days.counts_until(
        reason=own.reason,
        completed_at=work.at,
        valid_months=asked.valid_months if asked else None,
        previous_until=before[-1].counts_until if before else None,
        zone=own.zone,
    )
    sign(work, assignment, Meaning.READ_AND_UNDERSTOOD)
    work.tell(
        signals.module_completed,
        ModuleCompleted(
            assignment.id,
            assignment.person_id,
            assignment.module_id,
            assignment.module_version_id,
            assignment.site_id,
            work.at,
        ),
    )
    return assignment


def _own(work: Work, assignment_id: UUID) -> Study:
    """Return the actor's own assignment, still open. Nobody studies, passes or signs for somebody else."""
    own = study_of(assignment_id)
    if own.person_id != work.actor.person_id and not work.actor.is_system:
        raise NotFound("There is no such training of yours.")
    rules.check_open(own.state)
    return own


def _progress(work: Work, assignment_id: UUID, part_id: UUID) -> PartProgress:
    found = db.session.scalars(
        select(PartProgress).where(PartProgress.assignment_id == assignment_id, PartProgress.part_id == part_id)
    ).first()
    if found is not None:
        return found
    progress = PartProgress(
        assignment_id=assignment_id, part_id=part_id, started_at=work.at, sections_read=[], evidence={}
    )
    work.add(progress)
    return progress
