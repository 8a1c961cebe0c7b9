"""Changes of a site's own fields, and what is said in them."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select

from lms.extensions import db
from lms.network.models import Site
from lms.permissions import Permission
from lms.refusals import NotAllowed, NotFound, StaleForm
from lms.scope import get_scoped
from lms.site_fields import rules
from lms.site_fields.models import SiteField, SiteFieldValue
from lms.site_fields.queries import fields_of
from lms.unit_of_work import Work, command


@command(needs=Permission.DEVIATION_TRIAGE)
def add_site_field(work: Work, site_id: UUID, *, label: str, kind: str, choices: str = "") -> SiteField:
    """Add a field to the deviations of a site. Raises ``NotAllowed`` for a label that is taken, or one field too many."""
    if db.session.get(Site, site_id) is None or not work.actor.may(Permission.DEVIATION_TRIAGE, site_id):
        raise NotFound("There is no such site among yours.")
    given = rules.choices_of(choices) if kind == rules.CHOICE else []
    rules.check_field(label, kind, given, [field.label for field in fields_of(site_id)])
    field = SiteField(site_id=site_id, label=label.strip(), kind=kind, choices="\n".join(given), is_active=True)
    work.add(field)
    return field


@command(needs=Permission.DEVIATION_TRIAGE)
def retire_site_field(work: Work, field_id: UUID, *, version: int) -> SiteField:
    """Ask a field no more. What was said in it stays on the records."""
    field = get_scoped(SiteField, field_id, work.actor, Permission.DEVIATION_TRIAGE)
    if field.version != version:
        raise StaleForm("Somebody changed this field meanwhile. Look again.")
    if not field.is_active:
        raise NotAllowed("This field is retired already.")
    field.is_active = False
    return field


def say(work: Work, deviation_id: UUID, site_id: UUID, values: Mapping[UUID, str]) -> None:
    """Keep what was said in the site's fields about a deviation, inside the command that records or classifies it.

    Raises ``NotAllowed`` for a field of another site or a value that is not among its choices.
    """
    if not values:
        return
    fields = {field.id: field for field in fields_of(site_id)}
    known = select(SiteFieldValue).where(SiteFieldValue.deviation_id == deviation_id)
    rows = {row.field_id: row for row in db.session.scalars(known)}
    for field_id, text in values.items():
        field, value = fields.get(field_id), text.strip()
        if field is None:
            raise NotAllowed("A field is not asked at this site any more. Open the page again.", field="own")
        rules.check_value(field.label, field.kind, field.choices, value)
        if field_id in rows:
            rows[field_id].value = value
        elif value:
            work.add(SiteFieldValue(deviation_id=deviation_id, site_id=site_id, field_id=field_id, value=value))
