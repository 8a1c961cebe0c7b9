"""Tables of the trail. Only ``lms.unit_of_work`` adds events and only ``lms.audit.sealer`` adds leaves."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from lms.extensions import Base
from lms.ids import new_id


class Audited:
    """A GMP record: every change is written to the trail, the row carries a version, and nothing deletes it.

    Audited columns hold text, whole numbers, booleans, days, moments, ids, bytes or JSON of these; never a float or a
    decimal, which have no canonical form in the trail.
    """

    id: Mapped[UUID] = mapped_column(primary_key=True)
    #: Counts the changes of this row; a form carries it, so that a stale one is refused.
    version: Mapped[int] = mapped_column()

    def __init__(self, **values: Any) -> None:  # noqa: ANN401 - SQLAlchemy's constructor
        values.setdefault("id", new_id())
        super().__init__(**values)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 - a declared attribute is given the class
        return {"version_id_col": cls.version}


class AuditEvent(Base):
    """One change of one record, written in the transaction of the change."""

    __tablename__ = "audit_event"
    __table_args__ = (Index("ix_audit_event_record", "rtype", "rid", "at"), Index("ix_audit_event_at", "at"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    #: The exact bytes that are hashed, canonical JSON.
    body: Mapped[str] = mapped_column(Text)
    leaf: Mapped[bytes] = mapped_column(LargeBinary(32))
    salt: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    #: Old and new values, outside the leaf, so that names can be erased and the tree still holds.
    payload: Mapped[str | None] = mapped_column(Text)
    #: Copies out of the body, for finding a record's history; ``verify`` compares them with the body.
    rtype: Mapped[str] = mapped_column(String(60))
    rid: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column()


class AuditUnsealed(Base):
    """Events that the sealer has not yet appended to the tree. Filled in the transaction of the change."""

    __tablename__ = "audit_unsealed"

    #: No foreign key: the event is written just before in the same transaction, and checking it again costs each write.
    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    #: PostgreSQL's transaction id of the change, so that the sealer never passes one still running; 0 on SQLite.
    xid: Mapped[int] = mapped_column(BigInteger)


class AuditLeaf(Base):
    """The place of an event in the tree: leaf number ``seq``, from 0 without gaps."""

    __tablename__ = "audit_leaf"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    event_id: Mapped[UUID] = mapped_column(ForeignKey("audit_event.id"), unique=True)
    leaf: Mapped[bytes] = mapped_column(LargeBinary(32))


class AuditHead(Base):
    """The tree's size and compact range (RFC 6962 subtree roots, at most 64). One row, touched by the sealer alone."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(BigInteger)
    range: Mapped[bytes] = mapped_column(LargeBinary)


class AuditCheckpoint(Base):
    """A signed note over the tree's size and root (C2SP tlog-checkpoint, Ed25519)."""

    __tablename__ = "audit_checkpoint"

    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column()
    note: Mapped[str] = mapped_column(Text)


class PayloadErasure(Audited, Base):
    """That the old and new values of one event were erased, on the strength of a signed act. Never changed."""

    __tablename__ = "payload_erasure"

    event_id: Mapped[UUID] = mapped_column(ForeignKey("audit_event.id"), unique=True)
    #: The signed record that ordered it; without a signature on it the erasure does not count.
    act_id: Mapped[UUID] = mapped_column(index=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
