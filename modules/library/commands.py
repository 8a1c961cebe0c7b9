"""Changes of training modules. A module version belongs to one approved SOP version and is made when that is approved."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from lms.extensions import db
from lms.permissions import Permission
from lms.refusals import NotAllowed, NotFound, StaleForm
from lms.unit_of_work import Work, command
from modules.documents.models import Document, DocumentState, DocumentVersion
from modules.library.models import Module, ModulePart, ModuleVersion
from modules.library.rules import PartText, parts_for


@command(needs=Permission.MODULE_AUTHOR)
def create_module(work: Work, *, code: str, title: str, document_id: UUID, minutes: int = 20) -> Module:
    """Create the module that teaches an SOP, with a version for each approved version of it.

    Raises ``NotAllowed`` for a code that is taken or an SOP that has a module.
    """
    if db.session.get(Document, document_id) is None:
        raise NotFound("There is no such SOP.")
    if db.session.scalar(select(Module.id).where(Module.code == code.strip())) is not None:
        raise NotAllowed(f"The module code {code.strip()} is taken.", field="code")
    if db.session.scalar(select(Module.id).where(Module.document_id == document_id)) is not None:
        raise NotAllowed("This SOP is taught by a module already.", field="document")
    module = Module(code=code.strip(), title=title.strip(), document_id=document_id, minutes=minutes)
    work.add(module)
    db.session.flush()
    approved = db.session.scalars(
        select(DocumentVersion)
        .where(DocumentVersion.document_id == document_id, DocumentVersion.state == DocumentState.APPROVED)
        .order_by(DocumentVersion.number)
    )
    for version in approved:
        make_version(work, module.id, version.id, version.risk_class)
    return module


def make_version(work: Work, module_id: UUID, document_version_id: UUID, risk_class: str) -> ModuleVersion:
    """Return the module's version for an SOP version, making it from the one before if it is not there yet."""
    ours = select(ModuleVersion).where(ModuleVersion.module_id == module_id)
    there = db.session.scalars(ours.where(ModuleVersion.document_version_id == document_version_id)).first()
    if there is not None:
        return there
    newest_first = (
        select(ModulePart)
        .join(ModuleVersion, ModuleVersion.id == ModulePart.module_version_id)
        .join(DocumentVersion, DocumentVersion.id == ModuleVersion.document_version_id)
        .where(ModuleVersion.module_id == module_id)
        .order_by(DocumentVersion.number)
    )
    previous = [PartText(part.kind, part.title, part.statement) for part in db.session.scalars(newest_first)]
    version = ModuleVersion(module_id=module_id, document_version_id=document_version_id)
    work.add(version)
    db.session.flush()
    for position, part in enumerate(parts_for(risk_class, previous), 1):
        work.add(
            ModulePart(
                module_version_id=version.id,
                position=position,
                kind=part.kind,
                title=part.title,
                statement=part.statement,
            )
        )
    db.session.flush()
    return version


@command(needs=Permission.MODULE_AUTHOR)
def edit_module(work: Work, module_id: UUID, *, version: int, title: str, minutes: int) -> Module:
    """Change a module's title or the minutes it takes."""
    module = db.session.get(Module, module_id)
    if module is None:
        raise NotFound("There is no such module.")
    if module.version != version:
        raise StaleForm("Somebody changed this module while you were working on it. Reload and compare.")
    if not title.strip() or not 1 <= minutes <= 600:
        raise NotAllowed("A module needs a title and takes from 1 to 600 minutes.", field="minutes")
    module.title, module.minutes = title.strip(), minutes
    return module


@command(needs=Permission.MODULE_AUTHOR)
def edit_module_part(
    work: Work, module_id: UUID, part_id: UUID, *, version: int, title: str, statement: str = ""
) -> ModulePart:
    """Change the words of a module's part. What was signed already keeps the sentence it was signed with."""
    part = db.session.scalars(
        select(ModulePart)
        .join(ModuleVersion, ModuleVersion.id == ModulePart.module_version_id)
        .where(ModulePart.id == part_id, ModuleVersion.module_id == module_id)
    ).first()
    if part is None:
        raise NotFound("There is no such part.")
    if part.version != version:
        raise StaleForm("Somebody changed this part while you were working on it. Reload and compare.")
    if not title.strip():
        raise NotAllowed("A part needs a title.", field="title")
    part.title, part.statement = title.strip(), statement.strip()
    return part
