"""Reading modules: which versions are taught, their parts, and their names."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from lms.extensions import db
from lms.permissions import Actor
from lms.refusals import NotFound
from modules.documents.models import Document, DocumentState, DocumentVersion
from modules.documents.rules import VersionDates, state_at
from modules.library.models import Module, ModulePart, ModuleVersion
from modules.library.rules import TaughtVersion, coming_versions, effective_versions


@dataclass(frozen=True, slots=True)
class ModuleRow:
    """A module in lists, with the number of the SOP version that is taught now and of the one that comes."""

    id: UUID
    code: str
    title: str
    minutes: int
    document_id: UUID
    document_code: str
    effective: TaughtVersion | None
    coming: TaughtVersion | None


@dataclass(frozen=True, slots=True)
class PartRow:
    """A part of a module version."""

    id: UUID
    version: int
    position: int
    kind: str
    title: str
    statement: str


@dataclass(frozen=True, slots=True)
class ModuleVersionRow:
    """A version of a module with its parts."""

    taught: TaughtVersion
    risk_class: str
    parts: tuple[PartRow, ...]


@dataclass(frozen=True, slots=True)
class ModulePage:
    """A module with all its versions, newest first."""

    id: UUID
    version: int
    code: str
    title: str
    minutes: int
    document_id: UUID
    document_code: str
    document_title: str
    versions: tuple[ModuleVersionRow, ...]


@dataclass(frozen=True, slots=True)
class ModuleName:
    """A module for select fields, links and headings of columns."""

    id: UUID
    code: str
    title: str
    document_id: UUID
    document_code: str


_TAUGHT = (
    ModuleVersion.id,
    ModuleVersion.module_id,
    ModuleVersion.document_version_id,
    DocumentVersion.number,
    DocumentVersion.approved_at,
    DocumentVersion.effective_on,
)


def taught_versions(module_ids: Collection[UUID] | None = None) -> list[TaughtVersion]:
    """Return every version of modules (of all, or of those named) whose SOP version is approved."""
    statement = (
        select(*_TAUGHT)
        .join(DocumentVersion, DocumentVersion.id == ModuleVersion.document_version_id)
        .where(DocumentVersion.state == DocumentState.APPROVED)
    )
    if module_ids is not None:
        statement = statement.where(ModuleVersion.module_id.in_(module_ids))
    rows: Iterable[Any] = db.session.execute(statement)
    return [TaughtVersion(*row) for row in rows]


def modules(reader: Actor, now: datetime, words: str = "") -> list[ModuleRow]:
    """Return all modules by code, with what is taught now in the reader's zone."""
    statement = (
        select(Module.id, Module.code, Module.title, Module.minutes, Document.id, Document.code)
        .join(Document, Document.id == Module.document_id)
        .order_by(Module.code)
    )
    if words:
        statement = statement.where(
            Module.code.icontains(words, autoescape=True)
            | Module.title.icontains(words, autoescape=True)
            | Document.code.icontains(words, autoescape=True)
        )
    versions = taught_versions()
    effective = effective_versions(versions, now, reader.zone)
    coming = coming_versions(versions, now, reader.zone)
    return [
        ModuleRow(*row, effective=effective.get(row[0]), coming=coming.get(row[0]))
        for row in db.session.execute(statement)
    ]


def module_names(module_ids: Collection[UUID] | None = None) -> list[ModuleName]:
    """Return the names of modules (of all, or of those given), by code."""
    statement = (
        select(Module.id, Module.code, Module.title, Document.id, Document.code)
        .join(Document, Document.id == Module.document_id)
        .order_by(Module.code)
    )
    if module_ids is not None:
        statement = statement.where(Module.id.in_(module_ids))
    return [ModuleName(*row) for row in db.session.execute(statement)]


def module_page(module_id: UUID) -> ModulePage:
    """Return a module with its versions and their parts. Raises ``NotFound``."""
    head = db.session.execute(
        select(
            Module.id,
            Module.version,
            Module.code,
            Module.title,
            Module.minutes,
            Document.id,
            Document.code,
            Document.title,
        )
        .join(Document, Document.id == Module.document_id)
        .where(Module.id == module_id)
    ).first()
    if head is None:
        raise NotFound("There is no such module.")
    rows: Iterable[Any] = db.session.execute(
        select(
            *_TAUGHT,
            DocumentVersion.risk_class,
            ModulePart.id,
            ModulePart.version,
            ModulePart.position,
            ModulePart.kind,
            ModulePart.title,
            ModulePart.statement,
        )
        .join(DocumentVersion, DocumentVersion.id == ModuleVersion.document_version_id)
        .join(ModulePart, ModulePart.module_version_id == ModuleVersion.id)
        .where(ModuleVersion.module_id == module_id)
        .order_by(DocumentVersion.number.desc(), ModulePart.position)
    )
    parts: dict[TaughtVersion, list[PartRow]] = {}
    risk: dict[TaughtVersion, str] = {}
    for row in rows:
        taught = TaughtVersion(*row[:6])
        risk[taught] = row[6]
        parts.setdefault(taught, []).append(PartRow(*row[7:]))
    versions = tuple(ModuleVersionRow(taught, risk[taught], tuple(own)) for taught, own in parts.items())
    return ModulePage(*head, versions=versions)


def standing_of(versions: Collection[TaughtVersion], now: datetime, zone: str) -> dict[UUID, str]:
    """Return for versions of one module what each is at a moment in a zone, as the SOP's versions are called."""
    dates = [VersionDates(v.id, v.number, "approved", v.approved_at, v.effective_on) for v in versions]
    return {version_id: standing.value for version_id, standing in state_at(dates, now, zone).items()}
