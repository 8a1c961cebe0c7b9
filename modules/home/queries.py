"""What training shows on pages that belong to every room: each in one statement, since all rooms share the page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CompoundSelect,
    Date,
    and_,
    bindparam,
    cast,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)

from lms.asking import NONE, ask, reach, reached, sites_of, written
from lms.extensions import db
from lms.network.models import Site
from lms.permissions import Actor, Permission
from lms.web.times import local_day
from modules.assignments.models import Assignment, AssignmentState, PartProgress
from modules.documents.models import Document, DocumentState, DocumentVersion
from modules.documents.queries import sees_drafts
from modules.library.models import Module, ModuleVersion


@dataclass(frozen=True, slots=True)
class ToStudy:
    """An open assignment of the reader."""

    id: UUID
    title: str
    document_code: str
    number: int
    reason: str
    due_on: date
    begun: bool
    overdue: bool


@dataclass(frozen=True, slots=True)
class ToApprove:
    """An SOP version that waits for the reader's approval."""

    id: UUID
    code: str
    title: str
    number: int


@dataclass(frozen=True, slots=True)
class Home:
    """What the home page shows of training."""

    to_study: tuple[ToStudy, ...]
    to_approve: tuple[ToApprove, ...]
    #: Overdue assignments at the sites that the reader oversees.
    overdue: int


@dataclass(frozen=True, slots=True)
class Found:
    """An SOP or a module that a search found."""

    kind: str
    id: UUID
    code: str
    title: str


@cache
def _home(*, approves: bool, oversees: str) -> CompoundSelect[*tuple[Any, ...]]:
    begun = select(PartProgress.id).where(PartProgress.assignment_id == Assignment.id).exists()
    study = (
        select(
            written("study").label("kind"),
            Assignment.id.label("id"),
            Module.title.label("title"),
            Document.code.label("code"),
            DocumentVersion.number.label("number"),
            Assignment.reason.label("reason"),
            Assignment.due_on.label("due_on"),
            begun.label("begun"),
            Site.zone.label("zone"),
        )
        .join(Module, Module.id == Assignment.module_id)
        .join(ModuleVersion, ModuleVersion.id == Assignment.module_version_id)
        .join(DocumentVersion, DocumentVersion.id == ModuleVersion.document_version_id)
        .join(Document, Document.id == DocumentVersion.document_id)
        .join(Site, Site.id == Assignment.site_id)
        .where(Assignment.person_id == bindparam("person"), Assignment.state == written(AssignmentState.OPEN))
    )
    approve = (
        select(
            written("approve"),
            DocumentVersion.id,
            DocumentVersion.title,
            Document.code,
            DocumentVersion.number,
            literal(""),
            cast(null(), Date),
            false(),
            literal(""),
        )
        .join(Document, Document.id == DocumentVersion.document_id)
        .where(
            DocumentVersion.state == written(DocumentState.IN_REVIEW), DocumentVersion.author_id != bindparam("person")
        )
    )
    # the day is decided per zone below: a site can be a day ahead of UTC, never two
    late = (
        select(
            written("late"),
            cast(null(), Assignment.id.type),
            literal(""),
            literal(""),
            func.count(),
            literal(""),
            Assignment.due_on,
            false(),
            Site.zone,
        )
        .join(Site, Site.id == Assignment.site_id)
        .where(
            Assignment.state == written(AssignmentState.OPEN),
            Assignment.due_on <= bindparam("today"),
            reached(Assignment.site_id, oversees),
        )
        .group_by(Assignment.due_on, Site.zone)
    )
    parts = [study]
    if approves:
        parts.append(approve)
    if oversees != NONE:
        parts.append(late)
    return union_all(*parts)


def home(reader: Actor, now: datetime) -> Home:
    """Return what needs the reader in training, in one statement."""
    oversight = Permission.ASSIGNMENT_MANAGE
    approves = reader.may(Permission.DOCUMENT_APPROVE) and reader.sites_for(Permission.DOCUMENT_APPROVE) is None
    statement = _home(approves=approves, oversees=reach(reader, oversight))
    rows: list[Any] = list(ask(statement, person=reader.person_id, today=now.date(), sites=sites_of(reader, oversight)))
    to_study = [
        ToStudy(
            row.id,
            row.title,
            row.code,
            row.number,
            row.reason,
            row.due_on,
            bool(row.begun),
            row.due_on < local_day(now, row.zone),
        )
        for row in rows
        if row.kind == "study"
    ]
    return Home(
        tuple(sorted(to_study, key=lambda own: (own.due_on, own.title))),
        tuple(ToApprove(row.id, row.code, row.title, row.number) for row in rows if row.kind == "approve"),
        sum(row.number for row in rows if row.kind == "late" and row.due_on < local_day(now, row.zone)),
    )


def search_hits(reader: Actor, words: str) -> list[Found]:
    """Return the SOPs the reader may see, and for trainers the modules, whose number or title holds the words."""
    parts = []
    if reader.may(Permission.DOCUMENT_SEE):
        visible = true() if sees_drafts(reader) else DocumentVersion.state == DocumentState.APPROVED
        seen = select(DocumentVersion.id).where(DocumentVersion.document_id == Document.id, visible).exists()
        named = or_(Document.code.icontains(words, autoescape=True), Document.title.icontains(words, autoescape=True))
        parts.append(select(literal("sop"), Document.id, Document.code, Document.title).where(and_(seen, named)))
    if reader.may(Permission.MODULE_AUTHOR):
        named = or_(Module.code.icontains(words, autoescape=True), Module.title.icontains(words, autoescape=True))
        parts.append(select(literal("module"), Module.id, Module.code, Module.title).where(named))
    if not parts:
        return []
    found: list[Any] = list(db.session.execute(union_all(*parts).limit(40)))
    return [Found(*row) for row in sorted(found, key=lambda row: (row[2], row[0]))]
