"""Reading the gates of sites: what is confirmed by hand, and what the rooms compute from their records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, and_, or_, select
from sqlalchemy.orm import aliased

from lms.audit.canonical import content_hash
from lms.extensions import db
from lms.gates.models import GateConfirmation, SiteActivation
from lms.gates.rules import GATES, Found, Gate
from lms.identity.models import RoleAssignment
from lms.network.models import Site
from lms.permissions import Actor, Permission, Role
from lms.refusals import NotFound
from lms.scope import within
from lms.signatures.models import Signature
from lms.signatures.queries import SignatureRow, signature_row
from lms.standings.queries import Place
from lms.standings.rules import QA, RESPONSIBLE_PERSON, Given
from lms.web.slots import filled


def is_newest() -> ColumnElement[bool]:
    """Return the condition that a confirmation is the newest of its gate and site: the one that counts."""
    later = aliased(GateConfirmation)
    same = and_(later.site_id == GateConfirmation.site_id, later.gate == GateConfirmation.gate)
    return ~select(later.id).where(same, later.id > GateConfirmation.id).exists()


def latest(site_ids: Sequence[UUID]) -> dict[tuple[UUID, str], GateConfirmation]:
    """Return the newest confirmation of each gate of some sites, by site and gate. One statement."""
    statement = select(GateConfirmation).where(GateConfirmation.site_id.in_(site_ids), is_newest())
    return {(one.site_id, one.gate): one for one in db.session.scalars(statement)} if site_ids else {}


def computed(site_ids: Sequence[UUID], at: datetime) -> dict[UUID, list[Found]]:
    """Return what the rooms know of the computed gates of some sites (slot ``gates.computed``)."""
    found: dict[UUID, list[Found]] = {site_id: [] for site_id in site_ids}
    if site_ids:
        for site_id, one in filled("gates.computed", site_ids=site_ids, at=at):
            found[site_id].append(one)
    return found


def found_gates(site_ids: Sequence[UUID], at: datetime) -> dict[UUID, list[Found]]:
    """Return what is known of every gate of some sites, by site."""
    found = computed(site_ids, at)
    for (site_id, gate), one in latest(site_ids).items():
        found[site_id].append(Found(gate, one.is_done, one.evidence))
    return found


@dataclass(frozen=True, slots=True)
class GateRow:
    """A gate as shown."""

    gate: Gate
    is_done: bool
    shown_by: str
    confirmed_at: datetime | None
    signatures: Sequence[SignatureRow]


def gate_rows(site_id: UUID, at: datetime) -> list[GateRow]:
    """Return all gates of a site in their order. The caller has checked who asks."""
    by_hand = _latest_signed(site_id)
    known: Mapping[str, Found] = {one.gate: one for one in computed([site_id], at)[site_id]}
    rows = []
    for gate in GATES:
        fact = known.get(gate.code)
        if gate.code in by_hand and not gate.is_computed:
            one, signatures = by_hand[gate.code]
            rows.append(GateRow(gate, one.is_done, one.evidence, one.confirmed_at, signatures))
        else:
            rows.append(GateRow(gate, fact is not None and fact.is_done, fact.shown_by if fact else "", None, ()))
    return rows


def _latest_signed(site_id: UUID) -> dict[str, tuple[GateConfirmation, list[SignatureRow]]]:
    of_record = and_(
        Signature.record_type == GateConfirmation.__tablename__, Signature.record_id == GateConfirmation.id
    )
    statement = (
        select(GateConfirmation, Signature)
        .outerjoin(Signature, of_record)
        .where(GateConfirmation.site_id == site_id, is_newest())
    )
    found: dict[str, tuple[GateConfirmation, list[SignatureRow]]] = {}
    for one, signature in db.session.execute(statement):
        rows = found.setdefault(one.gate, (one, []))[1]
        if signature is not None:
            rows.append(signature_row(signature, content_hash(one.signed_content())))
    return found


@dataclass(frozen=True, slots=True)
class Onboarding:
    """A site with its newest activation, whole or half signed."""

    place: Place
    activation: SiteActivation | None
    signatures: Sequence[SignatureRow]


def onboarding(reader: Actor, site_id: UUID) -> Onboarding:
    """Return a site of the reader's with its newest activation. Raises ``NotFound`` for any other site."""
    newest = _newest_activation(site_id)
    of_record = and_(Signature.record_type == SiteActivation.__tablename__, Signature.record_id == SiteActivation.id)
    columns = (Site.id, Site.code, Site.name, Site.zone, Site.state, Site.is_control_site, Site.version)
    rows = db.session.execute(
        select(*columns, SiteActivation, Signature)
        .select_from(Site)
        .outerjoin(SiteActivation, SiteActivation.id == newest)
        .outerjoin(Signature, of_record)
        .where(Site.id == site_id, within(Site.id, reader, Permission.NETWORK_SEE))
        .order_by(Signature.signed_at)
    ).all()
    if not rows:
        raise NotFound("There is no such site among yours.")
    activation = rows[0][7]
    digest = content_hash(activation.signed_content()) if activation is not None else ""
    signatures = [signature_row(row[8], digest) for row in rows if row[8] is not None]
    return Onboarding(Place(*rows[0][:7]), activation, signatures)


def activation_of(site_id: UUID) -> SiteActivation | None:
    """Return the newest activation of a site, whole or half signed."""
    return db.session.scalar(select(SiteActivation).where(SiteActivation.id == _newest_activation(site_id)))


def _newest_activation(site_id: UUID) -> ScalarSelect[UUID]:
    """Ids of records grow with time."""
    statement = select(SiteActivation.id).where(SiteActivation.site_id == site_id)
    return statement.order_by(SiteActivation.id.desc()).limit(1).scalar_subquery()


def given(activation: SiteActivation) -> tuple[Given, ...]:
    """Return the signatures that an activation has, and as what each was given."""
    signed = ((activation.qa_id, QA), (activation.responsible_person_id, RESPONSIBLE_PERSON))
    return tuple(Given(person_id, role) for person_id, role in signed if person_id is not None)


#: Roles that a site needs holders of, beside its responsible person.
NEEDED = (Role.OPERATOR, Role.QA, Role.SITE_LEAD, Role.TRAINER, Role.ASSESSOR)


def roles_held(site_ids: Sequence[UUID], at: datetime) -> dict[UUID, set[str]]:
    """Return which of the needed roles are held at some sites; one held for the whole network counts at each of them."""
    today = at.date()
    statement = (
        select(RoleAssignment.site_id, RoleAssignment.role)
        .where(
            RoleAssignment.role.in_([*NEEDED, Role.RESPONSIBLE_PERSON]),
            RoleAssignment.approved_at.is_not(None),
            or_(RoleAssignment.site_id.is_(None), RoleAssignment.site_id.in_(site_ids)),
            RoleAssignment.valid_from <= today,
            or_(RoleAssignment.valid_to.is_(None), RoleAssignment.valid_to > today),
        )
        .distinct()
    )
    rows = [(row[0], str(row[1])) for row in db.session.execute(statement)]
    everywhere = {role for site_id, role in rows if site_id is None}
    return {site_id: everywhere | {role for of, role in rows if of == site_id} for site_id in site_ids}
