"""Reading which deviation is which earlier one again. Of another site a reader without a role there learns step and day only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Row, ScalarSelect, Select, and_, func, or_, select
from sqlalchemy.orm import aliased

from lms.audit.canonical import content_hash
from lms.capas.models import Capa
from lms.deviations.models import Deviation
from lms.deviations.rules import CLASSIFIED
from lms.extensions import db
from lms.network.models import Site
from lms.outbox.models import OutboxMessage
from lms.permissions import Actor, Permission
from lms.recurrences import rules
from lms.recurrences.models import NetworkRecurrence, Recurrence
from lms.recurrences.rules import Decision
from lms.scope import within
from lms.signatures.models import Signature
from lms.signatures.queries import SignatureRow, signature_row, signatures_on_many
from lms.web.times import local_day

_SEE = Permission.DEVIATION_SEE
#: The action that asks for a rescan's parts.
ASKS_FOR_RESCAN = "lms.rescan_every_site"
#: A statement with whatever columns.
AnySelect = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class RecurrenceRow:
    """A match between two deviations of a site, seen from one of them, with the signatures on its decision."""

    id: UUID
    version: int
    rule: str
    rule_version: int
    window_days: int
    days_between: int
    decision: str
    decided_at: datetime | None
    reason: str
    #: True if the deviation asked about is the later one of the two.
    is_later: bool
    other_id: UUID
    other_number: str
    other_title: str
    other_occurred_at: datetime
    capa_id: UUID | None
    capa_number: str | None
    #: The day on which that action was in place.
    implemented_on: date | None
    signatures: Sequence[SignatureRow]


def recurrences_of(reader: Actor, deviation_id: UUID) -> list[RecurrenceRow]:
    """Return the matches of a deviation at its own site (R1, R3): what it repeats first, then what repeats it."""
    other = aliased(Deviation)
    statement: AnySelect = (
        select(
            Recurrence,
            other.id,
            other.number,
            other.title,
            other.occurred_at,
            Capa.number,
            Capa.implemented_on,
            Signature,
        )
        .join(
            other,
            or_(
                and_(Recurrence.deviation_id == deviation_id, other.id == Recurrence.earlier_id),
                and_(Recurrence.earlier_id == deviation_id, other.id == Recurrence.deviation_id),
            ),
        )
        .outerjoin(Capa, Capa.id == Recurrence.capa_id)
        .outerjoin(
            Signature, and_(Signature.record_type == Recurrence.__tablename__, Signature.record_id == Recurrence.id)
        )
        .where(within(Recurrence.site_id, reader, _SEE))
        .order_by(
            Recurrence.deviation_id != deviation_id,
            Recurrence.rule.desc(),
            other.occurred_at,
            Recurrence.id,
            Signature.signed_at,
            Signature.id,
        )
    )
    found = []
    for _, rows in groupby(db.session.execute(statement), lambda row: row[0].id):
        same = list(rows)
        digest = content_hash(same[0][0].signed_content())
        signed = [signature_row(row[-1], digest) for row in same if row[-1] is not None]
        found.append(_recurrence_row(same[0], deviation_id, signed))
    return found


def _recurrence_row(row: Row[*tuple[Any, ...]], deviation_id: UUID, signatures: list[SignatureRow]) -> RecurrenceRow:
    recurrence, other_id, number, title, occurred_at, capa_number, implemented_on, _ = row
    return RecurrenceRow(
        recurrence.id,
        recurrence.version,
        recurrence.rule,
        recurrence.rule_version,
        recurrence.window_days,
        recurrence.days_between,
        recurrence.decision,
        recurrence.decided_at,
        recurrence.decision_reason,
        recurrence.deviation_id == deviation_id,
        other_id,
        number,
        title,
        occurred_at,
        recurrence.capa_id,
        capa_number,
        implemented_on,
        signatures,
    )


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The nearest earlier deviation of another site that is the same one (R2)."""

    earlier_id: UUID
    earlier_site_id: UUID
    days_between: int
    occurred_at: datetime
    number: str
    title: str
    site_name: str
    zone: str


def elsewhere(later: Deviation | rules.Occurrence) -> list[Elsewhere]:
    """Return what R2 finds for a deviation now, whoever reads: for each other site the nearest, nearest first.

    The database looks up one record a site, the last one before this one; the rule then says whether it counts. If the last
    one lies too far back, so do all before it.
    """
    this = rules.Occurrence(
        later.id, later.site_id, later.process_step, later.category, later.root_cause_class, later.occurred_at
    )
    if not all(this.key):
        return []
    earlier, here = aliased(Deviation), aliased(Site)
    statement: AnySelect = (
        select(
            earlier.id,
            earlier.site_id,
            earlier.process_step,
            earlier.category,
            earlier.root_cause_class,
            earlier.occurred_at,
            earlier.number,
            earlier.title,
            Site.name,
            Site.zone,
            here.zone,
        )
        .join_from(here, Site, and_(Site.network_id == here.network_id, Site.id != here.id))
        .join(earlier, earlier.id == _last_before(this))
        .where(here.id == this.site_id)
    )
    found = []
    for row in db.session.execute(statement):
        days = rules.repeats_elsewhere(this, rules.Occurrence(*row[:6]), row[10])
        if days is not None:
            found.append(Elsewhere(row[0], row[1], days, row[5], *row[6:10]))
    return sorted(found, key=lambda match: (match.days_between, match.earlier_id))


def _last_before(this: rules.Occurrence) -> ScalarSelect[UUID]:
    """Return the id of the last classified deviation of the same kind before this one at the statement's site."""
    return (
        select(Deviation.id)
        .where(
            Deviation.site_id == Site.id,
            Deviation.process_step == this.process_step,
            Deviation.category == this.category,
            Deviation.root_cause_class == this.root_cause_class,
            Deviation.state.in_(CLASSIFIED),
            # a day more than the window, for the rule counts calendar days at the site
            Deviation.occurred_at >= this.occurred_at - timedelta(days=rules.WINDOW_DAYS + 1),
            Deviation.occurred_at < this.occurred_at,
        )
        .order_by(Deviation.occurred_at.desc(), Deviation.id.desc())
        .limit(1)
        .correlate(Site)
        .scalar_subquery()
    )


@dataclass(frozen=True, slots=True)
class NetworkMatch:
    """A match with another site as one reader may see it."""

    days_between: int
    #: Its day at its site.
    day: date
    decision: str
    #: What only somebody with a role at that site reads; None for everybody else.
    earlier_id: UUID | None
    number: str | None
    title: str | None
    site_name: str | None
    reason: str
    #: Version of the stored decision; 0 while nobody decided.
    version: int
    may_decide: bool
    signatures: Sequence[SignatureRow]


def network_matches(reader: Actor, later: Deviation | rules.Occurrence) -> list[NetworkMatch]:
    """Return the matches with other sites, each with what was decided about it. Needs the deviation in reach already."""
    found = elsewhere(later)
    if not found:
        return []
    statement = select(NetworkRecurrence).where(NetworkRecurrence.deviation_id == later.id)
    decided = {row.earlier_site_id: row for row in db.session.scalars(statement)}
    signed = signatures_on_many(decided.values())
    shown = []
    for match in found:
        row = decided.get(match.earlier_site_id)
        stands = row is not None and row.decision in rules.DECIDED
        sees = reader.may(_SEE, match.earlier_site_id)
        shown.append(
            NetworkMatch(
                match.days_between,
                local_day(match.occurred_at, match.zone),
                row.decision if row is not None and stands else Decision.PROPOSED,
                match.earlier_id if sees else None,
                match.number if sees else None,
                match.title if sees else None,
                match.site_name if sees else None,
                row.decision_reason if row is not None and stands else "",
                row.version if row is not None else 0,
                reader.may(Permission.RECURRENCE_DECIDE, match.earlier_site_id),
                signed[row.id] if row is not None else (),
            )
        )
    return shown


@dataclass(frozen=True, slots=True)
class RescanProgress:
    """How far the newest rescan of all sites is, in parts."""

    asked_at: datetime
    parts: int
    done: int
    #: Broke off, and will be tried again.
    failed: int


def rescan_progress() -> RescanProgress | None:
    """Return how far the newest rescan of all sites is; None if none was ever asked for."""
    asked = OutboxMessage.cause == ASKS_FOR_RESCAN
    waits = OutboxMessage.done_at.is_(None)
    columns: AnySelect = select(
        func.count(), func.count().filter(~waits), func.count().filter(waits, OutboxMessage.error.is_not(None))
    )
    newest = db.session.scalar(select(func.max(OutboxMessage.created_at)).where(asked))
    if newest is None:
        return None
    parts, done, failed = db.session.execute(columns.where(asked, OutboxMessage.created_at == newest)).one()
    return RescanProgress(newest, parts, done, failed)
