"""Two shortcuts of the demonstration network: training on paper taken over, and an SOP marked as read in one go.

Both refuse a real network. Everything else of the demonstration's history is made by the commands that people use.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from lms.extensions import db
from lms.network.models import Network, Site
from lms.permissions import Permission
from lms.refusals import NotAllowed, NotFound
from lms.signatures.commands import sign
from lms.signatures.models import Meaning
from lms.unit_of_work import Work, command
from modules.assignments.models import Assignment, AssignmentReason, AssignmentState, PartProgress
from modules.documents.models import Document, DocumentVersion
from modules.library.models import ModuleVersion
from modules.study.queries import Study, study_of


@command(needs=Permission.ASSIGNMENT_MANAGE)
def take_over_training(work: Work, person_id: UUID, site_id: UUID, module_version_ids: Collection[UUID]) -> int:
    """Take over what a person had completed on paper, confirmed by a trainer's signature on each; return how many.

    The reason of the command names the paper record. Raises ``NotAllowed`` outside a demonstration network.
    """
    _check_demonstration(site_id)
    taught = (
        select(ModuleVersion, Document.code, DocumentVersion)
        .join(DocumentVersion, DocumentVersion.id == ModuleVersion.document_version_id)
        .join(Document, Document.id == DocumentVersion.document_id)
        .where(ModuleVersion.id.in_(module_version_ids))
        .order_by(Document.code)
    )
    rows = db.session.execute(taught).all()
    for module_version, code, version in rows:
        evidence = {
            "statement": f"Taken over from paper: {work.reason}.",
            "document": code,
            "title": version.title,
            "number": version.number,
            "sha256": version.sha256,
        }
        assignment = Assignment(
            person_id=person_id,
            site_id=site_id,
            module_id=module_version.module_id,
            module_version_id=module_version.id,
            cycle=1,
            reason=AssignmentReason.MANUAL,
            assigned_at=work.at,
            due_on=work.at.date(),
            state=AssignmentState.COMPLETED,
            completed_at=work.at,
            evidence=evidence,
        )
        work.add(assignment)
        sign(work, assignment, Meaning.CONFIRMED)
    return len(rows)


@command(needs=Permission.STUDY)
def read_whole(work: Work, assignment_id: UUID) -> Study:
    """Mark everything there is to read in one's assignment, as marking one section after the other leaves it.

    People mark section by section; hundreds of simulated readings would take most of the loading time that way. Returns
    the assignment as it was before. Raises ``NotFound`` for somebody else's, ``NotAllowed`` outside a demonstration network.
    """
    own = study_of(assignment_id)
    if own.person_id != work.actor.person_id:
        raise NotFound("There is no such training of yours.")
    assignment = db.session.get_one(Assignment, assignment_id)
    _check_demonstration(assignment.site_id)
    if not own.reading.finished:
        work.add(
            PartProgress(
                assignment_id=assignment_id,
                part_id=own.reading.id,
                started_at=work.at,
                sections_read=[one.slug for one in own.to_read],
                finished_at=work.at,
            )
        )
    return own


def _check_demonstration(site_id: UUID) -> None:
    marked = select(Network.is_demonstration).join(Site, Site.network_id == Network.id).where(Site.id == site_id)
    if not db.session.scalar(marked):
        raise NotAllowed("This is a shortcut of the demonstration network. Use the ordinary way.")
