"""Training modules: what is studied for one SOP, version by version, part by part."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base


class PartKind(StrEnum):
    """What a part asks for."""

    READING = "reading"
    KNOWLEDGE_CHECK = "knowledge_check"
    SIGN_OFF = "sign_off"


class Module(Audited, Base):
    """A training module, taught from one SOP."""

    __tablename__ = "module"

    code: Mapped[str] = mapped_column(String(60), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"), index=True)
    #: Minutes a first reading takes.
    minutes: Mapped[int] = mapped_column(default=20)


class ModuleVersion(Audited, Base):
    """The module as taught from one version of its SOP. Its effective date is the SOP version's."""

    __tablename__ = "module_version"
    __table_args__ = (UniqueConstraint("module_id", "document_version_id"),)

    module_id: Mapped[UUID] = mapped_column(ForeignKey("module.id"))
    document_version_id: Mapped[UUID] = mapped_column(ForeignKey("document_version.id"), index=True)


class ModulePart(Audited, Base):
    """One part of a module version: a reading, a knowledge check or the sign-off, in this order."""

    __tablename__ = "module_part"
    __table_args__ = (UniqueConstraint("module_version_id", "position"),)

    module_version_id: Mapped[UUID] = mapped_column(ForeignKey("module_version.id"))
    position: Mapped[int] = mapped_column()
    kind: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(200))
    #: The sentence that the sign-off signs.
    statement: Mapped[str] = mapped_column(Text, default="")
