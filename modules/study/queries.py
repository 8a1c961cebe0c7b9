"""What the study page shows: one assignment of one person, its SOP version, its parts and what there is to read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import aliased

from lms.asking import ask
from lms.extensions import db
from lms.network.models import Site
from lms.permissions import Actor
from lms.refusals import NotFound
from lms.signatures.queries import SignatureRow, signatures_of
from modules.assignments.models import Assignment, AssignmentState, PartProgress
from modules.curricula.models import Curriculum, Task
from modules.documents.changes import Change, compare
from modules.documents.models import Document, DocumentVersion
from modules.documents.queries import picture_digests
from modules.documents.rules import begins_at
from modules.documents.sections import sections_of
from modules.library.models import Module, ModulePart, ModuleVersion
from modules.library.rules import KNOWLEDGE_CHECK, READING, SIGN_OFF, statement
from modules.study.rules import Part, ToRead, next_part, reading_list


@dataclass(frozen=True, slots=True)
class Study:
    """An assignment as its person studies it."""

    id: UUID
    version: int
    person_id: UUID
    site_id: UUID
    module_id: UUID
    module_version_id: UUID
    state: str
    reason: str
    due_on: date
    assigned_at: datetime
    completed_at: datetime | None
    counts_until: datetime | None
    signed_statement: str
    module_title: str
    minutes: int
    document_id: UUID
    document_version_id: UUID
    code: str
    title: str
    number: int
    sha256: str
    html: str
    change_summary: str
    change_reason: str
    effective_from: datetime
    site_name: str
    zone: str
    curriculum: str | None
    task: str | None
    #: The version the person was trained on before, and when.
    trained_on: int | None
    trained_at: datetime | None
    parts: tuple[Part, ...]
    #: What differs from that version; None for a first reading.
    changes: tuple[Change, ...] | None
    to_read: tuple[ToRead, ...]
    statement: str

    @property
    def current(self) -> Part | None:
        """The part that is open now."""
        return next_part(self.parts)

    def part(self, kind: str) -> Part | None:
        """Return the part of a kind, if the module has it."""
        return next((part for part in self.parts if part.kind == kind), None)

    @property
    def reading(self) -> Part:
        """The reading part, which every module has."""
        return next(part for part in self.parts if part.kind == READING)

    @property
    def check(self) -> Part | None:
        """The knowledge check, if the module has one."""
        return self.part(KNOWLEDGE_CHECK)

    @property
    def sign_off(self) -> Part | None:
        """The sign-off."""
        return self.part(SIGN_OFF)

    @property
    def left_to_read(self) -> int:
        """How many sections or changes are not marked as read."""
        return sum(one.slug not in self.reading.sections_read for one in self.to_read)


_earlier = aliased(Assignment)
_earlier_version = aliased(ModuleVersion)
_earlier_document = aliased(DocumentVersion)
_old = aliased(DocumentVersion)


def study(reader: Actor, assignment_id: UUID) -> Study:
    """Return one's own assignment for studying. Raises ``NotFound`` for anybody else's."""
    if reader.person_id is None:
        raise NotFound("There is no such training of yours.")
    return _study(assignment_id, reader.person_id)


def study_of(assignment_id: UUID) -> Study:
    """Return an assignment with its parts, whoever's it is, for a command that checks who asks."""
    return _study(assignment_id, None)


_OWN = (
    Assignment.id,
    Assignment.version,
    Assignment.person_id,
    Assignment.site_id,
    Assignment.module_id,
    Assignment.module_version_id,
    Assignment.state,
    Assignment.reason,
    Assignment.due_on,
    Assignment.assigned_at,
    Assignment.completed_at,
    Assignment.counts_until,
    Assignment.evidence,
)
_TAUGHT = (
    DocumentVersion.id,
    DocumentVersion.title,
    DocumentVersion.number,
    DocumentVersion.sha256,
    DocumentVersion.source,
    DocumentVersion.html,
    DocumentVersion.change_summary,
    DocumentVersion.change_reason,
    DocumentVersion.approved_at,
    DocumentVersion.effective_on,
)


@cache
def _studying(*, own: bool) -> Select[*tuple[Any, ...]]:
    # the newest completion of an earlier version, which decides what is a change for this person
    trained = (
        select(_earlier.id)
        .join(_earlier_version, _earlier_version.id == _earlier.module_version_id)
        .join(_earlier_document, _earlier_document.id == _earlier_version.document_version_id)
        .where(
            _earlier.person_id == Assignment.person_id,
            _earlier.module_id == Assignment.module_id,
            _earlier.state == AssignmentState.COMPLETED,
            _earlier_document.number < DocumentVersion.number,
        )
        .order_by(_earlier_document.number.desc(), _earlier.completed_at.desc())
        .limit(1)
        .correlate(Assignment, DocumentVersion)
        .scalar_subquery()
    )
    before, before_version = aliased(Assignment), aliased(ModuleVersion)
    statement_ = (
        select(
            *_OWN,
            Module.title,
            Module.minutes,
            Document.id,
            Document.code,
            *_TAUGHT,
            Site.name,
            Site.zone,
            Curriculum.title,
            Task.title,
            before.completed_at,
            _old.id,
            _old.number,
            _old.source,
        )
        .join(Module, Module.id == Assignment.module_id)
        .join(ModuleVersion, ModuleVersion.id == Assignment.module_version_id)
        .join(DocumentVersion, DocumentVersion.id == ModuleVersion.document_version_id)
        .join(Document, Document.id == DocumentVersion.document_id)
        .join(Site, Site.id == Assignment.site_id)
        .outerjoin(Curriculum, Curriculum.id == Assignment.curriculum_id)
        .outerjoin(Task, Task.id == Curriculum.task_id)
        .outerjoin(before, before.id == trained)
        .outerjoin(before_version, before_version.id == before.module_version_id)
        .outerjoin(_old, _old.id == before_version.document_version_id)
        .where(Assignment.id == bindparam("assignment"))
    )
    return statement_.where(Assignment.person_id == bindparam("person")) if own else statement_


def _study(assignment_id: UUID, person_id: UUID | None) -> Study:
    row = ask(_studying(own=person_id is not None), assignment=assignment_id, person=person_id).first()
    if row is None:
        raise NotFound("There is no such training of yours.")
    values = tuple(row)
    ends = len(_OWN), len(_OWN) + 4, len(_OWN) + 4 + len(_TAUGHT)
    own = dict(zip((column.key for column in _OWN), values, strict=False))
    module_title, minutes, document_id, code = values[ends[0] : ends[1]]
    taught = dict(zip((column.key for column in _TAUGHT), values[ends[1] :], strict=False))
    site_name, zone, curriculum, task, trained_at, old_id, old_number, old_source = values[ends[2] :]
    parts = parts_of(own["id"], own["module_version_id"])
    changes: tuple[Change, ...] | None = None
    if own["reason"] == "revision" and old_source is not None:
        digests = picture_digests([old_id, taught["id"]]) if "![" in old_source + taught["source"] else {}
        found = compare(old_source, taught["source"], digests.get(old_id), digests.get(taught["id"]))
        changes = tuple(change for change in found if change.kind != "renumbered")
    signing = next((part for part in parts if part.kind == SIGN_OFF), None)
    return Study(
        id=own["id"],
        version=own["version"],
        person_id=own["person_id"],
        site_id=own["site_id"],
        module_id=own["module_id"],
        module_version_id=own["module_version_id"],
        state=own["state"],
        reason=own["reason"],
        due_on=own["due_on"],
        assigned_at=own["assigned_at"],
        completed_at=own["completed_at"],
        counts_until=own["counts_until"],
        signed_statement=str(own["evidence"].get("statement", "")),
        module_title=module_title,
        minutes=minutes,
        document_id=document_id,
        document_version_id=taught["id"],
        code=code,
        title=taught["title"],
        number=taught["number"],
        sha256=taught["sha256"],
        html=taught["html"],
        change_summary=taught["change_summary"],
        change_reason=taught["change_reason"],
        effective_from=begins_at(taught["approved_at"], taught["effective_on"], zone),
        site_name=site_name,
        zone=zone,
        curriculum=curriculum,
        task=task,
        trained_on=old_number,
        trained_at=trained_at,
        parts=parts,
        changes=changes,
        to_read=reading_list(sections_of(taught["source"]), changes),
        statement=statement(
            signing.statement if signing else "",
            code=code,
            title=taught["title"],
            number=taught["number"],
            effective_on=taught["effective_on"],
        ),
    )


@cache
def _parts() -> Select[*tuple[Any, ...]]:
    at = (PartProgress.part_id == ModulePart.id) & (PartProgress.assignment_id == bindparam("assignment"))
    return (
        select(
            ModulePart.id,
            ModulePart.position,
            ModulePart.kind,
            ModulePart.title,
            ModulePart.statement,
            PartProgress.sections_read,
            PartProgress.finished_at,
        )
        .outerjoin(PartProgress, at)
        .where(ModulePart.module_version_id == bindparam("module_version"))
        .order_by(ModulePart.position)
    )


def parts_of(assignment_id: UUID, module_version_id: UUID) -> tuple[Part, ...]:
    """Return the parts of an assignment in order, with how far its person is."""
    rows = ask(_parts(), assignment=assignment_id, module_version=module_version_id)
    return tuple(Part(*(*row[:5], tuple(row[5] or ()), row[6])) for row in rows)


def finished_parts(person_id: UUID) -> dict[UUID, tuple[int, int]]:
    """Return for each open assignment of a person how many parts are finished, of how many."""
    statement_ = (
        select(Assignment.id, func.count(PartProgress.finished_at), func.count(ModulePart.id))
        .join(ModulePart, ModulePart.module_version_id == Assignment.module_version_id)
        .outerjoin(
            PartProgress, (PartProgress.part_id == ModulePart.id) & (PartProgress.assignment_id == Assignment.id)
        )
        .where(Assignment.person_id == person_id, Assignment.state == AssignmentState.OPEN)
        .group_by(Assignment.id)
    )
    return {row[0]: (row[1], row[2]) for row in db.session.execute(statement_)}


def signatures(assignment_id: UUID) -> list[SignatureRow]:
    """Return the signatures on an assignment."""
    return signatures_of(Assignment, assignment_id)


def completed_records(person_id: UUID) -> list[Assignment]:
    """Return what a person completed as stored, for showing the signatures."""
    statement_ = select(Assignment).where(
        Assignment.person_id == person_id, Assignment.state == AssignmentState.COMPLETED
    )
    return list(db.session.scalars(statement_))
