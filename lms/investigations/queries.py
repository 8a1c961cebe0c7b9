"""Reading a deviation's life after triage: who may lead, what was extended, when it was reopened, and the signatures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import or_, select

from lms.deviations.models import Deviation, DeviationExtension, DeviationReopening
from lms.extensions import db
from lms.identity.models import Person, RoleAssignment
from lms.permissions import Actor, Permission, Role
from lms.refusals import NotFound
from lms.scope import within
from lms.signatures.queries import SignatureRow, signatures_on_many

#: Who may lead an investigation.
LEADS = (Role.QA, Role.SITE_LEAD)


def leads(site_id: UUID, on: date) -> list[tuple[UUID, str]]:
    """Return who may lead an investigation at a site on a day: its QA and its leads, and those of the whole network."""
    statement = (
        select(Person.id, Person.given_name, Person.family_name)
        .join(RoleAssignment, RoleAssignment.person_id == Person.id)
        .where(
            RoleAssignment.role.in_(LEADS),
            RoleAssignment.approved_at.is_not(None),
            or_(RoleAssignment.site_id.is_(None), RoleAssignment.site_id == site_id),
            RoleAssignment.valid_from <= on,
            or_(RoleAssignment.valid_to.is_(None), RoleAssignment.valid_to > on),
            or_(Person.left_on.is_(None), Person.left_on > on),
        )
        .distinct()
        .order_by(Person.family_name, Person.given_name)
    )
    return [(row[0], f"{row[2]}, {row[1]}") for row in db.session.execute(statement)]


@dataclass(frozen=True, slots=True)
class ReopeningRow:
    """When and why it was opened again."""

    reopened_at: datetime
    closed_at: datetime | None
    capa_id: UUID | None
    reason: str
    signatures: Sequence[SignatureRow]


@dataclass(frozen=True, slots=True)
class ExtensionRow:
    """A later day for closing."""

    from_moment: datetime
    to_moment: datetime
    reason: str
    risk: str
    signatures: Sequence[SignatureRow]


@dataclass(frozen=True, slots=True)
class Life:
    """What was signed about a deviation: its closing, extensions and reopenings."""

    #: On the record itself: of its closing, or that it is no deviation. Void once the record changed.
    signatures: Sequence[SignatureRow]
    extensions: Sequence[ExtensionRow]
    reopenings: Sequence[ReopeningRow]


def life(reader: Actor, deviation_id: UUID) -> Life:
    """Return what was signed about a deviation, in two statements. Raises ``NotFound`` for one of another site."""
    statement = (
        select(Deviation, DeviationExtension, DeviationReopening)
        .outerjoin(DeviationExtension, DeviationExtension.deviation_id == Deviation.id)
        .outerjoin(DeviationReopening, DeviationReopening.deviation_id == Deviation.id)
        .where(Deviation.id == deviation_id, within(Deviation.site_id, reader, Permission.DEVIATION_SEE))
    )
    rows = db.session.execute(statement).all()
    if not rows:
        raise NotFound("There is no such deviation at your sites.")
    record = rows[0][0]
    extensions = sorted({row[1] for row in rows if row[1] is not None}, key=lambda found: found.to_moment)
    reopenings = sorted({row[2] for row in rows if row[2] is not None}, key=lambda found: found.reopened_at)
    signed = signatures_on_many([record, *extensions, *reopenings])
    return Life(
        signed[record.id],
        [ExtensionRow(e.from_moment, e.to_moment, e.reason, e.risk, signed[e.id]) for e in extensions],
        [ReopeningRow(r.reopened_at, r.closed_at, r.capa_id, r.reason, signed[r.id]) for r in reopenings],
    )
