"""Reading duties to report, and what QA decided about deviations, within the reader's sites."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, or_, select

from lms.deviations.models import Deviation
from lms.extensions import db
from lms.network.models import Site
from lms.permissions import Actor, Permission
from lms.refusals import NotFound
from lms.reportable.models import ReportAssessment, ReportingRule
from lms.reportable.rules import applies
from lms.scope import within

_SEE = Permission.DEVIATION_SEE
#: A statement with whatever columns.
AnySelect = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A duty to report."""

    id: UUID
    version: int
    authority: str
    what: str
    source: str
    days: int
    day_kind: str
    starts_from: str
    kinds: str
    severities: str
    is_active: bool


_RULE = (
    ReportingRule.id,
    ReportingRule.version,
    ReportingRule.authority,
    ReportingRule.what,
    ReportingRule.source,
    ReportingRule.days,
    ReportingRule.day_kind,
    ReportingRule.starts_from,
    ReportingRule.kinds,
    ReportingRule.severities,
    ReportingRule.is_active,
)


def reporting_rules() -> list[RuleRow]:
    """Return all duties of the network, those that are asked first. They say nothing of any site."""
    statement: AnySelect = select(*_RULE)
    statement = statement.order_by(ReportingRule.is_active.desc(), ReportingRule.authority, ReportingRule.what)
    return [RuleRow(*row) for row in db.session.execute(statement)]


def reporting_rule(rule_id: UUID) -> RuleRow:
    """Return one duty. Raises ``NotFound``."""
    statement: AnySelect = select(*_RULE).where(ReportingRule.id == rule_id)
    row = db.session.execute(statement).first()
    if row is None:
        raise NotFound("There is no such reporting rule.")
    return RuleRow(*row)


def keeps_rules(reader: Actor) -> bool:
    """Whether the reader keeps the duties of the network, which QA of a control site does."""
    if not reader.may(Permission.REPORTING_RULE_MANAGE):
        return False
    control = select(Site.id).where(Site.is_control_site, within(Site.id, reader, Permission.REPORTING_RULE_MANAGE))
    return db.session.scalar(control.limit(1)) is not None


@dataclass(frozen=True, slots=True)
class Standing:
    """A duty, and how a deviation stands under it; without a decision the rest is empty."""

    rule: RuleRow
    assessment_id: UUID | None
    version: int
    is_reportable: bool | None
    reason: str
    due_at: datetime | None
    submitted_on: date | None
    reference: str


def of_deviation(reader: Actor, deviation_id: UUID) -> list[Standing]:
    """Return the duties to be looked at for a deviation, and those that were; nothing for one of another site."""
    statement: AnySelect = (
        select(
            *_RULE,
            ReportAssessment.id,
            ReportAssessment.version,
            ReportAssessment.is_reportable,
            ReportAssessment.reason,
            ReportAssessment.due_at,
            ReportAssessment.submitted_on,
            ReportAssessment.reference,
            Deviation.kind,
            Deviation.severity,
        )
        .select_from(ReportingRule)
        .join(Deviation, Deviation.id == deviation_id)
        .outerjoin(
            ReportAssessment,
            and_(ReportAssessment.rule_id == ReportingRule.id, ReportAssessment.deviation_id == deviation_id),
        )
        .where(within(Deviation.site_id, reader, _SEE), or_(ReportingRule.is_active, ReportAssessment.id.is_not(None)))
        .order_by(ReportingRule.authority, ReportingRule.what)
    )
    found = []
    for row in db.session.execute(statement):
        rule, (made, version, is_reportable, reason, due, on, reference, kind, severity) = row[:11], row[11:]
        shown = RuleRow(*rule)
        if made is not None or applies(shown.kinds, shown.severities, kind, severity):
            found.append(Standing(shown, made, version or 0, is_reportable, reason or "", due, on, reference or ""))
    return found


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A report that is due or was made, as listed and exported."""

    deviation_id: UUID
    number: str
    title: str
    severity: str
    site_code: str
    site_name: str
    zone: str
    authority: str
    what: str
    source: str
    due_at: datetime
    submitted_on: date | None
    reference: str


def reports(reader: Actor, *, is_open: bool | None = None) -> list[ReportRow]:
    """Return the reports of reportable deviations, what has the least time left first; open or made ones, or all."""
    statement: AnySelect = (
        select(
            Deviation.id,
            Deviation.number,
            Deviation.title,
            Deviation.severity,
            Site.code,
            Site.name,
            Site.zone,
            ReportingRule.authority,
            ReportingRule.what,
            ReportingRule.source,
            ReportAssessment.due_at,
            ReportAssessment.submitted_on,
            ReportAssessment.reference,
        )
        .select_from(ReportAssessment)
        .join(Deviation, Deviation.id == ReportAssessment.deviation_id)
        .join(Site, Site.id == ReportAssessment.site_id)
        .join(ReportingRule, ReportingRule.id == ReportAssessment.rule_id)
        .where(within(ReportAssessment.site_id, reader, _SEE), ReportAssessment.is_reportable)
        .order_by(ReportAssessment.submitted_on.is_not(None), ReportAssessment.due_at, Deviation.number)
    )
    if is_open is not None:
        made = ReportAssessment.submitted_on.is_not(None)
        statement = statement.where(~made if is_open else made)
    return [ReportRow(*row) for row in db.session.execute(statement)]
