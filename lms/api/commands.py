"""Opening the door to another system, closing it, and what such a system may ask for. It does what the pages do."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from lms.api import rules
from lms.api.models import ApiRequest, ApiToken, Integration
from lms.deviations.commands import raise_deviation
from lms.deviations.models import Deviation
from lms.extensions import db
from lms.network.models import Site
from lms.permissions import Permission
from lms.refusals import NotAllowed, NotFound, StaleForm
from lms.unit_of_work import Work, command

#: How long a request is remembered by its key.
REMEMBERED = timedelta(days=30)


@command(needs=Permission.NETWORK_MANAGE)
def open_integration(work: Work, *, name: str, site_id: UUID | None, permissions: Collection[str]) -> Integration:
    """Give another system an account at a site, or (None) in the whole network. It acts once QA has approved it."""
    name = " ".join(name.split())
    if not 2 <= len(name) <= 80:
        raise NotAllowed("Give the system a name of 2 to 80 characters.", field="name")
    if db.session.scalar(select(Integration.id).where(Integration.name == name)) is not None:
        message = f"There is already an integration called {name}."
        raise NotAllowed(message, field="name")
    _check_reach(work, Permission.NETWORK_MANAGE, site_id)
    integration = Integration(
        name=name,
        site_id=site_id,
        permissions=rules.check_permissions(permissions),
        created_at=work.at,
        created_by_id=work.actor.person_id,
    )
    work.add(integration)
    return integration


@command(needs=Permission.ROLE_APPROVE)
def approve_integration(work: Work, integration_id: UUID) -> Integration:
    """Approve an integration that somebody else opened: from now on its tokens work."""
    integration = _reached(work, Permission.ROLE_APPROVE, integration_id)
    if integration.approved_at is not None:
        raise NotAllowed("This integration is approved already.")
    if work.actor.person_id is None or integration.created_by_id == work.actor.person_id:
        raise NotAllowed("Whoever opened an integration cannot approve it. Ask another person of QA.")
    integration.approved_at, integration.approved_by_id = work.at, work.actor.person_id
    return integration


@command(needs=Permission.NETWORK_MANAGE)
def end_integration(work: Work, integration_id: UUID) -> Integration:
    """End an integration: none of its tokens works any more. What it did stays on record."""
    integration = _reached(work, Permission.NETWORK_MANAGE, integration_id)
    integration.ended_at = work.at
    return integration


@command(needs=Permission.NETWORK_MANAGE)
def issue_token(work: Work, integration_id: UUID, *, expires_at: datetime) -> str:
    """Make a token and return it, the only time that anybody sees it."""
    integration = _reached(work, Permission.NETWORK_MANAGE, integration_id)
    if integration.ended_at is not None:
        raise NotAllowed("This integration has ended. Open a new one.", field="expires_on")
    rules.check_expiry(work.at, expires_at)
    token = f"candor_{secrets.token_urlsafe(32)}"
    work.add(
        ApiToken(
            integration_id=integration.id,
            token_hash=rules.hash_of(token),
            begins=token[:12],
            created_at=work.at,
            expires_at=expires_at,
        )
    )
    return token


@command(needs=Permission.NETWORK_MANAGE)
def revoke_token(work: Work, token_id: UUID) -> ApiToken:
    """Revoke a token at once."""
    token = db.session.get(ApiToken, token_id)
    if token is None:
        raise NotFound("There is no such token.")
    _reached(work, Permission.NETWORK_MANAGE, token.integration_id)
    token.revoked_at = token.revoked_at or work.at
    return token


@command(needs=Permission.DEVIATION_RAISE)
def receive_deviation(
    work: Work,
    *,
    site_id: UUID,
    external_id: str,
    key: str,
    fingerprint: str,
    values: dict[str, Any],
) -> tuple[Deviation, bool]:
    """Record what another system reports, once for its id and once for its ``Idempotency-Key``.

    Returns the record and whether it is new. Raises ``NotAllowed`` for a key that came with another request, and
    ``StaleForm`` for an id under which something else is recorded.
    """
    lock_site(site_id)
    done = done_before(work, key, fingerprint)
    if done is not None:
        return db.session.get_one(Deviation, done), False
    known = _recorded_under(external_id, site_id) if external_id else None
    if known is not None:
        _check_same(known, site_id, values)
        return known, False
    deviation = raise_deviation(work, site_id=site_id, **values)
    deviation.external_id = external_id or None
    remember(work, key, fingerprint, deviation.id)
    return deviation, True


def lock_site(site_id: UUID) -> None:
    """Hold the site's row until the end of the command: two equal requests at once find each other here."""
    db.session.execute(select(Site.id).where(Site.id == site_id).with_for_update())


def done_before(work: Work, key: str, fingerprint: str) -> UUID | None:
    """Return the record that a request with this key made; None without a key and for a new one.

    Raises ``NotAllowed`` for a key that came with another request.
    """
    done = db.session.get(ApiRequest, (_integration_of(work), key)) if key else None
    if done is None:
        return None
    if done.fingerprint != fingerprint:
        sentence = "This Idempotency-Key came with another request before. Use a new one."
        raise NotAllowed(sentence, field="Idempotency-Key")
    return done.record_id


def remember(work: Work, key: str, fingerprint: str, record_id: UUID) -> None:
    """Keep which record a request made, if it came with a key, and forget those of long ago."""
    if not key:
        return
    db.session.execute(delete(ApiRequest).where(ApiRequest.at < work.at - REMEMBERED))
    made = {"key": key, "fingerprint": fingerprint, "record_id": record_id, "at": work.at}
    work.add(ApiRequest(integration_id=_integration_of(work), **made))


def _integration_of(work: Work) -> UUID:
    return UUID(work.actor.id.removeprefix("i:"))


def _recorded_under(external_id: str, site_id: UUID) -> Deviation | None:
    """Return the record of that id in the site's network, where imports look for it as well."""
    network_id = select(Site.network_id).where(Site.id == site_id).scalar_subquery()
    statement = (
        select(Deviation)
        .join(Site, Site.id == Deviation.site_id)
        .where(Deviation.external_id == external_id, Site.network_id == network_id)
    )
    return db.session.scalar(statement)


def _check_same(known: Deviation, site_id: UUID, values: dict[str, Any]) -> None:
    same = known.site_id == site_id and all(
        getattr(known, name) == values[name] for name in ("description", "occurred_at") if name in values
    )
    if not same:
        raise StaleForm("Another event is recorded under this external_id already. Read it, or send another id.")


def _check_reach(work: Work, permission: Permission, site_id: UUID | None) -> None:
    sites = work.actor.sites_for(permission)
    if sites is not None and site_id not in sites:
        raise NotFound("There is no such site within your reach.")


def _reached(work: Work, permission: Permission, integration_id: UUID) -> Integration:
    integration = db.session.get(Integration, integration_id)
    if integration is None:
        raise NotFound("There is no such integration within your reach.")
    _check_reach(work, permission, integration.site_id)
    return integration
