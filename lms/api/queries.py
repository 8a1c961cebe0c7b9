"""Who a token belongs to, and which integrations there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, true

from lms.api import rules
from lms.api.models import ApiToken, Integration
from lms.extensions import db
from lms.network.models import Site
from lms.permissions import Actor, Grant, Permission, Role


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever sent a request: the token it came with and the actor that it is."""

    token_id: UUID
    actor: Actor


def caller_of(token: str, now: datetime) -> Caller | None:
    """Return whose token this is; None if it is unknown, over, revoked, or its integration is not approved or ended."""
    statement = (
        select(ApiToken.id, Integration.id, Integration.name, Integration.site_id, Integration.permissions, Site.zone)
        .join(Integration, Integration.id == ApiToken.integration_id)
        .outerjoin(Site, Site.id == Integration.site_id)
        .where(
            ApiToken.token_hash == rules.hash_of(token),
            ApiToken.revoked_at.is_(None),
            ApiToken.expires_at > now,
            Integration.approved_at.is_not(None),
            Integration.ended_at.is_(None),
        )
    )
    row = db.session.execute(statement).first()
    if row is None:
        return None
    token_id, integration_id, name, site_id, permissions, zone = row
    # every grantable permission is QA's; the grant says where, ``only`` says what
    actor = Actor(
        id=f"i:{integration_id}",
        name=name,
        grants=(Grant(Role.QA, site_id),),
        zone=zone or "UTC",
        only=frozenset(map(Permission, permissions)),
    )
    return Caller(token_id, actor)


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token as it is listed."""

    id: UUID
    begins: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class IntegrationRow:
    """An integration with its tokens."""

    id: UUID
    name: str
    site_name: str | None
    permissions: list[str]
    created_at: datetime
    approved_at: datetime | None
    ended_at: datetime | None
    tokens: list[TokenRow]

    def state(self, now: datetime) -> str:
        """Return ``ended``, ``waits``, ``no_token`` or ``works``."""
        if self.ended_at is not None:
            return "ended"
        if self.approved_at is None:
            return "waits"
        works = any(token.revoked_at is None and token.expires_at > now for token in self.tokens)
        return "works" if works else "no_token"


def integrations(reader: Actor) -> list[IntegrationRow]:
    """Return the integrations within the reader's sites, in two statements; those of the whole network for its readers."""
    sites = reader.sites_for(Permission.NETWORK_SEE)
    site_id = cast("ColumnElement[UUID]", Integration.site_id)
    mine = true() if sites is None else or_(site_id.in_(sites), site_id.is_(None))
    statement = (
        select(
            Integration.id,
            Integration.name,
            Site.name,
            Integration.permissions,
            Integration.created_at,
            Integration.approved_at,
            Integration.ended_at,
        )
        .outerjoin(Site, Site.id == Integration.site_id)
        .where(mine)
        .order_by(Integration.ended_at.is_not(None), Integration.name)
    )
    found = {row[0]: IntegrationRow(*row, tokens=[]) for row in db.session.execute(statement)}
    tokens = (
        select(
            ApiToken.integration_id,
            ApiToken.id,
            ApiToken.begins,
            ApiToken.created_at,
            ApiToken.expires_at,
            ApiToken.revoked_at,
        )
        .join(Integration, Integration.id == ApiToken.integration_id)
        .where(mine)
        .order_by(ApiToken.created_at.desc())
    )
    for row in db.session.execute(tokens):
        found[row[0]].tokens.append(TokenRow(*row[1:]))
    return list(found.values())
