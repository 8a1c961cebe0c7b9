"""SOPs, modules, curricula and studied assignments, made by the application's own commands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from uuid import UUID

from sqlalchemy import select

from lms.extensions import db
from lms.network.models import Site
from lms.permissions import Permission, Role
from lms.unit_of_work import Work, run
from lms.unit_of_work import command as as_command
from modules.assignments import commands as assignments
from modules.assignments.models import Assignment
from modules.curricula import commands as curricula
from modules.documents import commands as documents
from modules.documents.models import DocumentVersion
from modules.library import commands as library
from modules.library.models import Module, ModuleVersion
from modules.study import commands as studying
from modules.study.queries import study_of
from tests.factories.people import INSTALLER, LONG_AGO, Someone, someone, today

_numbers = count(1)
TEXT = """# A procedure

## 1 Purpose

This procedure says how.

## 2 Procedure

### 2.1 Preparation

1. Clear the bench.
2. Set the centrifuge to 300 g.

### 2.2 Run

1. Spin for 10 min.
2. Record the result.

## 3 Records

Keep the form.
"""
CHANGED = TEXT.replace("Set the centrifuge to 300 g", "Set the centrifuge to 320 g and wait")


@dataclass(frozen=True)
class Taught:
    """An SOP with its module, its task and its curriculum."""

    document_id: UUID
    module_id: UUID
    task_id: UUID
    curriculum_id: UUID


def an_approver() -> Someone:
    """Return QA of the whole network."""
    return someone(Role.QA, everywhere=True)


def an_sop(
    code: str = "",
    *,
    text: str = TEXT,
    effective_on: date | None = None,
    risk_class: str = "quiz",
    title: str = "A procedure",
    change_summary: str = "",
    process_step: str = "",
) -> DocumentVersion:
    """Return an approved version: the first of a new SOP, or the next one if the code is known."""
    author = someone(Role.TRAINER)
    draft = run(
        documents.draft_document_version,
        author.actor,
        "",
        code=code or f"SOP-T-{next(_numbers):03d}",
        title=title,
        source=text,
        risk_class=risk_class,
        change_summary=change_summary or "Says it better.",
        process_step=process_step,
    )
    run(documents.send_to_review, author.actor, "", draft.id)
    return approve(draft.id, effective_on or today())


def approve(version_id: UUID, effective_on: date) -> DocumentVersion:
    """Approve a version in review as QA of the whole network."""
    version = db.session.get_one(DocumentVersion, version_id)
    arguments = {"version": version.version, "sha256": version.sha256, "effective_on": effective_on}
    return run(documents.approve_document_version, an_approver().signing, "", version_id, **arguments)


def a_curriculum(
    module_id: UUID,
    *,
    role: Role = Role.OPERATOR,
    site: Site | None = None,
    due_days: int = 14,
    valid_months: int | None = None,
    since: date = LONG_AGO,
) -> tuple[UUID, UUID]:
    """Ask for a module for a role, at one site or everywhere; return the ids of the task and of the curriculum."""
    number = next(_numbers)
    task = run(
        curricula.define_task, INSTALLER, "", code=f"T-{number}", title=f"Task {number}", process_step="wash_selection"
    )
    curriculum = run(
        curricula.define_curriculum, INSTALLER, "", code=f"C-{number}", title=f"Curriculum {number}", task_id=task.id
    )
    task_id, curriculum_id = task.id, curriculum.id
    run(
        curricula.put_module_into_curriculum,
        INSTALLER,
        "",
        curriculum_id,
        module_id,
        due_days=due_days,
        valid_months=valid_months,
        valid_from=since,
    )
    run(
        curricula.hold_curriculum_for,
        INSTALLER,
        "",
        curriculum_id,
        role=role,
        site_id=site.id if site else None,
        valid_from=since,
    )
    return task_id, curriculum_id


def a_taught_sop(
    *,
    site: Site | None = None,
    risk_class: str = "quiz",
    valid_months: int | None = None,
    due_days: int = 14,
    effective_on: date | None = None,
    text: str = TEXT,
) -> Taught:
    """Return an approved SOP with a module that operators have to complete."""
    version = an_sop(risk_class=risk_class, effective_on=effective_on, text=text)
    document_id = version.document_id
    module = run(
        library.create_module,
        INSTALLER,
        "",
        code=f"MOD-{next(_numbers)}",
        title="A module",
        document_id=document_id,
        minutes=15,
    )
    module_id = module.id
    task_id, curriculum_id = a_curriculum(module_id, site=site, valid_months=valid_months, due_days=due_days)
    return Taught(document_id, module_id, task_id, curriculum_id)


def assigned(person: Someone, module_id: UUID) -> Assignment:
    """Run the job that assigns, and return the person's newest assignment of a module."""
    run(assignments.assign_due_modules, INSTALLER, "")
    statement = select(Assignment).where(Assignment.person_id == person.person.id, Assignment.module_id == module_id)
    return db.session.scalars(statement.order_by(Assignment.id.desc())).first() or _missing()


def _missing() -> Assignment:
    message = "nothing was assigned"
    raise AssertionError(message)


def revise(code_of: UUID, *, text: str = CHANGED, effective_on: date | None = None) -> UUID:
    """Approve the next version of an SOP and assign the retraining; return the module version."""
    from modules.documents.models import Document

    code = db.session.get_one(Document, code_of).code
    version = an_sop(code, text=text, effective_on=effective_on or today() + timedelta(days=14))
    taught = db.session.scalars(
        select(ModuleVersion.id)
        .join(Module, Module.id == ModuleVersion.module_id)
        .where(ModuleVersion.document_version_id == version.id)
    ).one()
    run(assignments.assign_revision, INSTALLER, "", str(taught))
    return taught


@as_command(needs=Permission.STUDY)
def pass_check(work: Work, assignment_id: UUID, part_id: UUID) -> None:
    """Stand in for an attempt that was passed: the evidence an assessment would hand over."""
    studying.finish_part(work, assignment_id, part_id, {"attempt": "of a test", "percent": 90})


def study_up_to(person: Someone, assignment_id: UUID, kind: str) -> None:
    """Finish every part before the one of a kind."""
    for part in study_of(assignment_id).parts:
        if part.kind == kind:
            return
        if part.kind == "reading":
            for one in study_of(assignment_id).to_read:
                run(studying.mark_section_read, person.actor, "", assignment_id, part.id, one.slug)
        elif part.kind == "knowledge_check":
            run(pass_check, person.actor, "", assignment_id, part.id)


def complete(person: Someone, assignment_id: UUID) -> Assignment:
    """Study an assignment to its end and sign it."""
    study_up_to(person, assignment_id, "sign_off")
    own = study_of(assignment_id)
    return run(
        studying.sign_read_and_understood,
        person.signing,
        "",
        assignment_id,
        version=own.version,
        sha256=own.sha256,
        statement=own.statement,
    )
