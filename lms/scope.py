"""Site scope in the query layer: what a reader's sites do not hold does not exist for them (404, never 403)."""

from __future__ import annotations

from typing import Protocol, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, false, true
from sqlalchemy.orm import InstrumentedAttribute

from lms.extensions import db
from lms.permissions import Actor, Permission
from lms.refusals import NotFound


class SiteBound(Protocol):
    """A record that belongs to one site."""

    @property
    def site_id(self) -> UUID:
        """The site that the record belongs to."""


SiteRow = TypeVar("SiteRow", bound=SiteBound)


def within(
    column: InstrumentedAttribute[UUID] | ColumnElement[UUID], reader: Actor, permission: Permission
) -> ColumnElement[bool]:
    """Return the condition that keeps a query inside the sites where the reader has the permission."""
    sites = reader.sites_for(permission)
    if sites is None:
        return true()
    return column.in_(sites) if sites else false()


def get_scoped(model: type[SiteRow], record_id: UUID, reader: Actor, permission: Permission) -> SiteRow:
    """Return the record, or raise ``NotFound`` if it does not exist within the reader's sites."""
    record = db.session.get(model, record_id)
    if record is None or not reader.may(permission, record.site_id):
        message = f"There is no such {model.__tablename__.replace('_', ' ')} at your sites."  # type: ignore[attr-defined]
        raise NotFound(message)
    return record
