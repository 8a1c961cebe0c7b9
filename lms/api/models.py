"""Other systems that may act here, their tokens, and the requests that must not be done twice."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base


class Integration(Audited, Base):
    """Another system with an account here: what it may do, and where. It acts once QA has approved it, and never signs."""

    __tablename__ = "integration"

    #: What people call it, and what the trail says acted.
    name: Mapped[str] = mapped_column(String(80), unique=True)
    #: None: the whole network.
    site_id: Mapped[UUID | None] = mapped_column(ForeignKey("site.id"), index=True)
    #: Codes of ``lms.api.rules.GRANTABLE``, sorted.
    permissions: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column()
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    approved_at: Mapped[datetime | None] = mapped_column()
    approved_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[datetime | None] = mapped_column()


class ApiToken(Audited, Base):
    """A secret by which an integration is known, until a day. Shown once; only its digest is kept."""

    __tablename__ = "api_token"

    integration_id: Mapped[UUID] = mapped_column(ForeignKey("integration.id"), index=True)
    #: SHA-256 of the token, which is 256 bits of chance and so needs no slow hash.
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    #: The token's first characters, to tell tokens apart by.
    begins: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[datetime] = mapped_column()
    expires_at: Mapped[datetime] = mapped_column()
    revoked_at: Mapped[datetime | None] = mapped_column()


class ApiRequest(Base):
    """A request with an ``Idempotency-Key`` that was done, so that it is answered again and not done again."""

    __tablename__ = "api_request"

    integration_id: Mapped[UUID] = mapped_column(ForeignKey("integration.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    #: SHA-256 of what was asked.
    fingerprint: Mapped[str] = mapped_column(String(64))
    record_id: Mapped[UUID] = mapped_column()
    at: Mapped[datetime] = mapped_column()
