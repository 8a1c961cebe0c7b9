"""Knowledge checks to sit: readers get the same check assigned many times over, for one attempt each time it is sat.

Nobody sits a check hundreds of times, and the cost of an attempt should not be that of the attempts before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import product
from uuid import UUID

from sqlalchemy import func, select

from assessments.items.models import Quiz
from lms.extensions import db
from lms.identity.models import Person
from lms.permissions import Actor, Permission
from lms.unit_of_work import Work, command, run
from modules.assignments.models import Assignment, AssignmentReason, PartProgress
from modules.documents.models import DocumentVersion
from modules.library.models import ModulePart, ModuleVersion, PartKind

#: A long run sits each of them a few times.
CHECKS_OF_A_READER = 30
MINUTES = 600
ATTEMPTS = 1_000


@command(needs=Permission.SYSTEM_RUN)
def open_checks(work: Work, person_ids: Sequence[UUID]) -> dict[UUID, list[tuple[str, str]]]:
    """Assign the first knowledge check to each of these people many times; return assignment and part of each. For measuring only."""
    quiz = db.session.scalars(select(Quiz).order_by(Quiz.code)).first()
    if quiz is None:
        return {}
    quiz.minutes, quiz.attempts = MINUTES, ATTEMPTS
    version_id, part_id, position = db.session.execute(
        select(ModuleVersion.id, ModulePart.id, ModulePart.position)
        .join(ModulePart, ModulePart.module_version_id == ModuleVersion.id)
        .join(DocumentVersion, DocumentVersion.id == ModuleVersion.document_version_id)
        .where(ModuleVersion.module_id == quiz.module_id, ModulePart.kind == PartKind.KNOWLEDGE_CHECK)
        .order_by(DocumentVersion.number.desc())
        .limit(1)
    ).one()
    read_first = db.session.scalars(
        select(ModulePart.id).where(ModulePart.module_version_id == version_id, ModulePart.position < position)
    ).all()
    opened: dict[UUID, list[tuple[str, str]]] = {}
    for person in db.session.scalars(select(Person).where(Person.id.in_(person_ids))).all():
        last = db.session.scalar(select(func.max(Assignment.cycle)).where(Assignment.person_id == person.id)) or 0
        made = [
            Assignment(
                person_id=person.id,
                site_id=person.site_id,
                module_id=quiz.module_id,
                module_version_id=version_id,
                cycle=last + number,
                reason=AssignmentReason.MANUAL,
                assigned_at=work.at,
                due_on=work.at.date() + timedelta(days=14),
            )
            for number in range(1, CHECKS_OF_A_READER + 1)
        ]
        for assignment in made:
            work.add(assignment)
        db.session.flush()
        for assignment, part in product(made, read_first):
            work.add(PartProgress(assignment_id=assignment.id, part_id=part, started_at=work.at, finished_at=work.at))
        opened[person.id] = [(str(assignment.id), str(part_id)) for assignment in made]
    return opened


def checks_for(person_ids: Sequence[UUID]) -> dict[UUID, list[tuple[str, str]]]:
    """Return by person the assignments and parts they can sit; empty if the network has no knowledge check."""
    return run(open_checks, Actor.system("installer"), "measuring", person_ids)
