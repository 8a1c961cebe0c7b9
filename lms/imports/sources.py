"""Saving and retiring how a source writes its files, and finding the mapping that fits a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true

from lms.deviations.models import ImportRun
from lms.extensions import db
from lms.imports.kinds import NEEDED, kinds_for
from lms.imports.mapping import Mapping, as_plain, from_plain, shape_of
from lms.imports.models import ImportSource
from lms.network.models import Site
from lms.permissions import Actor, Permission
from lms.refusals import NotAllowed, NotFound
from lms.scope import within
from lms.unit_of_work import Work, command


@command(needs=Permission.FILE_TAKE_IN)
def save_source(
    work: Work, *, name: str, kind: str, site_id: UUID | None, mapping: Mapping, columns: Sequence[str]
) -> ImportSource:
    """Keep a mapping under a name, or change the one of that name; the old one stays in the trail.

    Raises ``NotAllowed`` without a name, for a site out of reach, and for a name that another site's source has.
    """
    name = " ".join(name.split())
    if not 2 <= len(name) <= 80:
        raise NotAllowed("Give the source a name of 2 to 80 characters, such as TrackWise Lyon.", field="source_name")
    needed = NEEDED[kind]
    if site_id is None and work.actor.sites_for(needed) is not None:
        message = "Choose your site: a source of the whole network is kept by whoever takes files in for all of it."
        raise NotAllowed(message, field="site")
    if site_id is not None and not work.actor.may(needed, site_id):
        raise NotFound("There is no such site among yours.")
    kept = db.session.scalar(select(ImportSource).where(func.lower(ImportSource.name) == name.lower()))
    values: dict[str, Any] = {"mapping": as_plain(mapping), "shape": shape_of(columns), "retired_at": None}
    if kept is None:
        kept = ImportSource(name=name, kind=kind, site_id=site_id, **values)
        work.add(kept)
        return kept
    if kept.site_id != site_id or kept.kind != kind:
        message = f"“{kept.name}” is the name of a source of another site or kind. Choose another name."
        raise NotAllowed(message, field="source_name")
    for field, value in values.items():
        setattr(kept, field, value)
    return kept


@command(needs=Permission.FILE_TAKE_IN)
def retire_source(work: Work, source_id: UUID) -> ImportSource:
    """Offer a mapping no more. It stays on record, and saving under its name brings it back."""
    source = db.session.scalar(select(ImportSource).where(ImportSource.id == source_id, _reached(work.actor)))
    if source is None or (source.site_id is None and source.kind not in kinds_for(work.actor, everywhere=True)):
        raise NotFound("There is no such source among yours.")
    source.retired_at = work.at
    return source


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A saved mapping as it is offered."""

    id: UUID
    name: str
    kind: str
    site_name: str | None
    shape: str
    version: int
    plain: dict[str, Any]
    last_used_at: datetime | None

    @property
    def mapping(self) -> Mapping:
        """The mapping itself."""
        return from_plain(self.plain)


def sources(reader: Actor, kind: str | None = None) -> list[SourceRow]:
    """Return the saved mappings within the reader's sites, the one used last first."""
    statement = _statement(reader).where(true() if kind is None else ImportSource.kind == kind)
    return [SourceRow(*row) for row in db.session.execute(statement)]


def fitting(known: Sequence[SourceRow], columns: Sequence[str]) -> SourceRow | None:
    """Return the mapping used last for a file with these headings, or None."""
    shape = shape_of(columns)
    return next((source for source in known if source.shape == shape), None)


def source_called(reader: Actor, name: str, kind: str) -> SourceRow:
    """Return the saved mapping of that name. Raises ``NotAllowed`` naming those there are."""
    known = sources(reader, kind)
    for source in known:
        if source.name.casefold() == name.strip().casefold():
            return source
    listed = ", ".join(source.name for source in known) or "none yet"
    message = f"There is no saved mapping “{name}” for {kind}. Saved are: {listed}."
    raise NotAllowed(message, field="source")


def _reached(reader: Actor) -> ColumnElement[bool]:
    site_id = cast("ColumnElement[UUID]", ImportSource.site_id)
    reached = (
        and_(ImportSource.kind == kind, or_(site_id.is_(None), within(site_id, reader, NEEDED[kind])))
        for kind in kinds_for(reader)
    )
    return or_(false(), *reached)


def _statement(reader: Actor) -> Select[*tuple[Any, ...]]:
    used = (
        select(ImportRun.source_id, func.max(ImportRun.imported_at).label("at"))
        .group_by(ImportRun.source_id)
        .subquery()
    )
    return (
        select(
            ImportSource.id,
            ImportSource.name,
            ImportSource.kind,
            Site.name,
            ImportSource.shape,
            ImportSource.version,
            ImportSource.mapping,
            used.c.at,
        )
        .outerjoin(Site, Site.id == ImportSource.site_id)
        .outerjoin(used, used.c.source_id == ImportSource.id)
        .where(ImportSource.retired_at.is_(None), _reached(reader))
        .order_by(used.c.at.is_(None), used.c.at.desc(), ImportSource.id.desc())
    )
