"""Reading a site's own fields and what was said in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from lms.extensions import db
from lms.permissions import Actor, Permission
from lms.scope import within
from lms.site_fields.models import SiteField, SiteFieldValue
from lms.site_fields.rules import choices_of


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field of a site, with what was said in it about one deviation, if that was asked."""

    id: UUID
    version: int
    label: str
    kind: str
    choices: tuple[str, ...]
    is_active: bool
    value: str = ""

    @property
    def name(self) -> str:
        """Name of its control in a form."""
        return f"own-{self.id}"


def fields_of(site_id: UUID, *, retired_too: bool = False) -> list[FieldRow]:
    """Return the fields of a site, in the order in which they were added. Whoever asks may see the site."""
    statement = select(
        SiteField.id, SiteField.version, SiteField.label, SiteField.kind, SiteField.choices, SiteField.is_active
    ).where(SiteField.site_id == site_id)
    if not retired_too:
        statement = statement.where(SiteField.is_active)
    rows = db.session.execute(statement.order_by(SiteField.is_active.desc(), SiteField.id))
    return [FieldRow(row[0], row[1], row[2], row[3], tuple(choices_of(row[4])), row[5]) for row in rows]


def said(reader: Actor, site_id: UUID, deviation_id: UUID) -> list[FieldRow]:
    """Return the fields of a deviation's site with what was said in them; retired ones only if something was."""
    statement = (
        select(
            SiteField.id,
            SiteField.version,
            SiteField.label,
            SiteField.kind,
            SiteField.choices,
            SiteField.is_active,
            SiteFieldValue.value,
        )
        .outerjoin(
            SiteFieldValue,
            and_(SiteFieldValue.field_id == SiteField.id, SiteFieldValue.deviation_id == deviation_id),
        )
        .where(
            SiteField.site_id == site_id,
            or_(SiteField.is_active, SiteFieldValue.value != ""),
            within(SiteField.site_id, reader, Permission.DEVIATION_SEE),
        )
        .order_by(SiteField.id)
    )
    rows = db.session.execute(statement)
    return [FieldRow(row[0], row[1], row[2], row[3], tuple(choices_of(row[4])), row[5], row[6] or "") for row in rows]


def said_in_words(deviation_id: ColumnElement[UUID] | InstrumentedAttribute[UUID]) -> ScalarSelect[str]:
    """Return, as part of a statement about deviations, what was said in all fields: one ``label: value`` a line."""
    line = SiteField.label + ": " + SiteFieldValue.value
    return (
        select(func.aggregate_strings(line, "\n"))
        .select_from(SiteFieldValue)
        .join(SiteField, SiteField.id == SiteFieldValue.field_id)
        .where(SiteFieldValue.deviation_id == deviation_id, SiteFieldValue.value != "")
        .scalar_subquery()
    )


def typed(fields: Iterable[FieldRow], form: Mapping[str, str]) -> dict[UUID, str]:
    """Return what was typed into those of the fields that the form showed."""
    return {field.id: form[field.name] for field in fields if field.name in form}
